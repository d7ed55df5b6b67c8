/* SPDX-License-Identifier: MIT */
/*
 * Threads which are cancelled. AddressSanitizer does not see their frames go, and
 * takes what the thread does as it ends for an access to them.
 */
#pragma once

#include <pthread.h>
#include <stdlib.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#else
#define __asan_unpoison_memory_region(addr, size) ((void)(addr))
#endif

#define FRAMES_SIZE 65536 /* of all which may have been left */

struct cancellable {
	void *(*func)(void *arg);
	void *arg;
};

static inline void cancellable_cancelled(void *arg)
{
	char *frame = __builtin_frame_address(0);

	__asan_unpoison_memory_region(frame - FRAMES_SIZE, FRAMES_SIZE);
	free(arg);
}

static inline void *cancellable_main(void *arg)
{
	struct cancellable *thread = arg;
	void *ret;

	pthread_cleanup_push(cancellable_cancelled, thread);
	ret = thread->func(thread->arg);
	pthread_cleanup_pop(1);

	return ret;
}

/* pthread_create(), of one which may be. */
static inline int cancellable_create(pthread_t *r_thread,
				     void *(*func)(void *arg), void *arg)
{
	struct cancellable *thread = malloc(sizeof(*thread));

	if (thread == NULL)
		return -1;
	*thread = (struct cancellable){ func, arg };

	return pthread_create(r_thread, NULL, cancellable_main, thread);
}
