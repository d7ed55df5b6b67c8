/* SPDX-License-Identifier: MIT */
/*
 * Every function and macro which drivers of the portable groups were seen to
 * use (driver-api 5.2, 5.5, rings 1 to 3), and what this kit has beside them:
 * named here, so that a missing one fails to compile, and one which the daemon
 * does not export fails to load. Hardware is elsewhere.
 */
#include <asm/byteorder.h>
#include <asm/current.h>
#include <asm/unaligned.h>
#include <evl/cache.h>
#include <evl/control.h>
#include <evl/device.h>
#include <evl/init.h>
#include <evl/irq.h>
#include <evl/list.h>
#include <evl/map.h>
#include <evl/memory.h>
#include <evl/poll_head.h>
#include <evl/stat.h>
#include <evl/tick.h>
#include <evl/uaccess.h>
#include <evl/uio.h>
#include <evl/work.h>
#include <linux/anon_inodes.h>
#include <linux/atomic.h>
#include <linux/bitfield.h>
#include <linux/bitmap.h>
#include <linux/build_bug.h>
#include <linux/cache.h>
#include <linux/capability.h>
#include <linux/cdev.h>
#include <linux/circ_buf.h>
#include <linux/compat.h>
#include <linux/completion.h>
#include <linux/ctype.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/gcd.h>
#include <linux/hrtimer.h>
#include <linux/idr.h>
#include <linux/init.h>
#include <linux/interrupt.h>
#include <linux/ioctl.h>
#include <linux/irq.h>
#include <linux/irq_pipeline.h>
#include <linux/irq_work.h>
#include <linux/kdev_t.h>
#include <linux/kernel.h>
#include <linux/kernel_read_file.h>
#include <linux/kfifo.h>
#include <linux/kref.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/lockdep.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/poll.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/rculist.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/rwlock.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/semaphore.h>
#include <linux/seqlock.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/sort.h>
#include <linux/spinlock.h>
#include <linux/sysfs.h>
#include <linux/timekeeping.h>
#include <linux/timer.h>
#include <linux/types.h>
#include <linux/uaccess.h>
#include <linux/uio.h>
#include <linux/version.h>
#include <linux/vmalloc.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <slab.h>
#include <trace/events/evl.h>
#include <uapi/evl/control-abi.h>
#include <uapi/evl/factory-abi.h>
#include <uapi/evl/fcntl-abi.h>
#include <uapi/evl/poll-abi.h>
#include <uapi/evl/thread-abi.h>
#include <uapi/evl/types-abi.h>
#include <uapi/evl/xbuf-abi.h>
#include <uapi/linux/errno.h>
#include <uapi/linux/ioctl.h>
#include <uapi/linux/types.h>

/* Functions, or macros that are used like one: that they are there. */
#define HAS(name) ((void)&(name))

struct thing {
	int prio;
	struct list_head link;
	struct work_struct work;
	struct delayed_work dwork;
	struct irq_work irq_work;
	struct kref kref;
	struct rcu_head rcu;
	struct evl_work evl_work;
	DECLARE_KFIFO(fifo, int, 4);
	DECLARE_KFIFO_PTR(fifo_ptr, u64);
	u32 numbers[];
};

static int number = 1;
module_param(number, int, 0444);
MODULE_PARM_DESC(number, "a number");
static DEFINE_RATELIMIT_STATE(ratelimit, 5 * HZ, 10);
static LLIST_HEAD(llist);
static struct {
	int number ____cacheline_aligned;
} ____cacheline_aligned_in_smp aligned;
static int many[4], nr_many; /* not unsigned: kernels take both */
module_param_array(many, int, &nr_many, 0444);
static DEFINE_MUTEX(mutex);
static LIST_HEAD(things);
static DECLARE_BITMAP(map, 70);
static DECLARE_WAIT_QUEUE_HEAD(queue);
static DEFINE_SPINLOCK(lock);
static DEFINE_HARD_SPINLOCK(hard_lock);
static DEFINE_SEMAPHORE(sem, 1);
static DECLARE_COMPLETION(done);
static DEFINE_PER_CPU(long, per_cpu_number);
static DEFINE_IDA(ida);
static DEFINE_IDR(idr);
static DECLARE_RWSEM(rwsem);
static DEFINE_RWLOCK(rwlock);
static DEFINE_SEQLOCK(seqlock);
static DEFINE_KFIFO(kfifo, char, 8);

