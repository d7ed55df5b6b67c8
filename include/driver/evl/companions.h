/* SPDX-License-Identifier: MIT */
/*
 * What EVL's headers of threads, stages and waits bring along of EVL's own in the
 * kernel, so that drivers came to use it without asking. They include it at their
 * end; evl/wait.h has evl/work.h along besides. For drivers only.
 *
 * Source: driver-api 5.1, 6
 */
#ifndef _EVL_COMPANIONS_H
#define _EVL_COMPANIONS_H

#ifdef __KERNEL__
#include <evl/assert.h>
#include <evl/clock.h>
#include <evl/crossing.h>
#include <evl/factory.h>
#include <evl/init.h>
#include <evl/list.h>
#include <evl/lock.h>
#include <evl/memory.h>
#include <evl/stat.h>
#include <evl/thread.h>
#include <evl/timeout.h>
#include <evl/timer.h>
#include <evl/wait.h>
#endif

#endif /* _EVL_COMPANIONS_H */
