/* SPDX-License-Identifier: MIT */
/* /dev/hectic: threads of all kinds pass control to one another, as the program
 * of that name has them do. */
#include "daemon.h"
#include "endure.h"

#include <errno.h>
#include <evl/devices/hectic.h>
#include <evl/evl.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define NR_ROUNDS   500
#define NR_KTASKS   4
#define NR_UTHREADS 5

/* Where a thread waits for its turn. */
enum mode { OOB, INBAND, OSCILLATING, NR_MODES };

struct uthread {
	pthread_t thread;
	_Atomic(pid_t) tid;
	enum mode mode;
	unsigned int index;
	_Atomic(int) ret;
	int error;
};

static int fd;
static struct uthread uthreads[NR_UTHREADS];
/* Who runs counts, and nobody else. Atomic for those who do not see why. */
static _Atomic(unsigned int) nr_turns;

static void setup(void)
{
	daemon_setup_driver("EVL_HECTIC");
	endure_watch();
	ck_assert_int_ge(evl_attach_self("test:%d", getpid()), 0);
	fd = open(node_path("hectic"), O_RDWR);
	ck_assert_int_ge(fd, 0);
	nr_turns = 0;
}

static int set_count(unsigned long count)
{
	return ioctl(fd, EVL_HECIOC_SET_TASKS_COUNT, count);
}

static unsigned int add(unsigned int cmd)
{
	struct hectic_task_index req = { .index = 77 };

	ck_assert_int_eq(ioctl(fd, cmd, &req), 0);
	ck_assert_uint_eq(req.flags & HECTIC_KTHREAD,
			  cmd == EVL_HECIOC_CREATE_KTASK ? HECTIC_KTHREAD : 0);

	return req.index;
}

static int ask(bool oob, unsigned int cmd, void *arg)
{
	return oob ? oob_ioctl(fd, cmd, arg) : ioctl(fd, cmd, arg);
}

static int pend(bool oob, unsigned int index)
{
	struct hectic_task_index req = { .index = index };

	return ask(oob, EVL_HECIOC_PEND, &req);
}

static int switch_to(bool oob, unsigned int from, unsigned int to)
{
	struct hectic_switch_req req = { .from = from, .to = to };

	return ask(oob, EVL_HECIOC_SWITCH_TO, &req);
}

static unsigned int nr_switches(void)
{
	unsigned int count, again;

	ck_assert_int_eq(ioctl(fd, EVL_HECIOC_GET_SWITCHES_COUNT, &count), 0);
	ck_assert_int_eq(oob_ioctl(fd, EVL_HECIOC_GET_SWITCHES_COUNT, &again),
			 0);
	ck_assert_uint_eq(count, again);

	return count;
}

/* Control was passed from @from, if that is known, to @to, and nothing failed. */
static void check_last(int from, unsigned int to)
{
	struct hectic_error error = { .fp_val = 77 };

	ck_assert_int_eq(ioctl(fd, EVL_HECIOC_GET_LAST_ERROR, &error), 0);
	if (from >= 0)
		ck_assert_int_eq((int)error.last_switch.from, from);
	ck_assert_uint_eq(error.last_switch.to, to);
	ck_assert_uint_eq(error.fp_val, 0);
}

START_TEST(kernel_threads_pass_it_back)
{
	const bool oob = _i == OOB;
	unsigned int self, before, now;

	ck_assert_int_eq(set_count(NR_KTASKS + 1), 0);
	for (unsigned int i = 0; i < NR_KTASKS; i++)
		ck_assert_uint_eq(add(EVL_HECIOC_CREATE_KTASK), i);
	self = add(EVL_HECIOC_REGISTER_UTASK);
	ck_assert_uint_eq(self, NR_KTASKS);

	before = nr_switches();
	ck_assert_uint_eq(before, 0);
	for (unsigned int i = 0; i < NR_ROUNDS; i++) {
		ck_assert_int_eq(switch_to(oob, self, i % NR_KTASKS), 0);
		check_last(-1, self);
		now = nr_switches();
		/* There and back, at least. */
		ck_assert_uint_ge(now, before + 2);
		before = now;
	}
}
END_TEST

static bool waits_oob(const struct uthread *self, unsigned int round)
{
	return self->mode == OOB ||
	       (self->mode == OSCILLATING && round % 2 == 0);
}

/* It has been passed to us. */
static int take_turn(struct uthread *self, unsigned int round)
{
	nr_turns++;
	if (nr_turns % (NR_UTHREADS + 1) != self->index)
		return -EPROTO;

	return switch_to(waits_oob(self, round), self->index,
			 (self->index + 1) % (NR_UTHREADS + 1));
}

static void *run(void *arg)
{
	struct uthread *self = arg;

	self->ret = evl_attach_self("uthread:%d", gettid());
	if (self->ret < 0)
		return NULL;
	self->tid = gettid();
	self->ret = pend(waits_oob(self, 0), self->index);
	for (unsigned int i = 1; self->ret == 0; i++)
		self->ret = take_turn(self, i);
	self->error = errno;

	return NULL;
}

