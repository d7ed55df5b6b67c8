/* SPDX-License-Identifier: MIT */
/*
 * As every-name.c: functions which ordinary drivers call, beside those that were
 * seen in drivers of the portable groups.
 */
#include <linux/bitfield.h>
#include <linux/bsearch.h>
#include <linux/cleanup.h>
#include <linux/hashtable.h>
#include <linux/idr.h>
#include <linux/interrupt.h>
#include <linux/iopoll.h>
#include <linux/irqstage.h>
#include <linux/kernel.h>
#include <linux/kstrtox.h>
#include <linux/list_sort.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/nospec.h>
#include <linux/panic.h>
#include <linux/prefetch.h>
#include <linux/printk.h>
#include <linux/random.h>
#include <linux/rbtree.h>
#include <linux/rcupdate.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string_helpers.h>
#include <linux/typecheck.h>
#include <linux/units.h>
#include <linux/wait.h>
#include <linux/xarray.h>

/* That they are there. */
#define HAS(name) ((void)&(name))

static DECLARE_RWSEM(rwsem);
static DEFINE_SPINLOCK(lock);
static DECLARE_WAIT_QUEUE_HEAD(queue);
static DEFINE_XARRAY_ALLOC1(xa);

struct __randomize_layout thing {
	struct rb_node node;
	struct hlist_node link;
	u32 numbers[4] __aligned(8);
};

static noinline __cold int __maybe_unused rare(void)
{
	return 0;
}

static __always_inline notrace bool __pure is_even(int n)
{
	return n % 2 == 0;
}

static asmlinkage __used void kept(void)
{
}

static void use_waits(void)
{
	DEFINE_WAIT(wait);
	DECLARE_WAITQUEUE(other, current);

	add_wait_queue_exclusive(&queue, &other);
	remove_wait_queue(&queue, &other);
	prepare_to_wait_exclusive(&queue, &wait, TASK_INTERRUPTIBLE);
	finish_wait(&queue, &wait);
	HAS(prepare_to_wait_event);
	HAS(wait_woken);
	HAS(default_wake_function);
	wake_up_interruptible_nr(&queue, 1);
	wake_up_interruptible_sync_poll(&queue, 1);
}

static void use_guards(void)
{
	guard(rwsem_read)(&rwsem);
	guard(rcu)();

	scoped_guard(raw_spinlock_irqsave, &lock) assert_spin_locked(&lock);
}

static void use_books(void)
{
	unsigned long index;
	void *entry;

	xa_for_each(&xa, index, entry);
	HAS(xa_alloc_cyclic);
	HAS(xa_insert);
	HAS(xa_cmpxchg);
	HAS(xa_store);
	HAS(xa_load);
	HAS(__xa_store);
	HAS(__xa_insert);
	HAS(__xa_erase);
	HAS(__xa_alloc);
	HAS(rb_insert_color);
	HAS(rb_erase);
	HAS(rb_replace_node);
	HAS(rb_first);
	HAS(rb_last);
	HAS(rb_next);
	HAS(rb_prev);
	HAS(rb_first_postorder);
	HAS(rb_next_postorder);
	HAS(list_sort);
	xa_destroy(&xa);
}

static void use_texts(void)
{
	HAS(__kernel_snprintf);
	HAS(__kernel_vsnprintf);
	HAS(vscnprintf);
	HAS(kvasprintf);
	HAS(devm_kvasprintf);
	HAS(hex_dump_to_buffer);
	HAS(print_hex_dump);
	HAS(dump_stack);
	HAS(panic);
	HAS(kstrtoull_from_user);
	HAS(kstrtoll_from_user);
	HAS(kstrtoul_from_user);
	HAS(kstrtol_from_user);
	HAS(kstrtouint_from_user);
	HAS(kstrtoint_from_user);
	HAS(kstrtou16_from_user);
	HAS(kstrtou8_from_user);
	HAS(kstrtobool_from_user);
	HAS(get_random_bytes);
}

#if !IS_ENABLED(CONFIG_EVL) || !IS_ENABLED(CONFIG_DOVETAIL) || \
	!IS_ENABLED(CONFIG_IRQ_PIPELINE) || IS_MODULE(CONFIG_EVL)
#error CONFIG_EVL and its like are to be enabled
#endif

static int __init every_init(void)
{
	unsigned long flags = VM_LOCKED | VM_IO | O_OOB;

	use_waits();
	use_guards();
	use_books();
	use_texts();
	kept();
	local_bh_disable();
	local_bh_enable();
	prefetch(&queue);

	return flags && is_even(2) && running_inband() &&
			       array_index_nospec(1, 2) == 1 &&
			       typecheck(unsigned long, flags)
		       ? 0
		       : -EINVAL;
}
module_init(every_init);

static void __exit every_exit(void)
{
}
module_exit(every_exit);

MODULE_LICENSE("MIT");
