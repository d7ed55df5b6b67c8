/* SPDX-License-Identifier: MIT */
#include "stage/pi-mutex.h"

#include "stage/own-call.h"

#include <assert.h>
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

__thread uint32_t pi_mutex_tid;
__thread unsigned int pi_mutex_depth;

/* The surviving thread of a fork has another tid than the one it cached. */
static void forget_tid(void)
{
	pi_mutex_tid = 0;
}

__attribute__((constructor)) static void watch_forks(void)
{
	pthread_atfork(NULL, NULL, forget_tid);
}

uint32_t pi_mutex_learn_tid(void)
{
	pi_mutex_tid = (uint32_t)syscall(SYS_gettid);

	return pi_mutex_tid;
}

static long futex_pi(struct pi_mutex *mutex, int op)
{
	return own_futex(&mutex->word, op | FUTEX_PRIVATE_FLAG, 0);
}

void pi_mutex_lock_slow(struct pi_mutex *mutex)
{
	long ret;

	do
		ret = futex_pi(mutex, FUTEX_LOCK_PI);
	while (ret < 0 && (errno == EINTR || errno == EAGAIN));

	/* EDEADLK: locked twice by one thread, or held across a sleep. */
	assert(ret == 0);

	/* The kernel took it for us; tell TSan and the compiler. */
	atomic_load_explicit(&mutex->word, memory_order_acquire);
	pi_mutex_depth++;
}

void pi_mutex_unlock_slow(struct pi_mutex *mutex)
{
	/* Release for TSan's sake: the kernel passes the word on. */
	atomic_fetch_or_explicit(&mutex->word, FUTEX_WAITERS,
				 memory_order_release);

	/* EPERM: unlocked by another thread than its owner. */
	if (futex_pi(mutex, FUTEX_UNLOCK_PI) < 0)
		assert(errno == EINTR);
}