static void work_func(struct work_struct *work)
{
	(void)to_delayed_work(work);
}
static DECLARE_WORK(static_work, work_func);
static DECLARE_DELAYED_WORK(static_dwork, work_func);

static void timer_func(struct timer_list *timer)
{
}
static DEFINE_TIMER(static_timer, timer_func);

static void irq_work_func(struct irq_work *work)
{
}

static void evl_work_func(struct evl_work *work)
{
}

static int evl_sync_func(struct evl_sync_work *work)
{
	return 0;
}

static int compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static void release_thing(struct kref *kref)
{
	kfree(container_of(kref, struct thing, kref));
}

/* In the style of kernels before 6.4, and after it. */
static ssize_t old_show(struct class *class, struct class_attribute *attr,
			char *buf)
{
	return sprintf(buf, "%d\n", number);
}
static CLASS_ATTR_RO(old);

static ssize_t fresh_show(const struct class *class,
			  const struct class_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", number);
}

static ssize_t fresh_store(const struct class *class,
			   const struct class_attribute *attr, const char *buf,
			   size_t count)
{
	return kstrtoint(buf, 0, &number) ? -EINVAL : (ssize_t)count;
}
static CLASS_ATTR_RW(fresh);

static struct attribute *every_attrs[] = {
	&class_attr_old.attr,
	&class_attr_fresh.attr,
	NULL,
};
ATTRIBUTE_GROUPS(every);

static ssize_t level_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	return sysfs_emit_at(buf, 0, "%d\n", number);
}
static DEVICE_ATTR_RO(level);

static struct class every_class = {
	.name = "every",
	.class_groups = every_groups,
};

static __poll_t every_poll(struct file *filp, poll_table *wait)
{
	poll_wait(filp, &queue, wait);

	return POLLIN;
}

static long every_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	int value, dir = _IOC_DIR(cmd) + _IOC_NR(cmd) + _IOC_TYPE(cmd);
	void __user *u_arg = (void __user *)arg;
	struct __evl_timespec __user *u_ts = u_arg;
	enum evl_tmode mode;
	ktime_t timeout;
	void *copy;

	if (get_user(value, (int __user *)u_arg) ||
	    raw_get_user(value, (int __user *)u_arg) ||
	    copy_from_user(&value, u_arg, sizeof(value)) ||
	    copy_to_user(u_arg, &value, _IOC_SIZE(cmd)) ||
	    raw_copy_from_user(&value, u_arg, sizeof(value)) ||
	    raw_copy_to_user(u_arg, &value, sizeof(value)) ||
	    raw_copy_from_user_ptr64(&value, evl_ptrval64(u_arg), 4) ||
	    raw_copy_to_user_ptr64(evl_ptrval64(u_arg), &value, 4) ||
	    put_user(value, evl_valptr64(arg, int)) ||
	    raw_put_user(value, (int __user *)u_arg) ||
	    evl_fetch_utimespec(u_ts, &timeout, &mode))
		return -EFAULT;
	copy = memdup_user(u_arg, sizeof(value));
	if (IS_ERR(copy))
		return PTR_ERR(copy);
	kfree(copy);
	if (compat_need_64bit_alignment_fixup())
		return -ENOTTY;
	if (cmd == _IO('x', 1) || cmd == _IOR('x', 2, int) ||
	    cmd == _IOW('x', 3, int) || cmd == _IOWR('x', 4, int))
		return dir;

	return -ENOIOCTLCMD;
}

static const struct file_operations every_fops = {
	.owner = THIS_MODULE,
	.open = nonseekable_open,
	.llseek = no_llseek,
	.poll = every_poll,
	.unlocked_ioctl = every_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.compat_oob_ioctl = compat_ptr_oob_ioctl,
};

/* What is to be found in a program only if it is called. */
int every_use(struct thing *thing, struct inode *inode, struct file *filp,
	      struct class *class, struct device *dev)
{
	struct cdev cdev;
	unsigned long flags;
	unsigned int cpu;
	atomic_t count = ATOMIC_INIT(0);
	struct thing *pos, *tmp;
	void __percpu *own;
	u64 element = 0;
	dev_t devt;
	ktime_t now;
	int values[3] = { 3, 1, 2 }, fd;

