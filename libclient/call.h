/* SPDX-License-Identifier: MIT */
/*
 * Calls under way: who waits for which answer of the daemon's. A call belongs
 * to the thread which made it, but for the moment in which the control thread
 * answers it. Signal handlers make some, too: no lock, no allocation.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <wire/control.h>

struct call;
struct control_reply;

/* A number no answer which is still awaited has. */
uint32_t call_next_seq(void);

/*
 * A new one of @type, whose answer goes to *@reply.
 *
 * Blocks: while as many calls as there can be are under way.
 */
struct call *call_begin(uint32_t type, struct control_reply *reply);
uint32_t call_seq(const struct call *call);

/* About to be sent: an answer is awaited from now on. */
void call_expect(struct call *call);
/* It was not sent. False: it has been answered nevertheless. */
bool call_withdraw(struct call *call);
/* Blocks: until it is answered. */
void call_wait(struct call *call);
void call_end(struct call *call);

/* For the control thread: the call @header answers, or NULL. */
struct call *call_find(const struct control_header *header);
/* Hand out @reply. */
void call_answer(struct call *call, const struct control_reply *reply);
/* To every call which waits: the daemon is gone. */
void call_fail_all(void);

/* In the child after fork(): there are none. */
void call_reset(void);
