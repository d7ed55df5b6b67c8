/* SPDX-License-Identifier: MIT */
/*
 * evl_init(): connected, memory locked, or one line which says why not. Those
 * lines are all the library ever prints.
 */
#include <errno.h>
#include <evl/evl.h>
#include <linux/capability.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "client.h"
#include "export.h"
#include "init.h"

#ifndef EVL_CLIENT_VERSION
#define EVL_CLIENT_VERSION "0"
#endif

static pthread_mutex_t init_lock = PTHREAD_MUTEX_INITIALIZER;
static bool init_done;
static int init_status;

static bool may_lock_memory(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct data[2] = { { 0 } };
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit) == 0 &&
	    limit.rlim_cur == RLIM_INFINITY)
		return true;

	return syscall(SYS_capget, &header, data) == 0 &&
	       data[CAP_TO_INDEX(CAP_IPC_LOCK)].effective &
		       CAP_TO_MASK(CAP_IPC_LOCK);
}

static int lock_memory(void)
{
	int ret;

	if (!may_lock_memory() || mlockall(MCL_CURRENT | MCL_FUTURE) == 0)
		return 0;

	ret = -errno;
	(void)dprintf(
		STDERR_FILENO,
		"evl: memory cannot be locked: %m: have more of it, or no "
		"right to lock it\n");

	return ret;
}

/* Is @ret what the daemon said, and not of our own making? */
static bool was_refused(const struct socket_hello *hello, int ret)
{
	return hello->welcome.magic == CONTROL_MAGIC &&
	       hello->welcome.error == ret;
}

/* What is wrong with the evl-cused at the socket's path, and the remedy; NULL:
 * errno says all. */
static const char *what_is_wrong(const struct socket_hello *hello, int ret)
{
	switch (ret) {
	case -EACCES:
		return "not for this user: be root, or of the group which it "
		       "was given by --group";
	case -EAGAIN:
		return was_refused(hello, ret)
			       ? "it serves as many clients as it may: end one, "
				 "or start it with more --max-clients"
			       : "no thread can be made to listen to it: raise "
				 "RLIMIT_NPROC (ulimit -u)";
	case -EDQUOT:
		return "this process, or its user, has its share of clients: "
		       "end one of those, or start it with more --max-clients";
	case -EMFILE:
		return "no descriptor is left in this process: raise "
		       "RLIMIT_NOFILE (ulimit -n)";
	case -ENAMETOOLONG:
		return CONTROL_SOCKET_ENV " is too long for a socket's name";
	case -ENODEV:
		return "it has gone: start this program again";
	case -EPERM:
		return "it is another user's: set " CONTROL_SOCKET_ENV;
	case -EPROTO:
		return "what listens there is something else: name the right "
		       "socket in " CONTROL_SOCKET_ENV;
	case -ETIMEDOUT:
		return "it does not answer: it is stopped, or has no "
		       "descriptor left (ulimit -n), as its log says then";
	default:
		return NULL;
	}
}

/* One line. */
static void complain(const struct socket_hello *hello, int ret)
{
	const char *text = what_is_wrong(hello, ret);

	errno = -ret;
	if (ret == -ENOSYS)
		(void)dprintf(
			STDERR_FILENO,
			"evl: core not enabled: no evl-cused at %s: start "
			"one, or name its socket in " CONTROL_SOCKET_ENV "\n",
			hello->path);
	else if (ret == -ENOEXEC)
		(void)dprintf(STDERR_FILENO,
			      "evl: ABI mismatch: this library speaks %u, "
			      "evl-cused at %s speaks %u: use the library of "
			      "its version\n",
			      CONTROL_ABI, hello->path, hello->welcome.abi);
	else if (text)
		(void)dprintf(STDERR_FILENO, "evl: evl-cused at %s: %s\n",
			      hello->path, text);
	else
		(void)dprintf(STDERR_FILENO, "evl: evl-cused at %s: %m\n",
			      hello->path);
}

static int init_once(void)
{
	struct socket_hello hello = { .path = "" };
	int ret;

	ret = client_connect(&hello);
	if (ret) {
		complain(&hello, ret);
		return ret;
	}

	return lock_memory();
}

EXPORT int evl_init(void)
{
	int saved = errno, cancel_state, ret;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	pthread_mutex_lock(&init_lock);

	if (!init_done) {
		init_status = init_once();
		init_done = true;
	}
	ret = init_status;

	pthread_mutex_unlock(&init_lock);
	pthread_setcancelstate(cancel_state, NULL);
	errno = saved;

	return ret;
}

EXPORT struct evl_version evl_get_version(void)
{
	return (struct evl_version){
		.api_level = __EVL__,
		.abi_level = EVL_ABI_PREREQ,
		.version_string = "evl-cused " EVL_CLIENT_VERSION,
	};
}

void init_reset(void)
{
	static const pthread_mutex_t unlocked = PTHREAD_MUTEX_INITIALIZER;

	memcpy(&init_lock, &unlocked, sizeof(unlocked));
	init_done = false;
}