	BUILD_BUG_ON(sizeof(u32) != 4);
	static_assert(BIT(3) == 8 && BIT_ULL(40) > 1, "bits");
	cdev_init(&cdev, &every_fops);
	if (alloc_chrdev_region(&devt, 0, 1, "every") ||
	    cdev_add(&cdev, devt, 1))
		return -ENOMEM;
	if (cdev_device_add(&cdev, dev))
		return -EINVAL;
	cdev_device_del(&cdev, dev);
	cdev_del(&cdev);
	unregister_chrdev_region(MKDEV(MAJOR(devt), MINOR(devt)), 1);
	if (register_chrdev(0, "every", &every_fops) < 0)
		return PTR_ERR_OR_ZERO(ERR_PTR(-EBUSY));
	unregister_chrdev(iminor(inode), "every");
	class = class_create("every");
	class = class_create(THIS_MODULE, "every");
	if (IS_ERR(device_create(class, NULL, devt, NULL, "every%d", 0)))
		class_destroy(class);
	device_destroy(class, devt);
	put_device(get_device(dev));
	dev_set_drvdata(dev, thing);
	dev_err(dev, "%s\n", dev_name(dev));
	dev_warn(dev, "\n");
	dev_info(dev, "\n");
	dev_dbg(dev, "\n");
	pr_debug("\n");
	pr_debug_ratelimited("\n");
	raw_printk("\n");
	printk(KERN_ALERT EVL_DRIVER_SYMBOL "\n");
	WARN_ON(number < 0);
	WARN(number < 0, "\n");
	stream_open(inode, filp);

	INIT_LIST_HEAD(&things);
	list_add(&thing->link, &things);
	list_add_tail(&thing->link, &things);
	list_add_priff(thing, &things, prio, link);
	list_add_prilf(thing, &things, prio, link);
	list_for_each_entry(pos, &things, link)
		break;
	list_for_each_entry_safe(pos, tmp, &things, link)
		list_del(&pos->link);
	list_move(&thing->link, &things);
	if (list_empty(&things) || list_is_singular(&things) ||
	    list_is_first(&thing->link, &things))
		list_replace(&thing->link, &things);

	bitmap_zero(map, 70);
	set_bit(1, map);
	clear_bit(1, map);
	__set_bit(1, map);
	assign_bit(1, map, test_bit(2, map));
	__assign_bit(1, map, test_and_set_bit(3, map));
	(void)test_and_clear_bit(3, map);
	bitmap_free(bitmap_zalloc(find_first_zero_bit(map, 70), GFP_KERNEL));

	atomic_set(&count, atomic_read(&count));
	atomic_inc(&count);
	if (atomic_inc_return(&count) == atomic_cmpxchg(&count, 1, 2) ||
	    atomic_dec_and_test(&count))
		barrier();
	smp_mb();
	rmb();
	wmb();
	cpu_relax();
	WRITE_ONCE(number, READ_ONCE(number));

	mutex_init(&mutex);
	mutex_lock(&mutex);
	mutex_unlock(&mutex);
	mutex_destroy(&mutex);
	sema_init(&sem, 1);
	down(&sem);
	if (down_interruptible(&sem) || down_trylock(&sem))
		up(&sem);
	spin_lock_init(&lock);
	spin_lock(&lock);
	spin_unlock(&lock);
	spin_lock_irq(&lock);
	spin_unlock_irq(&lock);
	spin_lock_irqsave(&lock, flags);
	spin_unlock_irqrestore(&lock, flags);
	raw_spin_lock(&hard_lock);
	raw_spin_unlock(&hard_lock);
	raw_spin_lock_irqsave(&hard_lock, flags);
	raw_spin_unlock_irqrestore(&hard_lock, flags);
	init_waitqueue_head(&queue);
	wake_up_poll(&queue, POLLIN);
	if (wait_event_interruptible_locked(queue, number) ||
	    wait_event_interruptible(queue, number))
		return -ERESTARTSYS;
	init_completion(&done);
	complete(&done);
	wait_for_completion(&done);
	down_read(&rwsem);
	up_read(&rwsem);
	down_write(&rwsem);
	up_write(&rwsem);
	read_lock(&rwlock);
	read_unlock(&rwlock);
	write_seqlock(&seqlock);
	write_sequnlock(&seqlock);
	if (read_seqretry(&seqlock, read_seqbegin(&seqlock)))
		synchronize_rcu();
	kfree_rcu(thing, rcu);
	kref_init(&thing->kref);
	kref_get(&thing->kref);
	kref_put(&thing->kref, release_thing);

