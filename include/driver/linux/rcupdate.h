/* SPDX-License-Identifier: MIT */
/*
 * Read-copy-update. Drivers run on stages, each of which does one thing at a
 * time: a section that does not sleep has ended once its stage has come back to
 * its scheduler. So readers do nothing at all, and who waits for them has every
 * worker pass there once.
 *
 * Source: driver-api names none of it; as in Linux 6.6
 */
#ifndef _LINUX_RCUPDATE_H
#define _LINUX_RCUPDATE_H

#include <linux/compiler.h>
#include <linux/container_of.h>
#include <linux/slab.h>
#include <linux/types.h>

struct callback_head {
	struct callback_head *next; /* the core's own, as what follows */
	void (*func)(struct callback_head *head);
};
#define rcu_head callback_head

/* Around a section which must not sleep. Any stage. */
#define rcu_read_lock()	     barrier()
#define rcu_read_unlock()    barrier()
#define rcu_read_lock_bh()   barrier()
#define rcu_read_unlock_bh() barrier()

/* Acquire and release: what is behind the pointer, from who published it. */
#define rcu_dereference(p)		__atomic_load_n(&(p), __ATOMIC_ACQUIRE)
#define rcu_dereference_check(p, c)	rcu_dereference(p)
#define rcu_dereference_bh(p)		rcu_dereference(p)
#define rcu_dereference_raw(p)		rcu_dereference(p)
#define rcu_dereference_protected(p, c) (p)
#define rcu_access_pointer(p)		READ_ONCE(p)
#define rcu_assign_pointer(p, v)	__atomic_store_n(&(p), v, __ATOMIC_RELEASE)
#define RCU_INIT_POINTER(p, v)		WRITE_ONCE(p, v)
#define rcu_replace_pointer(p, v, c) \
	__atomic_exchange_n(&(p), v, __ATOMIC_ACQ_REL)

/**
 * synchronize_rcu() - wait for all sections that have begun
 *
 * Stage:  in-band, from a fiber.
 * Blocks: until they have ended; as long as a handler keeps a worker busy.
 */
void synchronize_rcu(void);
#define synchronize_net()	    synchronize_rcu()
#define synchronize_rcu_expedited() synchronize_rcu()

/**
 * call_rcu() - have a function called once all sections that have begun have
 *		ended
 * @head:	embedded in what it is about
 * @func:	runs in-band, on no fiber: it must not sleep
 *
 * Stage:  any.
 * Blocks: no.
 */
void call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head));

/* Until all functions have been called which call_rcu() was asked for. In-band,
 * from a fiber. */
void rcu_barrier(void);

/* kfree() @ptr, whose member @field is a struct rcu_head, later. */
#define kfree_rcu(ptr, field) \
	__kfree_rcu(&(ptr)->field, offsetof(__typeof__(*(ptr)), field))

void __kfree_rcu(struct rcu_head *head, size_t offset);

/* For linux/cleanup.h. */
DEFINE_LOCK_GUARD_0(rcu, rcu_read_lock(), rcu_read_unlock())

#endif /* _LINUX_RCUPDATE_H */
