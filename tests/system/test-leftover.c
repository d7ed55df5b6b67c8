/* SPDX-License-Identifier: MIT */
/* What a killed daemon left is gone once its user has started another one, with
 * whatever options and front; and nothing else is. */
#include "daemon.h"
#include "launch.h"

#include "wire/control.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOBODY	     65534
#define SYSTEM_MOUNT CONTROL_SYSTEM_DIR "/dev"

static void setup(void)
{
	launch_setup();
	if (!daemon_on_cuse())
		launch_private_dev(0666);
}

static void start(struct launch *l)
{
	ck_assert_msg(launch(l), "status %d", l->status);
}

static void end(struct launch *l, int sig)
{
	int status = launch_end(l, sig);

	ck_assert_int_eq(status, sig == SIGKILL ? 128 + SIGKILL : 0);
	launch_close(l);
}

/* Root's daemon, with links in /dev. */
static void start_system(struct launch *l)
{
	*l = (struct launch){ .args = { "--front", "fuse", "--driver",
					getenv("EVL_LOOPBACK") } };
	start(l);
}

static void leave_system(void)
{
	struct launch l;

	start_system(&l);
	end(&l, SIGKILL);
	ck_assert(launch_mounted(SYSTEM_MOUNT));
}

/* Another daemon, which has nothing to do with where the first one was. */
static void start_elsewhere(struct launch *l)
{
	*l = (struct launch){ .args = { "--front", "fuse", "--socket",
					launch_path("control"), "--mount",
					launch_path("dev") } };
	start(l);
}

static bool is_link(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
}

START_TEST(a_start_elsewhere_removes_mount_and_links)
{
	struct launch l;
	char before[1024];

	strcpy(before, launch_list("/dev"));
	leave_system();
	ck_assert(is_link("/dev/evl") && is_link("/dev/loopback"));
	start_elsewhere(&l);
	ck_assert_str_eq(launch_list("/dev"), before);
	ck_assert(!launch_mounted(SYSTEM_MOUNT));
	end(&l, SIGTERM);
	ck_assert_str_eq(launch_list("/dev"), before);
}
END_TEST

START_TEST(links_go_where_somebody_unmounted_by_hand)
{
	struct launch l;

	leave_system();
	ck_assert_int_eq(umount(SYSTEM_MOUNT), 0);
	start_elsewhere(&l);
	ck_assert(!is_link("/dev/evl") && !is_link("/dev/loopback"));
	end(&l, SIGTERM);
}
END_TEST

/* Its name has what is written otherwise in the table of mounts. */
START_TEST(a_start_at_the_usual_place_removes_what_is_elsewhere)
{
	const char *odd = launch_path("an odd\\040 place");
	const struct launch at_odd = { .args = { "--front", "fuse", "--socket",
						 launch_path("control"),
						 "--mount", odd } };
	struct launch l;

	for (int i = 0; i < 3; i++) {
		l = at_odd;
		start(&l);
		end(&l, SIGKILL);
		start_system(&l);
		ck_assert_int_eq(rmdir(odd), 0);
		end(&l, SIGTERM);
	}
	unlink(launch_path("control"));
	unlink(launch_path("control.lock"));
}
END_TEST

START_TEST(who_lives_keeps_mount_and_links)
{
	struct launch living, stopped, l;

	start_system(&living);
	stopped = (struct launch){ .args = { "--front", "fuse", "--socket",
					     launch_path("stopped"), "--mount",
					     launch_path("stopped-dev") } };
	start(&stopped);
	kill(stopped.pid, SIGSTOP);
	ck_assert_int_eq(symlink(SYSTEM_MOUNT "er/x", "/dev/stranger"), 0);
	for (int i = 0; i < 2; i++) {
		start_elsewhere(&l);
		ck_assert(launch_mounted(launch_path("stopped-dev")));
		ck_assert_int_eq(access("/dev/evl/xbuf/clone", F_OK), 0);
		ck_assert_int_eq(access("/dev/loopback", F_OK), 0);
		ck_assert(is_link("/dev/stranger"));
		end(&l, SIGTERM);
	}
	kill(stopped.pid, SIGCONT);
	end(&stopped, SIGTERM);
	end(&living, SIGTERM);
}
END_TEST

