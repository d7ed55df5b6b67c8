/* SPDX-License-Identifier: MIT */
/* Numbers which drivers, applications and other cores share. */
#include "../helpers.h"

#include <evl/device.h>
#include <evl/sched/param.h>
#include <linux/uio.h>
#include <uapi/evl/factory.h>
#include <uapi/evl/fcntl.h>

struct number {
	const char *name;
	long long is, should_be;
};

/* clang-format off */
#define IS(name, value) { #name, name, value }
/* clang-format on */

/* Bits of threads have an older name, too. */
#define BOTH(name, value) IS(EVL_T_##name, value), IS(T_##name, value)

static const struct number numbers[] = {
	BOTH(SUSP, 0x1),
	BOTH(PEND, 0x2),
	BOTH(DELAY, 0x4),
	BOTH(WAIT, 0x8),
	BOTH(READY, 0x10),
	BOTH(DORMANT, 0x20),
	BOTH(ZOMBIE, 0x40),
	BOTH(INBAND, 0x80),
	BOTH(HALT, 0x100),
	BOTH(BOOST, 0x200),
	BOTH(PTSYNC, 0x400),
	BOTH(RRB, 0x800),
	BOTH(ROOT, 0x1000),
	BOTH(WEAK, 0x2000),
	BOTH(USER, 0x4000),
	BOTH(WOSS, 0x8000),
	BOTH(WOLI, 0x10000),
	BOTH(WOSX, 0x20000),
	BOTH(PTRACE, 0x40000),
	BOTH(OBSERV, 0x80000),
	BOTH(HMSIG, 0x100000),
	BOTH(HMOBS, 0x200000),
	BOTH(WOSO, 0x400000),
	BOTH(TIMEO, 0x1),
	BOTH(RMID, 0x2),
	BOTH(BREAK, 0x4),
	BOTH(KICKED, 0x8),
	BOTH(WCHAN, 0x10),
	BOTH(CANCELD, 0x40),
	BOTH(PIALERT, 0x80),
	BOTH(SCHEDP, 0x100),
	BOTH(BCAST, 0x200),
	BOTH(SIGNAL, 0x400),
	BOTH(SXALERT, 0x800),
	BOTH(PTSIG, 0x1000),
	BOTH(PTSTOP, 0x2000),
	BOTH(PTJOIN, 0x4000),
	BOTH(NOMEM, 0x8000),
	IS(T_WAKEN, 0x10),
	IS(T_ROBBED, 0x20),

	IS(EVL_FIFO_MIN_PRIO, 1),
	IS(EVL_FIFO_MAX_PRIO, 99),
	IS(EVL_CORE_MIN_PRIO, 0),
	IS(EVL_CORE_MAX_PRIO, MAX_RT_PRIO + 1),

	IS(EVL_WAIT_FIFO, 0),
	IS(EVL_WAIT_PRIO, 1),
	IS(EVL_REL, 0),
	IS(EVL_ABS, 1),
	IS(EVL_INFINITE, 0),
	IS(EVL_NONBLOCK, INT64_MAX),
	IS(EVL_STAX_INBAND_SPIN, 1),
	IS(EVL_TIMER_IGRAVITY, 0),
	IS(EVL_TIMER_KGRAVITY, 0x40),
	IS(EVL_TIMER_UGRAVITY, 0x80),
	IS(EVL_POLL_NR_CONNECTORS, 4),
	IS(ONE_BILLION, 1000000000),

	IS(EVL_FACTORY_CLONE, 1),
	IS(EVL_FACTORY_SINGLE, 2),
	IS(EVL_CLONE_PRIVATE, 0),
	IS(EVL_CLONE_PUBLIC, 1 << 16),
	IS(EVL_CLONE_OBSERVABLE, 1 << 17),
	IS(EVL_CLONE_NONBLOCK, 1 << 18),
	IS(EVL_CLONE_MASTER, 1 << 19),
	IS(EVL_CLONE_UNICAST, 1 << 19),
	IS(EVL_CLONE_INPUT, 1 << 20),
	IS(EVL_CLONE_OUTPUT, 1 << 21),
	IS(EVL_CLONE_COREDEV, 1LL << 31),

	IS(O_OOB, 0x40000000),
	IS(UIO_FASTIOV, 8),
	IS(UIO_MAXIOV, 1024),
};

START_TEST(they_are_the_cores)
{
	const struct number *n;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		n = &numbers[i];
		ck_assert_msg(n->is == n->should_be, "%s is %#llx, not %#llx",
			      n->name, n->is, n->should_be);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("driver/number");
	TCase *tc = tcase_create("numbers");

	tcase_add_test(tc, they_are_the_cores);
	suite_add_tcase(suite, tc);

	return suite_run(suite);
}
