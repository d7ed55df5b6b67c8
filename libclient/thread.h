/* SPDX-License-Identifier: MIT */
/*
 * The calling thread as the core knows it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <wire/control.h>
#include "slot.h"

/* Owned by the thread itself, from attach to detach. */
struct thread {
	struct slot slot;
	int efd; /* its element; the application may close it any time */
	uint64_t file_id;	   /* of @efd, to know it again */
	struct control_slot where; /* as the daemon says */
	bool realtime;		   /* at attach: counts as out-of-band */
};

/* NULL if not attached. Global-dynamic, so that the library can be loaded by
 * dlopen(). */
extern __thread struct thread *thread_self
	__attribute__((tls_model("global-dynamic")));

/* In the child after fork(): not attached. */
void thread_reset(void);