/* A FUSE mount, not of evl-cused, whose server is gone. */
static void mount_dead_stranger(const char *path)
{
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	char options[128];

	snprintf(options, sizeof(options),
		 "fd=%d,rootmode=40000,user_id=0,group_id=0", fd);
	ck_assert_int_eq(mount("stranger", path, "fuse.stranger", 0, options),
			 0);
	close(fd);
}

START_TEST(what_is_mounted_over_it_stays)
{
	struct launch l;

	leave_system();
	mount_dead_stranger(SYSTEM_MOUNT);
	start_elsewhere(&l);
	end(&l, SIGTERM);
	ck_assert_int_eq(umount2(SYSTEM_MOUNT, MNT_DETACH), 0);
	ck_assert(launch_mounted(SYSTEM_MOUNT));

	/* Once it is gone the dead one is found. */
	start_elsewhere(&l);
	ck_assert(!launch_mounted(SYSTEM_MOUNT));
	end(&l, SIGTERM);
}
END_TEST

START_TEST(each_user_cleans_up_after_itself)
{
	struct launch users = { .become = launch_become_nobody }, roots;
	const char *dir = launch_path("users"), *dev = launch_path("users/dev");
	const char *const at_dir[] = { "--front",  "fuse",
				       "--mount",  dev,
				       "--socket", launch_path("users/one") };
	const char *const elsewhere[] = {
		"--front",  "fuse",
		"--mount",  launch_path("users/other"),
		"--socket", launch_path("users/two")
	};

	ck_assert_int_eq(mkdir(dir, 0700), 0);
	ck_assert_int_eq(chown(dir, NOBODY, NOBODY), 0);
	leave_system();
	memcpy(users.args, at_dir, sizeof(at_dir));
	start(&users);
	ck_assert(!launch_said(&users, SYSTEM_MOUNT, NULL));
	end(&users, SIGKILL);
	ck_assert(launch_mounted(SYSTEM_MOUNT));

	start_elsewhere(&roots);
	ck_assert(!launch_mounted(SYSTEM_MOUNT));
	end(&roots, SIGTERM);
	ck_assert(launch_mounted(dev));

	memcpy(users.args, elsewhere, sizeof(elsewhere));
	start(&users);
	ck_assert(!launch_mounted(dev));
	end(&users, SIGTERM);
	ck_assert_int_eq(rmdir(dev), 0);
	unlink(launch_path("users/one"));
	unlink(launch_path("users/one.lock"));
	ck_assert_int_eq(rmdir(dir), 0);
}
END_TEST

/* In the virtual machine, whose /dev is nobody else's. */
START_TEST(cuse_starts_after_a_killed_fuse_and_the_reverse)
{
	struct launch cuse = { .args = { "--front", "cuse", "--driver",
					 getenv("EVL_LOOPBACK") } };
	char before[16384];
	struct stat st;

	strcpy(before, launch_list("/dev"));
	for (int i = 0; i < 3; i++) {
		leave_system();
		start(&cuse);
		ck_assert(!launch_mounted(SYSTEM_MOUNT));
		ck_assert_int_eq(lstat("/dev/evl/thread/clone", &st), 0);
		ck_assert(S_ISCHR(st.st_mode));
		ck_assert_int_eq(lstat("/dev/loopback", &st), 0);
		ck_assert(S_ISCHR(st.st_mode));
		end(&cuse, i == 2 ? SIGTERM : SIGKILL);
	}
	ck_assert_str_eq(launch_list("/dev"), before);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("system/leftover");
	TCase *tcase = tcase_create("leftover");

	if (geteuid()) {
		puts("skipped: only root has links in /dev");
		return 77;
	}

	tcase_add_checked_fixture(tcase, setup, launch_teardown);
	tcase_set_timeout(tcase, 30);
	if (daemon_on_cuse()) {
		tcase_add_test(tcase,
			       cuse_starts_after_a_killed_fuse_and_the_reverse);
	} else {
		tcase_add_test(tcase,
			       a_start_elsewhere_removes_mount_and_links);
		tcase_add_test(tcase,
			       links_go_where_somebody_unmounted_by_hand);
		tcase_add_test(
			tcase,
			a_start_at_the_usual_place_removes_what_is_elsewhere);
		tcase_add_test(tcase, who_lives_keeps_mount_and_links);
		tcase_add_test(tcase, what_is_mounted_over_it_stays);
		tcase_add_test(tcase, each_user_cleans_up_after_itself);
	}
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}
