/* SPDX-License-Identifier: MIT */
/*
 * A driver which dereferences __user pointers: its caller gets EFAULT, the log
 * its name, and everybody else what they always got. Crashes which are its own
 * end the daemon, with a line that says whose they are.
 */
#include "daemon.h"
#include "drivers/careless.h"

#include <errno.h>
#include <evl/evl.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <uapi/evl/devices/loopback.h>
#include <unistd.h>

/* Where no daemon has any memory, whatever its layout. */
#define HERE	((char *)CARELESS_DATA)
#define NOWHERE ((char *)CARELESS_CODE)
#define NO_ADDR ((char *)(UINTPTR_MAX / 2 + 1)) /* not canonical */

static int fd;

static void setup(void)
{
	const char *const args[] = { "--driver", getenv("EVL_CARELESS"),
				     "--driver", getenv("EVL_LOOPBACK"), NULL };
	int status;

	ck_assert_int_eq(daemon_start(&test_daemon, args, &status), 0);
	ck_assert_ptr_eq(mmap(HERE, 65536, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
			      -1, 0),
			 HERE);
	ck_assert_int_ge(evl_attach_self("careless-%d", getpid()), 0);
	fd = open(node_path("careless"), O_RDWR);
	ck_assert_int_ge(fd, 0);
}

static int oob_deref(char *p)
{
	return oob_ioctl(fd, CARELESS_DEREF, p);
}

static int inband_deref(char *p)
{
	return ioctl(fd, CARELESS_DEREF, p);
}

static int oob_nested(char *p)
{
	memcpy(HERE + 64, &p, sizeof(p));
	return oob_ioctl(fd, CARELESS_NESTED, HERE + 64);
}

static int inband_nested(char *p)
{
	memcpy(HERE + 64, &p, sizeof(p));
	return ioctl(fd, CARELESS_NESTED, HERE + 64);
}

static int do_oob_read(char *p)
{
	return (int)oob_read(fd, p, 8);
}

static int do_oob_write(char *p)
{
	return (int)oob_write(fd, p, 8);
}

static int do_read(char *p)
{
	return (int)read(fd, p, 8);
}

static int do_write(char *p)
{
	return (int)write(fd, p, 8);
}

static const struct {
	int (*call)(char *p);
	const char *op;
	bool by_value; /* the pointer is what the driver is called with */
} calls[] = {
	{ oob_deref, "oob_ioctl", true },  { oob_nested, "oob_ioctl", false },
	{ do_oob_read, "oob_read", true }, { do_oob_write, "oob_write", true },
	{ inband_deref, "ioctl", true },   { inband_nested, "ioctl", false },
	{ do_read, "read", true },	   { do_write, "write", true },
};

#define NR_CALLS (int)(sizeof(calls) / sizeof(calls[0]))

/* Another process is served by the same daemon. */
static int be_served(void *arg)
{
	struct loopback_echo echo = { .value = 41 };
	int other;

	if (evl_attach_self("other-%d", getpid()) < 0)
		return 1;
	other = open(node_path("loopback"), O_RDWR);
	if (oob_ioctl(other, LOOPBACK_IOC_ECHO, &echo) || echo.value != 42)
		return 2;
	if (ioctl(other, LOOPBACK_IOC_ECHO, &echo) || echo.value != 43)
		return 3;

	return 0;
}

static void check_service(void)
{
	ck_assert_int_ge(oob_ioctl(fd, CARELESS_RELEASES), 0);
	ck_assert_int_ge(ioctl(fd, CARELESS_RELEASES), 0);
}

/* A good pointer, though the driver should not have touched it; bad ones. */
START_TEST(a_touched_user_pointer_is_efault)
{
	char *const where[] = { HERE, HERE + 4094, NOWHERE };
	char text[96];

	for (unsigned int i = 0; i < 3; i++) {
		ck_assert_fails(calls[_i].call(where[i]), EFAULT);
		check_service();
	}
	ck_assert_int_eq(HERE[0], 0);

	snprintf(text, sizeof(text), "driver careless: its %s dereferenced",
		 calls[_i].op);
	ck_assert(daemon_said(&test_daemon, text));
	ck_assert_int_eq(child_wait(child_start(be_served, NULL)), 0);
}
END_TEST

