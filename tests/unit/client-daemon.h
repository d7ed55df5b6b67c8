/* SPDX-License-Identifier: MIT */
/*
 * A daemon of the test's own, on a thread of this process: it listens on a
 * control socket, says welcome, and then keeps to a script.
 */
#pragma once

#include <wire/control.h>

#include <stddef.h>

#define BATCH 40

/* What the daemon does, once it has said welcome. */
enum script {
	ECHO,	  /* answers SYNC with the file id */
	REVERSE,  /* answers BATCH of them at once, the last one first */
	HANG_UP,  /* takes BATCH of them and goes */
	CHANNELS, /* makes channels */
	NO_FDS,	  /* forgets to send them along */
	NOISE,	  /* says things nobody asked for, then echoes */
	ERRANDS,  /* listens to what comes of errands */
};

/* Told by client_daemon_setup(), the test may change what it says first. */
struct client_daemon {
	struct control_welcome welcome;
	size_t welcome_size;
	enum script script;
	char dir[64], path[108];
	int listen_fd, fd;
	struct control_errand_done done; /* once ->nr_done is higher */
	_Atomic(unsigned int) nr_done;
};

extern struct client_daemon client_daemon;

/* Checked fixture: it listens, and libevlclient will look there. */
void client_daemon_setup(void);
void client_daemon_teardown(void);
/* From now on it accepts one client. */
void client_daemon_start(enum script script);
/* Have the client do that, and tell. */
struct control_errand_done
client_daemon_errand(const struct control_errand *errand);
