/* SPDX-License-Identifier: MIT */
/* What /dev/unruly does by ioctl(2) and by oob_ioctl(), the argument a number. */
#pragma once

#include <sys/ioctl.h>

/* Each makes the system call it is named after; 0 or -errno. */
#define UNRULY_OPEN	 _IO('u', 1)
#define UNRULY_PRINTF	 _IO('u', 2) /* write to standard output */
#define UNRULY_STDERR	 _IO('u', 3) /* write to standard error */
#define UNRULY_NANOSLEEP _IO('u', 4)
#define UNRULY_MALLOC	 _IO('u', 5) /* a large block: mmap, munmap */
#define UNRULY_BRK	 _IO('u', 6) /* a page more, and back */
#define UNRULY_THREAD	 _IO('u', 7) /* one more, which makes some itself */
#define UNRULY_STALE	 _IO('u', 8) /* write, right after one of the daemon's */
/* Takes a pthread mutex (futex), and gives it back: from the other stage if
 * asked by value 1 to keep it, and 2 to give it back. */
#define UNRULY_PTHREAD _IO('u', 9)
/* Services for in-band code: */
#define UNRULY_KMALLOC	  _IO('u', 20) /* and kfree; -ENOMEM */
#define UNRULY_PAGES	  _IO('u', 21) /* many of them */
#define UNRULY_MUTEX_LOCK _IO('u', 22)
#define UNRULY_DOWN	  _IO('u', 23)
#define UNRULY_COMPLETION _IO('u', 24) /* a time-out of one jiffy */
#define UNRULY_WAIT_EVENT _IO('u', 25) /* the same */
#define UNRULY_MSLEEP	  _IO('u', 26)
/* Keep the worker until UNRULY_STOP, or for a minute: */
#define UNRULY_SPIN	  _IO('u', 40) /* busy */
#define UNRULY_HANG	  _IO('u', 41) /* asleep in the kernel */
#define UNRULY_SPIN_TIMER _IO('u', 42) /* busy, in a timer's function */
#define UNRULY_SPIN_LOCK  _IO('u', 43) /* busy, with a spin lock held */
#define UNRULY_SPIN_FOR	  _IO('u', 44) /* busy, for a timer to do UNRULY_STOP */
#define UNRULY_LOCK	  _IO('u', 45) /* take that spin lock and let go */
#define UNRULY_STOP	  _IO('u', 46) /* once for each of the above */
/* Others: */
#define UNRULY_TIMER _IO('u', 60) /* sched_yield from a timer's function */
#define UNRULY_COPY  _IO('u', 61) /* from the pointer: no breach */
