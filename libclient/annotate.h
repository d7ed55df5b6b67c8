/* SPDX-License-Identifier: MIT */
/*
 * For ThreadSanitizer: what orders two threads where it does not see it, as the
 * daemon does, or fork(). Nothing in other builds.
 */
#pragma once

#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
#define note_given(p) __tsan_release(p)
#define note_taken(p) __tsan_acquire(p)
#else
#define note_given(p) ((void)(p))
#define note_taken(p) ((void)(p))
#endif