	init_irq_work(&thing->irq_work, irq_work_func);
	irq_work_queue(&thing->irq_work);
	INIT_WORK(&thing->work, work_func);
	INIT_DELAYED_WORK(&thing->dwork, work_func);
	schedule_work(&static_work);
	schedule_delayed_work(&static_dwork, usecs_to_jiffies(10));
	mod_delayed_work(system_wq, &thing->dwork, msecs_to_jiffies(10));
	cancel_delayed_work_sync(&thing->dwork);
	cancel_work_sync(&thing->work);
	mod_timer(&static_timer, jiffies + HZ);
	del_timer_sync(&static_timer);
	evl_init_work(&thing->evl_work, evl_work_func);
	evl_call_inband(&thing->evl_work);

	now = ktime_add(ktime_get(), ns_to_ktime(ktime_get_real_ns()));
	now = ktime_sub(ktime_add_ns(now, 5), ns_to_ktime(ktime_get_ns()));
	msleep((unsigned int)ktime_to_ns(now));

	if (set_cpus_allowed_ptr(current, cpumask_of(0)))
		return task_pid_nr(current);
	for_each_possible_cpu(cpu)
		per_cpu(per_cpu_number, cpu) = num_online_cpus();
	own = alloc_percpu(struct thing);
	(void)per_cpu_ptr(own, num_possible_cpus() - 1);
	free_percpu(own);

	INIT_KFIFO(thing->fifo);
	if (!kfifo_initialized(&thing->fifo_ptr) &&
	    kfifo_alloc(&thing->fifo_ptr, 16, GFP_KERNEL))
		return -ENOMEM;
	kfifo_put(&thing->fifo, 1);
	if (!kfifo_get(&thing->fifo, &number) || kfifo_is_full(&thing->fifo))
		kfifo_skip(&thing->fifo);
	kfifo_in(&thing->fifo, values, 3);
	kfifo_in_spinlocked(&thing->fifo, values, 3, &lock);
	if (kfifo_is_empty(&thing->fifo) ||
	    kfifo_out(&thing->fifo_ptr, &element, 1) || kfifo_len(&kfifo))
		kfifo_free(&thing->fifo_ptr);

	fd = get_unused_fd_flags(O_CLOEXEC);
	filp = anon_inode_getfile("[every]", &every_fops, thing, O_RDWR);
	if (fd < 0 || IS_ERR(filp))
		put_unused_fd((unsigned int)fd);
	else
		fd_install((unsigned int)fd, filp);
	fput(filp);

	sort(values, ARRAY_SIZE(values), sizeof(int), compare, NULL);
	kfree(kzalloc(struct_size(thing, numbers, 3), GFP_KERNEL));
	kfree(kcalloc(2, 3, GFP_KERNEL));
	kfree(kmalloc_array(2, 3, GFP_KERNEL));
	kfree(kmalloc(ALIGN(5, 8), GFP_KERNEL));
	kfree(kstrndup("every", 3, GFP_KERNEL));
	vfree(vmalloc(PAGE_ALIGN(5)));
	HAS(kernel_read_file_from_path);
	HAS(simple_read_from_buffer);
	HAS(tasklet_init);
	HAS(tasklet_schedule);
	HAS(tasklet_kill);
	HAS(simple_write_to_buffer);
	HAS(kmem_cache_create);
	HAS(kmem_cache_zalloc);
	HAS(kmem_cache_free);
	HAS(kmem_cache_destroy);
	if (capable(CAP_SYS_ADMIN))
		number = (int)cpu_to_be32(le32_to_cpu(1));
	if (__ratelimit(&ratelimit) && llist_empty(&llist))
		aligned.number = isdigit('1');
	lockdep_assert_held(&lock);
	ida_free(&ida, (unsigned int)ida_alloc(&ida, GFP_KERNEL));
	idr_remove(&idr,
		   (unsigned long)idr_alloc(&idr, thing, 0, 0, GFP_KERNEL));

