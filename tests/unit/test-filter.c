/* SPDX-License-Identifier: MIT */
/* Which system calls pass: the filter, run by hand. */
#include "watch/filter.h"

#include "../helpers.h"
#include "stage/own-call.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#endif

static struct sock_fprog program;

static void setup(void)
{
	ck_assert_int_eq(filter_new(&program), 0);
}

static void teardown(void)
{
	filter_free(&program);
	ck_assert_ptr_null(program.filter);
}

static bool jumps(const struct sock_filter *op, uint32_t acc)
{
	switch (op->code) {
	case BPF_JMP | BPF_JEQ | BPF_K:
		return acc == op->k;
	case BPF_JMP | BPF_JGE | BPF_K:
		return acc >= op->k;
	case BPF_JMP | BPF_JGT | BPF_K:
		return acc > op->k;
	default:
		ck_abort_msg("instruction %#x is news to this test", op->code);
	}
}

/* As the kernel does. */
static uint32_t run(const struct seccomp_data *data)
{
	const struct sock_filter *op = program.filter;
	uint32_t acc = 0;

	for (;; op++) {
		ck_assert_uint_lt(op - program.filter, program.len);
		switch (BPF_CLASS(op->code)) {
		case BPF_LD:
			ck_assert_uint_eq(op->code, BPF_LD | BPF_W | BPF_ABS);
			memcpy(&acc, (const char *)data + op->k, sizeof(acc));
			break;
		case BPF_RET:
			return op->k;
		default:
			if (op->code == (BPF_JMP | BPF_JA))
				op += op->k;
			else
				op += jumps(op, acc) ? op->jt : op->jf;
		}
	}
}

static bool passes(long nr, uint64_t a, uint64_t c, uint64_t e, uint64_t f)
{
	const struct seccomp_data data = {
		.nr = (int)nr,
		.arch = ARCH,
		.args = { a, 0, c, 0, e, f },
	};
	uint32_t action = run(&data);

	ck_assert(action == SECCOMP_RET_ALLOW ||
		  action == SECCOMP_RET_USER_NOTIF);

	return action == SECCOMP_RET_ALLOW;
}

static const long marked[] = {
	SYS_futex,     SYS_read,	SYS_write,	   SYS_ppoll,
	SYS_epoll_ctl, SYS_epoll_pwait, SYS_clock_settime, SYS_epoll_pwait2,
};

#define NR_MARKED (int)(sizeof(marked) / sizeof(marked[0]))

START_TEST(what_bears_our_mark_passes_and_nothing_like_it)
{
	const uint64_t mark = (uint64_t)OWN_CALL_MARK;

	ck_assert(passes(marked[_i], 2, 0, 0, mark));
	ck_assert(!passes(marked[_i], 2, 0, 0, 0));
	ck_assert(!passes(marked[_i], 2, 0, 0, mark & UINT32_MAX));
	ck_assert(!passes(marked[_i], 2, 0, 0, mark ^ 1));
	ck_assert(!passes(marked[_i], 2, 0, mark, 0));
}
END_TEST

START_TEST(the_mark_is_good_for_our_calls_only)
{
	const uint64_t mark = (uint64_t)OWN_CALL_MARK;

	ck_assert(!passes(SYS_openat, 0, 0, 0, mark));
	ck_assert(!passes(SYS_mmap, 0, 0, 0, mark));
	ck_assert(!passes(SYS_clock_nanosleep, 0, 0, 0, mark));
	ck_assert(!passes(SYS_ioctl, 0, 0, 0, mark));
	ck_assert(!passes(SYS_process_vm_readv, 1234, 1, 1, 0));
	ck_assert(!passes(SYS_process_vm_writev, 1234, 1, 1, 0));
}
END_TEST

START_TEST(clocks_may_be_read_where_the_vdso_cannot)
{
	ck_assert(passes(SYS_clock_gettime, CLOCK_MONOTONIC, 0, 0, 0));
	ck_assert(passes(SYS_clock_gettime, CLOCK_REALTIME, 0, 0, 0));
	ck_assert(!passes(SYS_clock_gettime, CLOCK_THREAD_CPUTIME_ID, 0, 0, 0));
}
END_TEST

START_TEST(a_thread_may_end_in_every_way)
{
	ck_assert(passes(SYS_rt_sigreturn, 0, 0, 0, 0));
	ck_assert(passes(SYS_restart_syscall, 0, 0, 0, 0));
	ck_assert(passes(SYS_exit, 0, 0, 0, 0));
	ck_assert(passes(SYS_exit_group, 0, 0, 0, 0));
	ck_assert(passes(SYS_tgkill, 1, SIGABRT, 0, 0));
	ck_assert(!passes(SYS_tgkill, 1, SIGKILL, 0, 0));
}
END_TEST

/* As 32-bit code makes them. */
START_TEST(calls_of_another_architecture_do_not_pass)
{
	struct seccomp_data data = {
		.nr = SYS_exit,
		.arch = AUDIT_ARCH_ARM,
		.args = { 0, 0, 0, 0, 0, (uint64_t)OWN_CALL_MARK },
	};

	ck_assert_uint_eq(run(&data), SECCOMP_RET_USER_NOTIF);
}
END_TEST

static void add(Suite *suite, const char *name, const TTest *test, int nr)
{
	tcase_add_checked_fixture(suite_add(suite, name, test, nr), setup,
				  teardown);
}

int main(void)
{
	Suite *suite = suite_create("watch/filter");

	add(suite, "mark", what_bears_our_mark_passes_and_nothing_like_it,
	    NR_MARKED);
	add(suite, "mark-only", the_mark_is_good_for_our_calls_only, 1);
	add(suite, "clocks", clocks_may_be_read_where_the_vdso_cannot, 1);
	add(suite, "end", a_thread_may_end_in_every_way, 1);
	add(suite, "arch", calls_of_another_architecture_do_not_pass, 1);

	return suite_run(suite);
}