/* @nr_oob of those which were started wait out-of-band. */
static void await_pending(struct uthread *u, unsigned int nr_oob)
{
	while (u->tid == 0)
		sched_yield();
	wait_until_asleep(getpid(), u->tid);
	while (endure_nr_refs("hectic") < nr_oob)
		sched_yield();
	/* Its handler was begun before this one, on the same worker. */
	nr_switches();
}

static void start_thread(struct uthread *u, enum mode mode)
{
	*u = (struct uthread){ .mode = mode };
	u->index = add(EVL_HECIOC_REGISTER_UTASK);
	pthread_create(&u->thread, NULL, run, u);
}

static void take_note(int signo)
{
	(void)signo;
}

/* It waits in the driver. */
static void end_thread(struct uthread *u)
{
	const struct sigaction action = { .sa_handler = take_note };

	sigaction(SIGUSR1, &action, NULL);
	wait_until_asleep(getpid(), u->tid);
	pthread_kill(u->thread, SIGUSR1);
	pthread_join(u->thread, NULL);
	ck_assert_int_eq(u->ret, -1);
	ck_assert_int_eq(u->error, EINTR);
}

/* A ring of threads of one kind, or of all kinds; we are its first. */
static void run_ring(bool mixed, enum mode mode)
{
	unsigned int nr_oob = 0;

	ck_assert_int_eq(set_count(NR_UTHREADS + 1), 0);
	ck_assert_uint_eq(add(EVL_HECIOC_REGISTER_UTASK), 0);
	for (int i = 0; i < NR_UTHREADS; i++) {
		start_thread(&uthreads[i],
			     mixed ? (enum mode)(i % NR_MODES) : mode);
		nr_oob += waits_oob(&uthreads[i], 0);
		await_pending(&uthreads[i], nr_oob);
	}

	for (unsigned int i = 0; i < NR_ROUNDS; i++) {
		ck_assert_int_eq(switch_to(i % 2, 0, 1), 0);
		nr_turns++;
		ck_assert_uint_eq(nr_turns, (i + 1) * (NR_UTHREADS + 1));
		check_last(NR_UTHREADS, 0);
	}
	ck_assert_uint_eq(nr_switches(), NR_ROUNDS * (NR_UTHREADS + 1));
	for (int i = 0; i < NR_UTHREADS; i++)
		end_thread(&uthreads[i]);
}

START_TEST(threads_of_one_kind_take_turns)
{
	run_ring(false, (enum mode)_i);
}
END_TEST

START_TEST(threads_of_all_kinds_take_turns)
{
	run_ring(true, OOB);
}
END_TEST

START_TEST(a_switch_may_take_its_time)
{
	ck_assert_int_eq(ioctl(fd, EVL_HECIOC_SET_PAUSE, 50ul), 0);
	run_ring(true, OOB);
}
END_TEST

/* As from itself to itself. */
START_TEST(a_task_may_pass_it_back)
{
	ck_assert_int_eq(set_count(2), 0);
	add(EVL_HECIOC_CREATE_KTASK);
	add(EVL_HECIOC_REGISTER_UTASK);
	ck_assert_int_eq(switch_to(true, 1, 0), 0);
	check_last(0, 1);
	ck_assert_int_eq(switch_to(true, 1, 1), 0);
	check_last(0, 1);
}
END_TEST

START_TEST(a_signal_ends_a_wait)
{
	struct uthread *u = &uthreads[0];

	ck_assert_int_eq(set_count(1), 0);
	start_thread(u, (enum mode)_i);
	await_pending(u, _i == OOB);
	end_thread(u);
}
END_TEST

START_TEST(close_ends_a_wait_out_of_band)
{
	struct uthread *u = &uthreads[0];

	ck_assert_int_eq(set_count(3), 0);
	add(EVL_HECIOC_CREATE_KTASK);
	start_thread(u, OOB);
	await_pending(u, 1);
	ck_assert_int_eq(close(fd), 0);
	pthread_join(u->thread, NULL);
	ck_assert_int_eq(u->ret, -1);
	ck_assert_int_eq(u->error, EIDRM);
}
END_TEST

static void *lock_inband(void *arg)
{
	struct uthread *u = arg;

	u->tid = gettid();
	u->ret = ioctl(fd, EVL_HECIOC_LOCK_STAX);
	if (u->ret == 0)
		u->ret = ioctl(fd, EVL_HECIOC_UNLOCK_STAX);

	return NULL;
}

