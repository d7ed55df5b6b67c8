/* SPDX-License-Identifier: MIT */
#include "kapi/fault.h"

#include "kapi/guard.h"
#include "kapi/insn.h"
#include "kapi/task.h"
#include "kapi/uaccess.h"
#include "stage/context.h"

#include <linux/sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/uio.h>
#include <ucontext.h>
#include <unistd.h>

#define PAGE_SIZE   4096
#define LOWEST_PAGE 65536 /* nobody maps anything below */
#define PEEK_SIZE   512	  /* how far into an argument we look for pointers */
#define FETCH_ERROR 0x10  /* of a page fault, x86: fetching code */
#define ASAN_OFFSET 0x7fff8000

/* What a handler dereferenced. */
struct culprit {
	unsigned long addr;
	bool told;   /* by the processor, as there is nothing there */
	size_t step; /* the size of the caller's pointers */
};

static bool near(const struct culprit *culprit, unsigned long start,
		 size_t size)
{
	return culprit->addr - start < (size > PAGE_SIZE ? size : PAGE_SIZE);
}

/* Low values are numbers. */
static bool may_be(const struct culprit *culprit, uint64_t value)
{
	return value >= LOWEST_PAGE && near(culprit, value, 0);
}

/*
 * Wherever a packed structure may have them: what is no pointer would have to be
 * this very address, whose alignment would say little more.
 */
static bool is_among(const struct culprit *culprit, const char *bytes,
		     size_t len)
{
	uint64_t value = 0;

	for (size_t i = 0; i + culprit->step <= len; i += sizeof(uint32_t)) {
		memcpy(&value, bytes + i, culprit->step);
		if (may_be(culprit, value))
			return true;
	}

	return false;
}

/* Does what the caller passed begin with such a pointer, or hold one? */
static bool is_nested(const struct guard_call *call,
		      const struct task_struct *task,
		      const struct culprit *culprit)
{
	char bytes[PEEK_SIZE];

	return is_among(culprit, bytes,
			user_peek(task, call->addr, bytes, sizeof(bytes)));
}

/* Did the handler copy one? By now the memory may be gone, so the kernel is
 * asked for it. */
static bool is_in_copy(const struct task_copy *copy,
		       const struct culprit *culprit)
{
	char bytes[PEEK_SIZE];
	struct iovec local = { bytes, sizeof(bytes) };
	struct iovec remote = { (void *)copy->to, sizeof(bytes) };
	ssize_t len;

	if (copy->n <= sizeof(copy->word))
		return may_be(culprit, copy->word);
	if (copy->n < sizeof(bytes))
		local.iov_len = remote.iov_len = copy->n;
	len = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);

	return len > 0 && is_among(culprit, bytes, (size_t)len);
}

static bool is_copied(const struct task_struct *task,
		      const struct culprit *culprit)
{
	for (unsigned int i = 0; i < task->nr_copies && i < TASK_NR_COPIES; i++)
		if (is_in_copy(&task->copies[i], culprit))
			return true;

	return false;
}

/* Does it come from who made @call, rather than from the driver? */
static bool is_callers(const struct guard_call *call,
		       const struct task_struct *task,
		       const struct culprit *culprit)
{
	if (near(culprit, call->addr, call->size))
		return true;
	if (culprit->addr < LOWEST_PAGE)
		return false;

	return (culprit->told && user_is_mapped(task, culprit->addr)) ||
	       is_nested(call, task, culprit) || is_copied(task, culprit);
}

#if defined(__x86_64__)

static greg_t get_reg(const void *uc, int reg)
{
	return ((const ucontext_t *)uc)->uc_mcontext.gregs[reg];
}

/* What is not canonical (bits 63 to 47 differ) is not told: it is another trap, by
 * stack or by any other segment. */
bool fault_is_told(const void *uc)
{
	return get_reg(uc, REG_TRAPNO) != 12 && get_reg(uc, REG_TRAPNO) != 13;
}

/* Where code may be. */
static bool is_lower_half(uintptr_t addr)
{
	return addr >> 47 == 0;
}

/* Most processors trap before they go where there is no address: what took them
 * there has no operand, see is_operand(). */
static bool is_fetch(const siginfo_t *info, const void *uc)
{
	uintptr_t pc = guard_pc(uc);

	return !is_lower_half(pc) || (uintptr_t)info->si_addr == pc ||
	       (get_reg(uc, REG_TRAPNO) == 14 &&
		get_reg(uc, REG_ERR) & FETCH_ERROR);
}

#else

bool fault_is_told(const void *uc)
{
	(void)uc;

	return true;
}

static bool is_fetch(const siginfo_t *info, const void *uc)
{
	return (uintptr_t)info->si_addr == guard_pc(uc);
}

#endif

static bool is_at(const struct guard_call *call, const struct task_struct *task,
		  unsigned long addr, struct culprit *culprit)
{
	culprit->addr = addr;

	return is_callers(call, task, culprit);
}

/* ASan looks at its note about an address first, and there is none about many. */
static bool is_noted(const struct guard_call *call,
		     const struct task_struct *task, unsigned long note,
		     struct culprit *culprit)
{
	note -= ASAN_OFFSET;

	return FIBER_ASAN && (uint64_t)note >> 61 == 0 &&
	       is_at(call, task, note << 3 | 7, culprit);
}

/* What was not told is where the instruction says. */
static bool is_operand(const struct guard_call *call,
		       const struct task_struct *task, const void *uc,
		       struct culprit *culprit)
{
	unsigned long addrs[INSN_MAX_OPERANDS];
	unsigned int nr = insn_operands(uc, addrs);

	for (unsigned int i = 0; i < nr; i++)
		if (is_at(call, task, addrs[i], culprit) ||
		    is_noted(call, task, addrs[i], culprit))
			return true;

	return false;
}

bool fault_is_callers(const struct guard_call *call, const siginfo_t *info,
		      const void *uc, unsigned long *r_addr)
{
	const struct task_struct *task = task_current();
	struct culprit culprit = {
		.addr = (unsigned long)info->si_addr,
		.told = fault_is_told(uc),
		.step = task->compat ? sizeof(uint32_t) : sizeof(uint64_t),
	};
	bool callers;

	/* Nobody calls what is the caller's. */
	if (is_fetch(info, uc))
		return false;

	callers = culprit.told ? is_callers(call, task, &culprit)
			       : is_operand(call, task, uc, &culprit);
	if (callers)
		*r_addr = culprit.addr;

	return callers;
}
