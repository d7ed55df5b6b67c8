/* SPDX-License-Identifier: MIT */
/*
 * The conversation with the daemon over the control socket. Any thread may
 * call, from a signal handler too; calls overlap. One small thread of the
 * library's own receives, hands each answer to the caller which waits for it,
 * and sees the daemon die.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wire/control.h>

struct control_reply {
	int32_t result;
	int nr_fds;
	int fds[2]; /* owned by whoever called */
	union {
		struct control_channel channel;
		struct control_attach attach;
		struct control_mapping mapping;
		struct control_segment segment;
	} u;
};

/* What its thread calls. None of them may wait for an answer. */
struct control_host {
	void (*on_death)(
		void);	       /* the daemon is gone; before any call is told */
	void (*on_tick)(void); /* once a second */
	void (*on_errand)(uint32_t number, const struct control_errand *errand);
};

/*
 * Take over the connected socket @fd and start the thread.
 *
 * Return: 0, or
 *   -EAGAIN	no thread could be made; @fd is the caller's again
 */
int control_start(int fd, const struct control_host *callbacks);

/* True from the moment the daemon is known to be gone. */
bool control_dead(void);

/*
 * Send a request of @type, await the answer. No cancellation point. A negative
 * result comes without descriptors, a positive one with what it has.
 *
 * Blocks: until the daemon answers, signals or not.
 *
 * Return: the daemon's result, or
 *   -ENODEV	it is gone, or was never there
 */
int control_call(uint32_t type, const void *body, size_t size,
		 struct control_reply *r_reply);

/* True on the thread which receives the answers: it must not wait for one. */
bool control_is_self(void);

/* For that thread: a request whose answer nobody waits for. Lost if the socket
 * is full. */
void control_tell(uint32_t type, const void *body, size_t size);

/* The same where only the result matters. */
int control_ask(uint32_t type, const void *body, size_t size);

/* Close what descriptors came with it. */
void control_reply_deinit(struct control_reply *reply);

/*
 * Move @fd out of the low numbers, which select(2) and old habits want, and
 * out of the application's reach. @fd is closed on success.
 */
int control_keep_fd(int fd, int *r_fd);

/* A duplicate of @fd there. 0 or -errno. */
int control_dup_fd(int fd, int *r_fd);

/* Close a descriptor which came from there, or did not get there. */
void control_close_fd(int fd);

/* In the child after fork(): there is no connection. */
void control_reset(void);