START_TEST(stages_exclude_each_other)
{
	struct uthread *u = &uthreads[0];

	ck_assert_int_eq(oob_ioctl(fd, EVL_HECIOC_LOCK_STAX), 0);
	ck_assert_int_eq(oob_ioctl(fd, EVL_HECIOC_LOCK_STAX), 0);
	*u = (struct uthread){ .ret = 77 };
	pthread_create(&u->thread, NULL, lock_inband, u);
	while (u->tid == 0)
		sched_yield();
	wait_until_asleep(getpid(), u->tid);
	ck_assert_int_eq(oob_ioctl(fd, EVL_HECIOC_UNLOCK_STAX), 0);
	ck_assert_int_eq(u->ret, 77);
	ck_assert_int_eq(oob_ioctl(fd, EVL_HECIOC_UNLOCK_STAX), 0);
	pthread_join(u->thread, NULL);
	ck_assert_int_eq(u->ret, 0);
	ck_assert_int_eq(oob_ioctl(fd, EVL_HECIOC_LOCK_STAX), 0);
	ck_assert_int_eq(oob_ioctl(fd, EVL_HECIOC_UNLOCK_STAX), 0);
}
END_TEST

START_TEST(setting_up_has_its_limits)
{
	struct hectic_task_index req = { .index = 0 };

	ck_assert_fails(set_count(0), EINVAL);
	ck_assert_fails(set_count(1025), EINVAL);
	ck_assert_fails(set_count(65535), EINVAL);
	/* On FUSE the kernel takes it for an address. */
	ck_assert_fails(set_count(-1ul), daemon_on_cuse() ? EINVAL : EFAULT);
	ck_assert_fails(ioctl(fd, EVL_HECIOC_SET_CPU, 60000ul), EINVAL);
	ck_assert_int_eq(ioctl(fd, EVL_HECIOC_SET_CPU, 0ul), 0);
	ck_assert_fails(ioctl(fd, EVL_HECIOC_SET_PAUSE, 1000001ul),
			daemon_on_cuse() ? EINVAL : EFAULT);
	/* There is no room. */
	ck_assert_fails(ioctl(fd, EVL_HECIOC_REGISTER_UTASK, &req), EBUSY);
	ck_assert_int_eq(set_count(2), 0);
	ck_assert_int_eq(set_count(1), 0);
	ck_assert_fails(ioctl(fd, EVL_HECIOC_REGISTER_UTASK, NULL), EFAULT);
	ck_assert_fails(ioctl(fd, EVL_HECIOC_CREATE_KTASK, NULL), EFAULT);
	add(EVL_HECIOC_CREATE_KTASK);
	ck_assert_fails(ioctl(fd, EVL_HECIOC_CREATE_KTASK, &req), EBUSY);
	ck_assert_fails(set_count(5), EBUSY);
	for (unsigned int nr = 0; nr < 5; nr++)
		ck_assert_fails(oob_ioctl(fd, _IO('H', nr), &req), ENOTTY);
	ck_assert_fails(oob_ioctl(fd, EVL_HECIOC_SET_PAUSE, 1), ENOTTY);
	ck_assert_fails(ioctl(fd, _IO('H', 11)), ENOTTY);
}
END_TEST

START_TEST(who_is_no_task_cannot_take_part)
{
	const bool oob = _i == OOB;

	ck_assert_fails(pend(oob, 0), EINVAL);
	ck_assert_fails(switch_to(oob, 0, 0), EINVAL);
	ck_assert_int_eq(set_count(3), 0);
	ck_assert_uint_eq(add(EVL_HECIOC_CREATE_KTASK), 0);
	ck_assert_uint_eq(add(EVL_HECIOC_REGISTER_UTASK), 1);
	/* Nor for a kernel thread. */
	ck_assert_fails(pend(oob, 0), EINVAL);
	ck_assert_fails(switch_to(oob, 0, 1), EINVAL);
	ck_assert_fails(pend(oob, 2), EINVAL);
	ck_assert_fails(switch_to(oob, 1, 2), EINVAL);
	ck_assert_fails(switch_to(oob, 2, 1), EINVAL);
	ck_assert_fails(switch_to(oob, -1u, -1u), EINVAL);
	ck_assert_fails(ask(oob, EVL_HECIOC_PEND, NULL), EFAULT);
	ck_assert_fails(ask(oob, EVL_HECIOC_SWITCH_TO, NULL), EFAULT);
	ck_assert_fails(ask(oob, EVL_HECIOC_GET_SWITCHES_COUNT, NULL), EFAULT);
	ck_assert_fails(ask(oob, EVL_HECIOC_GET_LAST_ERROR, NULL), EFAULT);
	ck_assert_uint_eq(nr_switches(), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("system/hectic");
	TCase *tcase = tcase_create("hectic");

	tcase_add_checked_fixture(tcase, setup, endure_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, kernel_threads_pass_it_back, 0, 2);
	tcase_add_loop_test(tcase, threads_of_one_kind_take_turns, 0, NR_MODES);
	tcase_add_test(tcase, threads_of_all_kinds_take_turns);
	tcase_add_test(tcase, a_switch_may_take_its_time);
	tcase_add_test(tcase, a_task_may_pass_it_back);
	tcase_add_loop_test(tcase, a_signal_ends_a_wait, 0, 2);
	tcase_add_test(tcase, close_ends_a_wait_out_of_band);
	tcase_add_test(tcase, stages_exclude_each_other);
	tcase_add_test(tcase, setting_up_has_its_limits);
	tcase_add_loop_test(tcase, who_is_no_task_cannot_take_part, 0, 2);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}
