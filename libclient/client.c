/* SPDX-License-Identifier: MIT */
/*
 * Going live, and dying.
 */
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>
#include "bind.h"
#include "channel.h"
#include "client.h"
#include "control.h"
#include "errand.h"
#include "sys.h"

_Atomic(uint32_t) client_state = CLIENT_OFFLINE;
struct socket_hello client_hello;

static pthread_mutex_t connect_lock = PTHREAD_MUTEX_INITIALIZER;
static pid_t client_pid;
static pid_t home_pid; /* whose memory this is */

bool client_is_us(void)
{
	/* Acquire: pairs with go_live(), for the welcome and the pid. */
	return atomic_load_explicit(&client_state, memory_order_acquire) ==
		       CLIENT_LIVE &&
	       getpid() == client_pid;
}

bool client_is_vfork_child(void)
{
	return atomic_load_explicit(&client_state, memory_order_acquire) !=
		       CLIENT_OFFLINE &&
	       getpid() != client_pid;
}

/* On the control thread. */
static void client_died(void)
{
	/* Relaxed: what ends a call is in the channel and the call itself. */
	atomic_store_explicit(&client_state, CLIENT_DEAD, memory_order_relaxed);
	channel_kill_all();
}

static const struct control_host host = {
	.on_death = client_died,
	.on_tick = bind_check,
	.on_errand = errand_do,
};

/* Descriptors opened before we knew the daemon. */
static void bind_what_is_open(void)
{
	struct dirent *entry;
	DIR *dir;

	dir = opendir("/proc/self/fd");
	if (dir == NULL)
		return; /* they will be bound by their first oob call */

	/* NOLINTNEXTLINE(concurrency-mt-unsafe): nobody else has this one. */
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			(void)bind_fd((int)strtol(entry->d_name, NULL, 10));

	closedir(dir);
}

/*
 * The daemon reaches for what our arguments point to. Where a security module
 * (Yama) restricts that to parents, this is our consent: it holds for all of
 * our threads and the daemon's, but not for a forked child of ours.
 */
static void consent(void)
{
	if (client_hello.pid > 0)
		(void)prctl(PR_SET_PTRACER, (unsigned long)client_hello.pid, 0,
			    0, 0);
}

static int go_live(void)
{
	uint32_t state = CLIENT_OFFLINE;
	int fd, ret;

	ret = socket_connect(&client_hello, &fd);
	if (ret)
		return ret;

	ret = control_keep_fd(fd, &fd);
	if (ret)
		goto fail;

	client_pid = getpid();

	ret = control_start(fd, &host);
	if (ret)
		goto fail;

	consent();

	/* Release: pairs with client_is_us(). Unless it died already. */
	atomic_compare_exchange_strong_explicit(
		&client_state, &state, CLIENT_LIVE, memory_order_release,
		memory_order_relaxed);
	bind_what_is_open();

	return 0;
fail:
	control_close_fd(fd);

	return ret;
}

int client_connect(struct socket_hello *r_hello)
{
	int saved = errno, cancel_state, ret = 0;

	if (client_live())
		return 0;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	pthread_mutex_lock(&connect_lock);

	if (client_dead())
		ret = -ENODEV;
	else if (!client_live())
		ret = go_live();
	if (r_hello)
		*r_hello = client_hello;

	pthread_mutex_unlock(&connect_lock);
	pthread_setcancelstate(cancel_state, NULL);
	errno = saved;

	return ret;
}

__attribute__((constructor)) static void note_home(void)
{
	home_pid = getpid();
}

int client_connect_here(void)
{
	return getpid() == home_pid ? client_connect(NULL) : -EAGAIN;
}

const char *client_path(const char *path, char *buf, size_t size)
{
	int len;

	if (strcmp(client_hello.welcome.devdir, "/dev") == 0)
		return path;

	len = snprintf(buf, size, "%s%s", client_hello.welcome.devdir,
		       path + strlen("/dev"));

	return len > 0 && (size_t)len < size ? buf : NULL;
}

bool client_nodes_elsewhere(void)
{
	return client_live() && client_is_us() &&
	       strcmp(client_hello.welcome.devdir, "/dev") != 0;
}

static bool starts_with(const char *path, const char *prefix)
{
	return strncmp(path, prefix, strlen(prefix)) == 0;
}

const char *client_find_missing(const char *path, char *buf)
{
	if (!starts_with(path, "/dev/"))
		return NULL;
	if (starts_with(path, CLIENT_EVL_DIR))
		(void)client_connect(NULL);
	errno = ENOENT;

	return client_nodes_elsewhere()
		       ? client_path(path, buf, CLIENT_PATH_MAX)
		       : NULL;
}

int client_error(int ret)
{
	switch (ret) {
	case -ENOTCONN:	    /* a FUSE mount whose daemon is gone */
	case -ECONNABORTED: /* one whose daemon went meanwhile */
	case -ECONNRESET:
	case -EPIPE:
		return -ENODEV;
	default:
		return ret < 0 && client_dead() ? -ENODEV : ret;
	}
}

void client_reset(void)
{
	static const pthread_mutex_t unlocked = PTHREAD_MUTEX_INITIALIZER;

	/* What it inherited it may use in-band, unconnected as it is. */
	if (client_live())
		consent();
	note_home();
	/* Another thread of the parent may have held it. */
	memcpy(&connect_lock, &unlocked, sizeof(unlocked));
	channel_reset();
	control_reset();
	atomic_store_explicit(&client_state, CLIENT_OFFLINE,
			      memory_order_relaxed);
}
