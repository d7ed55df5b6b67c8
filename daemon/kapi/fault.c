/* SPDX-License-Identifier: MIT */
#include "kapi/fault.h"

#include "kapi/guard.h"
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
#define MAX_INSN    15	  /* bytes, x86 */
#define FETCH_ERROR 0x10  /* of a page fault, x86: fetching code */
#define ASAN_OFFSET 0x7fff8000

/* What a handler dereferenced. */
struct culprit {
	unsigned long addr;
	unsigned long slack; /* which it may be off by, to either side */
	size_t step;	     /* the size of the caller's pointers */
};

static bool near(const struct culprit *culprit, unsigned long start,
		 size_t size)
{
	size_t reach = size > PAGE_SIZE ? size : PAGE_SIZE;

	return culprit->addr - start + culprit->slack <
	       reach + 2 * culprit->slack;
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

	return (!culprit->slack && user_is_mapped(task, culprit->addr)) ||
	       is_nested(call, task, culprit) || is_copied(task, culprit);
}

#if defined(__x86_64__)

/* Adding up to a page to it, or taking that off, is it no address? Those are
 * where bits 63 to 47 differ. */
static bool is_no_address(uint64_t addr)
{
	return addr + (UINT64_C(1) << 47) - PAGE_SIZE >=
	       (UINT64_C(1) << 48) - 2 * PAGE_SIZE;
}

static greg_t get_reg(const void *uc, int reg)
{
	return ((const ucontext_t *)uc)->uc_mcontext.gregs[reg];
}

/* What is no address is not told of: it is another trap, by stack or by any other
 * segment. */
static bool is_untold(const void *uc)
{
	return get_reg(uc, REG_TRAPNO) == 12 || get_reg(uc, REG_TRAPNO) == 13;
}

/* A call, a jump or a return? These trap where they are, if there is no address
 * to go to. */
static bool is_branch(const uint8_t *code)
{
	unsigned int op;

	/* repne (bnd), rep, ds (notrack), REX */
	for (int i = 1; i < MAX_INSN; i++, code++)
		if (*code != 0xf2 && *code != 0xf3 && *code != 0x3e &&
		    (*code & 0xf0) != 0x40)
			break;
	if (*code == 0xc2 || *code == 0xc3)
		return true;
	op = *code == 0xff ? code[1] >> 3 & 7 : 0;

	return op == 2 || op == 4;
}

static bool is_fetch(const siginfo_t *info, const void *uc)
{
	uintptr_t pc = guard_pc(uc);

	if (is_untold(uc))
		return is_no_address(pc) || is_branch((const uint8_t *)pc);

	return (uintptr_t)info->si_addr == pc ||
	       (get_reg(uc, REG_TRAPNO) == 14 &&
		get_reg(uc, REG_ERR) & FETCH_ERROR);
}

/* What register @reg may have been about, if there is no such address. ASan looks
 * at its note about one, and for some there is none. */
static unsigned int list_addresses(uint64_t reg, unsigned long addrs[3])
{
	unsigned int nr = 1;

	if (!is_no_address(reg))
		return 0;

	addrs[0] = reg;
	for (int i = 0; FIBER_ASAN && i < 2; i++, reg -= ASAN_OFFSET)
		if (reg >> 61 == 0)
			addrs[nr++] = reg << 3;

	return nr;
}

/* An address which is not told of was made of registers, all of them: they are
 * as they were before. But for the stack pointer, which is nobody's. */
static bool is_in_registers(const struct guard_call *call,
			    const struct task_struct *task, const void *uc,
			    struct culprit *culprit)
{
	unsigned long addrs[3];
	unsigned int nr;

	culprit->slack = PAGE_SIZE;
	for (int reg = 0; reg < REG_RSP; reg++) {
		nr = list_addresses((uint64_t)get_reg(uc, reg), addrs);
		for (unsigned int i = 0; i < nr; i++) {
			culprit->addr = addrs[i];
			if (is_callers(call, task, culprit))
				return true;
		}
	}

	return false;
}

#else

static bool is_untold(const void *uc)
{
	(void)uc;

	return false;
}

static bool is_fetch(const siginfo_t *info, const void *uc)
{
	return (uintptr_t)info->si_addr == guard_pc(uc);
}

static bool is_in_registers(const struct guard_call *call,
			    const struct task_struct *task, const void *uc,
			    struct culprit *culprit)
{
	(void)call, (void)task, (void)uc, (void)culprit;

	return false;
}

#endif

bool fault_is_callers(const struct guard_call *call, const siginfo_t *info,
		      const void *uc, unsigned long *r_addr)
{
	const struct task_struct *task = task_current();
	struct culprit culprit = {
		.addr = (unsigned long)info->si_addr,
		.step = task->compat ? sizeof(uint32_t) : sizeof(uint64_t),
	};
	bool callers;

	/* Nobody calls what is the caller's. */
	if (is_fetch(info, uc))
		return false;

	callers = is_untold(uc) ? is_in_registers(call, task, uc, &culprit)
				: is_callers(call, task, &culprit);
	if (callers)
		*r_addr = culprit.addr;

	return callers;
}