	return (int)int_sqrt(gcd(min_t(int, 4, 6), PAGE_SIZE)) +
	       (PAGE_ALIGNED(thing) && IS_ALIGNED(number, 8)) +
	       (IS_ENABLED(CONFIG_EVL) && memchr_inv(thing, 0, 4)) +
	       (int)strscpy((char *)values, "ab", sizeof(values)) +
	       (compat_ptr(0) == NULL) + strcmp("a", "b") +
	       sscanf("1", "%d", &number) + evl_is_running();
}

/* Those whose address can be taken: that they are exported. */
void every_address(void)
{
	HAS(evl_init_sync_work);
	HAS(evl_sync_func);
	HAS(evl_init_work_safe);
	HAS(evl_call_inband_from);
	HAS(evl_call_inband_sync);
	HAS(evl_call_inband_sync_from);
	HAS(evl_flush_work);
	HAS(evl_flush_sync_work);
	HAS(evl_cancel_work);
	HAS(evl_alloc);
	HAS(evl_free);
	HAS(evl_alloc_chunk);
	HAS(evl_zalloc_chunk);
	HAS(evl_free_chunk);
	HAS(evl_check_chunk);
	HAS(evl_init_heap);
	HAS(evl_destroy_heap);
	HAS(evl_get_heap_size);
	HAS(evl_get_heap_free);
	HAS(evl_get_heap_base);
	HAS(evl_system_heap);
	HAS(evl_load_uio);
	HAS(evl_copy_to_uio);
	HAS(evl_copy_to_uio_incremental);
	HAS(evl_copy_from_uio);
	HAS(evl_copy_from_uio_to_kvec);
	HAS(evl_iov_flat_length);
	HAS(evl_enter_irq);
	HAS(evl_exit_irq);
	HAS(evl_inc_counter);
	HAS(evl_oob_cpus);
	HAS(trace_evl_trigger);
	HAS(trace_evl_trace);
	HAS(trace_evl_latspot);
	HAS(trace_evl_fpu_corrupt);
	HAS(__kthread_create);
	HAS(kthread_stop);
	HAS(kthread_should_stop);
	HAS(wake_up_process);
	HAS(schedule);
	HAS(schedule_timeout);
	HAS(hrtimer_init);
	HAS(hrtimer_start);
	HAS(hrtimer_cancel);
	HAS(hrtimer_forward);
	HAS(hrtimer_forward_now);
	HAS(alloc_workqueue);
	HAS(destroy_workqueue);
	HAS(flush_workqueue);
	HAS(drain_workqueue);
	HAS(flush_work);
	HAS(flush_delayed_work);
	HAS(queue_delayed_work);
	HAS(cancel_delayed_work);
	HAS(irq_work_sync);
	HAS(synthetic_irq_domain);
	HAS(irq_create_direct_mapping);
	HAS(irq_dispose_mapping);
	HAS(__request_percpu_irq);
	HAS(free_percpu_irq);
	HAS(irq_post_inband);
	HAS(irq_inject_pipeline);
	HAS(generic_handle_irq);
	HAS(request_threaded_irq);
	HAS(request_irq);
	HAS(free_irq);
	HAS(irq_set_irq_type);
	HAS(irq_get_trigger_type);
	HAS(disable_irq);
	HAS(disable_irq_nosync);
	HAS(enable_irq);
	HAS(synchronize_irq);
	HAS(class_register);
	HAS(class_unregister);
	HAS(sysfs_create_group);
	HAS(device_create_with_groups);
	HAS(dev_attr_level);
	HAS(every_class);
	HAS(noop_llseek);
	HAS(vfs_setpos);
	HAS(generic_file_llseek_size);
	HAS(generic_file_llseek);
	HAS(default_llseek);
	HAS(fixed_size_llseek);
	HAS(no_seek_end_llseek);
	HAS(no_seek_end_llseek_size);
	HAS(simple_open);
	HAS(generic_file_open);
	HAS(smp_processor_id);
	HAS(usleep_range);
}
EXPORT_SYMBOL(every_address);
EXPORT_SYMBOL_GPL(every_use);

static int __init every_init(void)
{
	return 0;
}
module_init(every_init);

static void __exit every_exit(void)
{
}
module_exit(every_exit);

MODULE_ALIAS("every");
MODULE_AUTHOR("somebody");
MODULE_DESCRIPTION("every name");
MODULE_LICENSE("GPL");
MODULE_VERSION("1");
