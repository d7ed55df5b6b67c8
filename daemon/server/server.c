/* SPDX-License-Identifier: MIT */
#include "server/server.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "core/file.h"
#include "kapi/task.h"
#include "server/bereave.h"
#include "server/bind.h"
#include "server/client.h"
#include "server/errand.h"
#include "server/reach.h"
#include "server/spare.h"
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
#define PAUSE_S 0.1 /* when there is no descriptor for one more client */

static int listen_fd = -1;
static int lock_fd = -1;
static char lock_path[sizeof(((struct sockaddr_un *)0)->sun_path) + 8];
static ev_io listener;
static ev_timer pause_timer;
static bool short_of_fds, full; /* said so in the log */
static uint64_t start_ns;

const struct server_config *server_config(void)
{
	return &config;
}

uint64_t server_start_ns(void)
{
	return start_ns;
}

static void end_pause(struct ev_loop *loop, ev_timer *w, int revents)
{
	ev_io_start(loop, &listener);
}

/* Whoever knocks stays in the queue, where the loop would find them again at
 * once, and again. */
static void pause_listening(struct ev_loop *loop)
{
	if (!short_of_fds)
		log_err("out of descriptors for clients: raise RLIMIT_NOFILE "
			"(ulimit -n)");
	short_of_fds = true;
	ev_io_stop(loop, &listener);
	ev_timer_init(&pause_timer, end_pause, PAUSE_S, 0.);
	ev_timer_start(loop, &pause_timer);
}

/* Say why, then hang up: with nothing left unread, or the kernel would tell
 * the peer of a reset instead. */
static void refuse(int fd, int ret)
{
	const struct control_welcome welcome = {
		.magic = CONTROL_MAGIC,
		.abi = CONTROL_ABI,
		.error = ret,
	};
	char buf[sizeof(struct control_hello)];

	if (ret == -EAGAIN && !full)
		log_warn("%u clients are connected, one more was refused: "
			 "raise --max-clients",
			 config.max_clients);
	full |= ret == -EAGAIN;

	shutdown(fd, SHUT_RD);
	while (recv(fd, buf, sizeof(buf), MSG_DONTWAIT) > 0)
		;
	send(fd, &welcome, sizeof(welcome), MSG_DONTWAIT | MSG_NOSIGNAL);
	fd_close(fd);
}

static void on_connect(struct ev_loop *loop, ev_io *w, int revents)
{
	struct client *client;
	int fd, ret;

	fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE)
			pause_listening(loop);
		return;
	}

	ret = client_new(fd, &client);
	if (ret) {
		if (ret == -EMFILE || ret == -ENFILE)
			pause_listening(loop);
		refuse(fd, ret);
		return;
	}

	full = false;
	short_of_fds = false;
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
static int take_lock(const char *path)
{
	snprintf(lock_path, sizeof(lock_path), "%s.lock", path);

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
				path);
			lock_fd = fd_close(lock_fd);
			return -EADDRINUSE;
		}

		if (same_file(lock_fd, lock_path))
			return 0;
		lock_fd = fd_close(lock_fd);
	}
}

/* Is nothing at @addr, or a socket whose owner is dead? */
static int check_place(const struct sockaddr_un *addr)
{
	_cleanup_fd_ int fd = -1;
	struct stat st;

	if (lstat(addr->sun_path, &st))
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;

	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_origin(-errno);
	if (connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) &&
	    errno == ECONNREFUSED)
		return 0;

	return -EADDRINUSE;
}

int server_lock(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int ret;

	if (strlen(path) >= sizeof(addr.sun_path)) {
		log_err("%s: a socket's path has at most %zu characters: "
			"choose another with --socket",
			path, sizeof(addr.sun_path) - 1);
		return -ENAMETOOLONG;
	}

	ret = take_lock(path);
	if (ret)
		return ret;

	memcpy(addr.sun_path, path, strlen(path) + 1);
	ret = check_place(&addr);
	if (ret) {
		log_err("%s: %s: remove what is there, or choose another place "
			"with --socket",
			path, strerrordesc_np(-ret));
		server_unlock();
	}

	return ret;
}

void server_unlock(void)
{
	if (lock_fd < 0)
		return;

	unlink(lock_path);
	lock_fd = fd_close(lock_fd);
}

/* Bind with the rights it is to have: nobody can connect before listen(). */
static int bind_socket(const struct sockaddr_un *addr, const char **r_remedy)
{
	int ret;

	unlink(config.socket); /* a dead one, see server_lock() */
	if (bind(listen_fd, (const struct sockaddr *)addr, sizeof(*addr)))
		return -errno;
	if (config.gid != (gid_t)-1 &&
	    chown(config.socket, (uid_t)-1, config.gid)) {
		*r_remedy = "choose a --group which we are in";
		goto fail;
	}
	if (chmod(config.socket, config.mode) == 0 &&
	    listen(listen_fd, 64) == 0)
		return 0;
fail:
	ret = -errno;
	unlink(config.socket);

	return ret;
}

int server_start(const struct server_config *wanted)
{
	const char *remedy = "choose another place with --socket";
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int ret;

	config = *wanted;
	start_ns = clock_ns();
	/* It fits, see server_lock(). */
	memcpy(addr.sun_path, config.socket, strlen(config.socket) + 1);

	listen_fd = socket(AF_UNIX,
			   SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	ret = listen_fd < 0 ? err_origin(-errno) : bind_socket(&addr, &remedy);
	if (ret) {
		log_err("%s: %s: %s", config.socket, strerrordesc_np(-ret),
			remedy);
		listen_fd = fd_close(listen_fd);
		return ret;
	}

	bind_init();
	reach_start();
	bereave_init();
	ret = spare_init();
	if (ret) {
		log_err("evl/spare: %s: no other driver may have that node",
			strerrordesc_np(-ret));
		server_hangup();
		return ret;
	}
	task_set_files_finder(files_find);
	oob_file_set_asker(errand_bind);
	ev_io_init(&listener, on_connect, listen_fd, EV_READ);
	ev_io_start(inband_loop(), &listener);

	return 0;
}

void server_hangup(void)
{
	if (listen_fd < 0)
		return;

	ev_io_stop(inband_loop(), &listener);
	ev_timer_stop(inband_loop(), &pause_timer);
	unlink(config.socket);
	listen_fd = fd_close(listen_fd);
	client_leave_all();
	reach_stop();
}

static bool no_client(void)
{
	return client_count() == 0;
}

bool server_stop(uint64_t deadline)
{
	server_hangup();
	if (!inband_run_until(no_client, deadline))
		return false;

	spare_exit();
	client_table_free();

	return true;
}