/* It is in the caller's memory, which is all that can be known of it. */
START_TEST(a_pointer_behind_pointers_is_the_callers_too)
{
	char *deeper = HERE + 16384, *deep = HERE + 32768;

	memcpy(HERE + 64, &deeper, sizeof(deeper));
	memcpy(deeper, &deep, sizeof(deep));
	ck_assert_fails(oob_ioctl(fd, CARELESS_DEEP, HERE + 64), EFAULT);
	ck_assert_fails(ioctl(fd, CARELESS_DEEP, HERE + 64), EFAULT);
	check_service();
}
END_TEST

/* Nor is a bad one the driver's, wherever the handler has copied it from. */
START_TEST(a_bad_pointer_which_was_copied_is_the_callers_too)
{
	char *const bad[] = { NOWHERE, (char *)CARELESS_ADDRESS, NO_ADDR };
	char *deeper = HERE + 16384;

	memcpy(HERE + 64, &deeper, sizeof(deeper));
	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memcpy(deeper, &bad[i], sizeof(bad[i]));
		ck_assert_fails(oob_ioctl(fd, CARELESS_DEEP, HERE + 64),
				EFAULT);
		ck_assert_fails(ioctl(fd, CARELESS_DEEP, HERE + 64), EFAULT);
		ck_assert_fails(oob_ioctl(fd, CARELESS_NESTED, deeper), EFAULT);
		ck_assert_fails(ioctl(fd, CARELESS_NESTED, deeper), EFAULT);
		check_service();
	}
}
END_TEST

START_TEST(what_was_stored_before_is_there)
{
	int *pair = (int *)HERE;

	for (int i = 0; i < 100; i++) {
		pair[0] = pair[1] = 1;
		ck_assert_fails(oob_ioctl(fd, CARELESS_STORE, pair), EFAULT);
		ck_assert_int_eq(pair[0], 7);
		pair[0] = 1;
		ck_assert_fails(ioctl(fd, CARELESS_STORE, pair), EFAULT);
		ck_assert_int_eq(pair[0], 7);
		ck_assert_int_eq(pair[1], 1);
	}
}
END_TEST

START_TEST(so_are_null_and_what_is_no_address)
{
	if (!calls[_i].by_value)
		return;

	ck_assert_fails(calls[_i].call(NULL), EFAULT);
	ck_assert_fails(calls[_i].call(NO_ADDR), EFAULT);
	check_service();
}
END_TEST

START_TEST(the_log_tells_of_a_driver_once)
{
	for (int i = 0; i < 50; i++)
		ck_assert_fails(calls[i % NR_CALLS].call(HERE), EFAULT);
	ck_assert_int_ge(ioctl(fd, CARELESS_RELEASES), 0);
	ck_assert_uint_eq(daemon_nr_said(&test_daemon, "dereferenced"), 1);
	ck_assert_uint_eq(daemon_nr_said(&test_daemon,
					 "driver careless: that was in "
					 "careless.so+0x"),
			  1);
}
END_TEST

/* What the handler held of the file has been put. */
START_TEST(the_file_is_closed_as_any_other)
{
	int other = open(node_path("careless"), O_RDWR), before;

	before = ioctl(other, CARELESS_RELEASES);
	for (int i = 0; i < NR_CALLS; i++)
		ck_assert_fails(calls[i].call(HERE), EFAULT);
	ck_assert_int_eq(close(fd), 0);
	ck_assert_int_eq(ioctl(other, CARELESS_RELEASES), before + 1);
	ck_assert_int_eq(evl_detach_self(), 0);
}
END_TEST

/* Thousands of abandoned stacks are as good as new. */
START_TEST(it_may_happen_any_number_of_times)
{
	struct daemon_usage before, after;

	for (int i = 0; i < 2000; i++) {
		ck_assert_fails(calls[i % NR_CALLS].call(HERE), EFAULT);
		if (i == 200)
			before = daemon_usage(&test_daemon);
	}
	after = daemon_usage(&test_daemon);
	ck_assert_uint_eq(after.nr_fds, before.nr_fds);
	ck_assert_uint_le(after.nr_maps, before.nr_maps + 4);
	check_service();
}
END_TEST

