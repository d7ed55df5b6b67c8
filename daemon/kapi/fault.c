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

/*
 * x86-64 does not tell of an address which is none (bits 63 to 47 differ): it
 * is another trap, by stack or by any other segment.
 */
static bool is_untold(const void *uc)
{
#if defined(__x86_64__)
	greg_t trap = ((const ucontext_t *)uc)->uc_mcontext.gregs[REG_TRAPNO];

	return trap == 12 || trap == 13;
#else
	(void)uc;

	return false;
#endif
}

static bool is_no_address(unsigned long addr)
{
	return (uint64_t)addr + (UINT64_C(1) << 47) >= UINT64_C(1) << 48;
}

static bool near(unsigned long addr, unsigned long start, size_t size)
{
	return addr - start < (size > PAGE_SIZE ? size : PAGE_SIZE);
}

/* What a handler dereferenced; there are traps which do not tell. */
struct culprit {
	unsigned long addr;
	bool untold; /* no address at all */
	size_t step; /* the size of the caller's pointers */
};

/* Low values are numbers. */
static bool may_be(const struct culprit *culprit, uint64_t value)
{
	if (culprit->untold)
		return is_no_address(value);

	return value >= LOWEST_PAGE && near(culprit->addr, value, 0);
}

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

static bool is_argument(const struct guard_call *call,
			const struct culprit *culprit)
{
	if (!culprit->untold)
		return near(culprit->addr, call->addr, call->size);

	/* ASan's look at its notes about an address in the upper half, too. */
	return is_no_address(call->addr) ||
	       (FIBER_ASAN && (long)call->addr < 0);
}

bool fault_is_callers(const struct guard_call *call, const siginfo_t *info,
		      const void *uc)
{
	const struct task_struct *task = task_current();
	const struct culprit culprit = {
		.addr = (unsigned long)info->si_addr,
		.untold = is_untold(uc),
		.step = task->compat ? sizeof(uint32_t) : sizeof(uint64_t),
	};

	if (is_argument(call, &culprit))
		return true;
	if (!culprit.untold && culprit.addr < LOWEST_PAGE)
		return false;

	return (!culprit.untold && user_is_mapped(task, culprit.addr)) ||
	       is_nested(call, task, &culprit) || is_copied(task, &culprit);
}
