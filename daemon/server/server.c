/* SPDX-License-Identifier: MIT */
#include "server/server.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "kapi/task.h"
#include "server/bind.h"
#include "server/client.h"
#include "stage/clock.h"
#include "stage/inband.h"
#include "vfs/files.h"

#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static struct server_config config;
static int listen_fd = -1;
static int lock_fd = -1;
static char lock_path[sizeof(((struct sockaddr_un *)0)->sun_path) + 8];
static ev_io listener;
static uint64_t start_ns;

const struct server_config *server_config(void)
{
	return &config;
}

uint64_t server_start_ns(void)
{
	return start_ns;
}

static void on_connect(struct ev_loop *loop, ev_io *w, int revents)
{
	struct client *client;
	int fd, ret;

	fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE)
			log_err("out of descriptors for clients: raise "
				"RLIMIT_NOFILE (ulimit -n)");
		return;
	}

	ret = client_new(fd, &client);
	if (ret) {
		if (ret == -EAGAIN)
			log_warn("%u clients are connected, one more was "
				 "refused: raise --max-clients",
				 config.max_clients);
		fd_close(fd);
	}
}

/* Is what @fd refers to still what @path names? */
static bool same_file(int fd, const char *path)
{
	struct stat ours, theirs;

	return fstat(fd, &ours) == 0 && lstat(path, &theirs) == 0 &&
	       ours.st_ino == theirs.st_ino && ours.st_dev == theirs.st_dev;
}

/*
 * A lock file beside the socket tells whether its owner lives: the kernel
 * drops the lock of a process that was killed. The file is removed at exit, so
 * a lock may be won on one that is no longer there: then again.
 */
int server_lock(const char *socket)
{
	snprintf(lock_path, sizeof(lock_path), "%s.lock", socket);

	for (;;) {
		lock_fd = open(lock_path,
			       O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (lock_fd < 0) {
			int ret = -errno;

			log_err("%s: %s: choose another place with --socket",
				lock_path, strerrordesc_np(errno));
			return ret;
		}

		if (flock(lock_fd, LOCK_EX | LOCK_NB)) {
			log_err("%s: another evl-cused serves this socket: "
				"stop it, or choose another with --socket",
				socket);
			lock_fd = fd_close(lock_fd);
			return -EADDRINUSE;
		}

		if (same_file(lock_fd, lock_path))
			return 0;
		lock_fd = fd_close(lock_fd);
	}
}

void server_unlock(void)
{
	if (lock_fd < 0)
		return;

	unlink(lock_path);
	lock_fd = fd_close(lock_fd);
}

/* Bind with the rights it is to have: nobody can connect before listen(). */
static int bind_socket(const struct sockaddr_un *addr)
{
	unlink(config.socket);
	if (bind(listen_fd, (const struct sockaddr *)addr, sizeof(*addr)))
		return -errno;
	if (chmod(config.socket, config.mode))
		return -errno;
	if (config.gid != (gid_t)-1 &&
	    chown(config.socket, (uid_t)-1, config.gid))
		return -errno;

	return listen(listen_fd, 64) ? -errno : 0;
}

int server_start(const struct server_config *wanted)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int ret;

	config = *wanted;
	start_ns = clock_ns();
	if (strlen(config.socket) >= sizeof(addr.sun_path)) {
		log_err("%s: a socket's path has at most %zu characters",
			config.socket, sizeof(addr.sun_path) - 1);
		return -ENAMETOOLONG;
	}
	strcpy(addr.sun_path, config.socket);

	listen_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC |
					    SOCK_NONBLOCK, 0);
	if (listen_fd < 0)
		return err_origin(-errno);

	ret = bind_socket(&addr);
	if (ret) {
		log_err("%s: %s: choose another place with --socket",
			config.socket, strerrordesc_np(-ret));
		listen_fd = fd_close(listen_fd);
		return ret;
	}

	bind_init();
	task_set_files_finder(files_find);
	ev_io_init(&listener, on_connect, listen_fd, EV_READ);
	ev_io_start(inband_loop(), &listener);

	return 0;
}

void server_hangup(void)
{
	if (listen_fd < 0)
		return;

	ev_io_stop(inband_loop(), &listener);
	unlink(config.socket);
	listen_fd = fd_close(listen_fd);
	client_leave_all();
}

void server_stop(void)
{
	server_hangup();
	while (client_count())
		inband_run_once(true);
	client_table_free();
}