static int call_driver(unsigned int cmd, bool oob)
{
	errno = 0;

	return oob ? oob_ioctl(fd, cmd, HERE) : ioctl(fd, cmd, HERE);
}

static const struct {
	unsigned int cmd;
	bool oob;
	const char *locks; /* what the log says of them */
} holders[] = {
	{ CARELESS_LOCKED, true, ", spin lock careless.so+0x" },
	{ CARELESS_LOCKED, false, ", spin lock careless.so+0x" },
	{ CARELESS_CROSSED, true, ", spin lock careless.so+0x" },
	{ CARELESS_CROSSED, false, ", spin lock careless.so+0x" },
	{ CARELESS_MUTEX, true, ", mutex careless.so+0x" },
	{ CARELESS_MUTEX, false, ", mutex careless.so+0x" },
	{ CARELESS_BOTH, true, " and mutex careless.so+0x" },
	{ CARELESS_BOTH, false, " and mutex careless.so+0x" },
	{ CARELESS_WAITING, true, ", spin lock careless.so+0x" },
};

#define NR_HOLDERS (int)(sizeof(holders) / sizeof(holders[0]))

START_TEST(locks_are_taken_from_who_is_given_up)
{
	daemon_rules_broken = true; /* by mutexes */
	/* Without locks it is another line. */
	ck_assert_fails(call_driver(CARELESS_DEREF, false), EFAULT);
	for (int i = 1; i <= 20; i++) {
		ck_assert_fails(call_driver(holders[_i].cmd, holders[_i].oob),
				EFAULT);
		/* The next ones go on, on both stages. */
		ck_assert_int_eq(call_driver(CARELESS_COUNT, i % 2), 2 * i - 1);
		ck_assert_int_eq(call_driver(CARELESS_COUNT, !(i % 2)), 2 * i);
	}
	ck_assert(daemon_said(&test_daemon, holders[_i].locks));
	ck_assert_uint_eq(
		daemon_nr_said(&test_daemon, "taken from it: have it use"), 1);
	ck_assert_uint_eq(daemon_nr_said(&test_daemon, "dereferenced"), 2);
}
END_TEST

#define NR_COUNTS 500

/* Returns how many were counted. */
static void *count_inband(void *arg)
{
	_Atomic(int) *nr = arg;

	while (*nr < NR_COUNTS && ioctl(fd, CARELESS_COUNT, 0) > 0)
		++*nr;

	return NULL;
}

/* Who waits for such a lock at that moment gets it. */
START_TEST(so_do_those_who_wait_for_them)
{
	_Atomic(int) counts[2] = { 0 };
	pthread_t threads[2];
	int nr = 0;

	daemon_rules_broken = true; /* by mutexes */
	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, count_inband, &counts[i]);
	for (; counts[0] < NR_COUNTS || counts[1] < NR_COUNTS; nr++)
		ck_assert_fails(call_driver(holders[nr % NR_HOLDERS].cmd,
					    holders[nr % NR_HOLDERS].oob),
				EFAULT);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	ck_assert_int_eq(call_driver(CARELESS_COUNT, true), 2 * NR_COUNTS + 1);
	check_service();
}
END_TEST

static const struct {
	unsigned int cmd;
	bool oob;
	const char *op, *what, *where;
} crashes[] = {
	{ CARELESS_WILD, true, "oob_ioctl", "at address 0x7eadbeef0000",
	  "in careless.so+0x" },
	{ CARELESS_WILD, false, "ioctl", "at address 0x7eadbeef0000",
	  "in careless.so+0x" },
	{ CARELESS_NULL, true, "oob_ioctl", "at address 0",
	  "in careless.so+0x" },
	{ CARELESS_NULL, false, "ioctl", "at address 0", "in careless.so+0x" },
	{ CARELESS_STACK, true, "oob_ioctl", ": its stack overflowed",
	  "in careless.so+0x" },
	{ CARELESS_STACK, false, "ioctl", ": its stack overflowed",
	  "in careless.so+0x" },
	{ CARELESS_LEAP, true, "oob_ioctl", ": its stack overflowed",
	  "in careless.so+0x" },
	{ CARELESS_LEAP, false, "ioctl", ": its stack overflowed",
	  "in careless.so+0x" },
	{ CARELESS_CROWDED, true, "oob_ioctl", "at address 0x20000000",
	  "in careless.so+0x" },
	{ CARELESS_CROWDED, false, "ioctl", "at address 0x20000000",
	  "in careless.so+0x" },
	{ CARELESS_POISON, true, "oob_ioctl", "SIGSEGV at",
	  "in careless.so+0x" },
	{ CARELESS_POISON, false, "ioctl", "SIGSEGV at", "in careless.so+0x" },
	{ CARELESS_CALL, true, "oob_ioctl", "at address 0x30000000",
	  "#1 careless.so+0x" },
	{ CARELESS_CALL, false, "ioctl", "at address 0x30000000",
	  "#1 careless.so+0x" },
	{ CARELESS_STRAY, true, "oob_ioctl", "at address 0x20000000",
	  "#1 careless.so+0x" },
	{ CARELESS_STRAY, false, "ioctl", "at address 0x20000000",
	  "#1 careless.so+0x" },
	{ CARELESS_NO_CALL, true, "oob_ioctl", "SIGSEGV at",
	  " careless.so+0x" },
	{ CARELESS_NO_CALL, false, "ioctl", "SIGSEGV at", " careless.so+0x" },
};

#define NR_CRASHES (int)(sizeof(crashes) / sizeof(crashes[0]))

/* What the caller passes to those which go astray: where they go, if that is
 * what they call, and something else that is no address. */
static void fill_argument(unsigned int cmd)
{
	const uint64_t words[] = {
		UINT64_C(0xa5a5a5a5a5a5a5a5),
		CARELESS_CODE,
		cmd == CARELESS_NO_CALL ? CARELESS_NONE : 0,
	};

	memcpy(HERE, words, sizeof(words));
}

START_TEST(a_crash_of_its_own_ends_the_daemon_by_name)
{
	char text[96];
	int status;

	daemon_rules_broken = crashes[_i].cmd == CARELESS_CROWDED;
	fill_argument(crashes[_i].cmd);
	ck_assert_int_eq(call_driver(crashes[_i].cmd, crashes[_i].oob), -1);
	ck_assert_int_ne(errno, EFAULT);

	ck_assert_int_eq(waitpid(test_daemon.pid, &status, 0), test_daemon.pid);
	test_daemon.pid = 0;
	/* A sanitizer turns the signal into a report of its own. */
	ck_assert_int_ne(status, 0);

	snprintf(text, sizeof(text),
		 "driver careless: %s (command %#x): ", crashes[_i].op,
		 crashes[_i].cmd);
	ck_assert(daemon_said(&test_daemon, text));
	ck_assert(daemon_said(&test_daemon, crashes[_i].what));
	ck_assert(daemon_said(&test_daemon, crashes[_i].where));
}
END_TEST

static void add(Suite *suite, const char *name, const TTest *test, int nr,
		void (*teardown)(void))
{
	TCase *tcase = suite_add(suite, name, test, nr);

	tcase_add_checked_fixture(tcase, setup, teardown);
}

int main(void)
{
	Suite *suite = suite_create("system/careless");

	add(suite, "touched", a_touched_user_pointer_is_efault, NR_CALLS,
	    daemon_teardown);
	add(suite, "null", so_are_null_and_what_is_no_address, NR_CALLS,
	    daemon_teardown);
	add(suite, "deep", a_pointer_behind_pointers_is_the_callers_too, 1,
	    daemon_teardown);
	add(suite, "copied", a_bad_pointer_which_was_copied_is_the_callers_too,
	    1, daemon_teardown);
	add(suite, "store", what_was_stored_before_is_there, 1,
	    daemon_teardown);
	add(suite, "log", the_log_tells_of_a_driver_once, 1, daemon_teardown);
	add(suite, "locks", locks_are_taken_from_who_is_given_up, NR_HOLDERS,
	    daemon_teardown);
	add(suite, "waiting", so_do_those_who_wait_for_them, 1,
	    daemon_teardown);
	add(suite, "close", the_file_is_closed_as_any_other, 1,
	    daemon_teardown);
	add(suite, "often", it_may_happen_any_number_of_times, 1,
	    daemon_teardown);
	add(suite, "crash", a_crash_of_its_own_ends_the_daemon_by_name,
	    NR_CRASHES, daemon_bury);

	return suite_run(suite);
}
