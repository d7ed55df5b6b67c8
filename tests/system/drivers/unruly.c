/* SPDX-License-Identifier: MIT */
/*
 * A driver which breaks the golden rule in every way, if asked to: /dev/unruly
 * makes system calls out-of-band, uses services that are for in-band code, and
 * keeps the worker to itself. Not to be learnt from.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <evl/file.h>
#include <evl/flag.h>
#include <evl/poll.h>
#include <evl/timer.h>
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/irq_work.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/semaphore.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#include "unruly.h"

#define BLOCK (64 << 20)
#define ORDER 8
#define MS    1000000ull
#define LONG  (60 * 1000 * MS)

static pthread_mutex_t libc_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_t holder;
static sem_t held, let_go;
static DEFINE_MUTEX(mutex);
static DEFINE_SEMAPHORE(sem, 1);
static DECLARE_COMPLETION(never);
static DECLARE_WAIT_QUEUE_HEAD(nobody);
static DEFINE_RAW_SPINLOCK(lock);

static atomic_t stops; /* UNRULY_STOP that nobody has taken yet */

static struct evl_timer timer;
static void (*timer_work)(void);
static struct evl_flag timer_done;

static int unruly_open(struct inode *inode, struct file *filp)
{
	struct evl_file *efilp;

	efilp = kzalloc(sizeof(*efilp), GFP_KERNEL);
	if (efilp == NULL)
		return -ENOMEM;

	filp->private_data = efilp;

	return evl_open_file(efilp, filp);
}

static int unruly_release(struct inode *inode, struct file *filp)
{
	evl_release_file(filp->private_data);
	kfree(filp->private_data);

	return 0;
}

static bool is_stopped(void)
{
	if (atomic_read(&stops) == 0)
		return false;
	atomic_dec(&stops);

	return true;
}

/* Without cpu_relax(), which would let others run. */
static void noinline spin(void)
{
	u64 end = ktime_get_ns() + LONG;

	while (!is_stopped() && ktime_get_ns() < end)
		barrier();
}

static void yield_cpu(void)
{
	sched_yield();
}

static void stop(void)
{
	atomic_inc(&stops);
}

static void on_timer(struct evl_timer *unused)
{
	timer_work();
	evl_raise_flag(&timer_done);
}

static void start_timer(void (*work)(void))
{
	timer_work = work;
	evl_start_timer(&timer, evl_read_clock(&evl_mono_clock), 0);
}

static long use_timer(void (*work)(void))
{
	start_timer(work);

	return evl_wait_flag(&timer_done);
}

/* Its function runs on this very worker: afterwards. */
static void spin_for_timer(void)
{
	start_timer(stop);
	spin();
	evl_wait_flag(&timer_done);
	atomic_set(&stops, 0);
}

static long do_open(void)
{
	int fd = open("/dev/null", O_RDONLY);

	if (fd < 0)
		return -errno;
	close(fd);

	return 0;
}

static long do_printf(FILE *stream)
{
	if (fprintf(stream, "unruly\n") < 0 || fflush(stream)) {
		clearerr(stream);
		return -errno;
	}

	return 0;
}

static long do_nanosleep(void)
{
	struct timespec time = { .tv_nsec = MS };

	return nanosleep(&time, NULL) ? -errno : 0;
}

static void hang(void)
{
	u64 end = ktime_get_ns() + LONG;

	while (!is_stopped() && ktime_get_ns() < end)
		do_nanosleep();
}

static long do_malloc(void)
{
	volatile char *ptr = malloc(BLOCK);

	if (ptr == NULL)
		return -errno;
	*ptr = 1;
	free((void *)ptr);

	return 0;
}

static long do_brk(void)
{
	if (sbrk(4096) == (void *)-1)
		return -errno;

	return sbrk(-4096) == (void *)-1 ? -errno : 0;
}

static void *run_thread(void *arg)
{
	for (int i = 0; i < 100; i++)
		sched_yield();

	return arg;
}

static long do_thread(void)
{
	pthread_t thread;
	int ret;

	ret = pthread_create(&thread, NULL, run_thread, NULL);
	if (ret)
		return -ret;

	return -pthread_join(thread, NULL);
}

static void do_nothing(struct irq_work *work)
{
}

/* As the C library makes it, with as few registers set as there are arguments:
 * what the last call left in others is there still. */
static long bare_write(int fd, const char *text, size_t size)
{
#if defined(__x86_64__)
	long ret;

	__asm__ __volatile__("syscall"
			     : "=a"(ret)
			     : "a"(SYS_write), "D"(fd), "S"(text), "d"(size)
			     : "rcx", "r11", "memory");

	return ret;
#else
	return write(fd, text, size) < 0 ? -errno : (long)size;
#endif
}

/* Waking the in-band stage is a system call of the daemon's: what that left in
 * registers must not make the next one look like it. */
static long do_stale(void)
{
	static DEFINE_IRQ_WORK(work, do_nothing);
	long ret;

	irq_work_queue(&work);
	ret = bare_write(STDOUT_FILENO, "x\n", 2);

	return ret < 0 ? ret : 0;
}

/* Who locks a mutex unlocks it. */
static void *hold(void *unused)
{
	pthread_mutex_lock(&libc_mutex);
	sem_post(&held);
	sem_wait(&let_go);
	pthread_mutex_unlock(&libc_mutex);

	return NULL;
}

static long do_pthread(unsigned long how)
{
	switch (how) {
	case 1:
		if (sem_init(&held, 0, 0) || sem_init(&let_go, 0, 0) ||
		    pthread_create(&holder, NULL, hold, NULL))
			return -EAGAIN;
		sem_wait(&held);
		return 0;
	case 2:
		sem_post(&let_go);
		return -pthread_join(holder, NULL);
	default:
		pthread_mutex_lock(&libc_mutex);
		pthread_mutex_unlock(&libc_mutex);
		return 0;
	}
}

static long do_kmalloc(void)
{
	char *ptr = kmalloc(64, GFP_KERNEL);

	if (ptr == NULL)
		return -ENOMEM;
	kfree(ptr);

	return 0;
}

static long do_pages(void)
{
	unsigned long addr = __get_free_pages(GFP_KERNEL, ORDER);

	if (addr == 0)
		return -ENOMEM;
	free_pages(addr, ORDER);

	return 0;
}

static long break_rule(unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case UNRULY_OPEN:
		return do_open();
	case UNRULY_PRINTF:
		return do_printf(stdout);
	case UNRULY_STDERR:
		return do_printf(stderr);
	case UNRULY_NANOSLEEP:
		return do_nanosleep();
	case UNRULY_MALLOC:
		return do_malloc();
	case UNRULY_BRK:
		return do_brk();
	case UNRULY_THREAD:
		return do_thread();
	case UNRULY_STALE:
		return do_stale();
	case UNRULY_PTHREAD:
		return do_pthread(arg);
	case UNRULY_KMALLOC:
		return do_kmalloc();
	case UNRULY_PAGES:
		return do_pages();
	default:
		return -ENOTTY;
	}
}

static long use_inband(unsigned int cmd)
{
	switch (cmd) {
	case UNRULY_MUTEX_LOCK:
		mutex_lock(&mutex);
		mutex_unlock(&mutex);
		return 0;
	case UNRULY_DOWN:
		down(&sem);
		up(&sem);
		return 0;
	case UNRULY_COMPLETION:
		return (long)wait_for_completion_timeout(&never, 1);
	case UNRULY_WAIT_EVENT:
		return wait_event_timeout(nobody, false, 1);
	case UNRULY_MSLEEP:
		msleep(1);
		return 0;
	default:
		return -ENOTTY;
	}
}

static long keep_worker(unsigned int cmd)
{
	switch (cmd) {
	case UNRULY_SPIN:
		spin();
		return 0;
	case UNRULY_HANG:
		hang();
		return 0;
	case UNRULY_SPIN_TIMER:
		return use_timer(spin);
	case UNRULY_SPIN_LOCK:
		raw_spin_lock(&lock);
		spin();
		raw_spin_unlock(&lock);
		return 0;
	case UNRULY_SPIN_FOR:
		spin_for_timer();
		return 0;
	default:
		return -ENOTTY;
	}
}

static long do_copy(unsigned long arg)
{
	char bytes[8];

	if (raw_copy_from_user(bytes, (void __user *)arg, sizeof(bytes)))
		return -EFAULT;

	return bytes[0];
}

static long unruly_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	long ret;

	switch (cmd) {
	case UNRULY_COPY:
		return do_copy(arg);
	case UNRULY_TIMER:
		return use_timer(yield_cpu);
	case UNRULY_STOP:
		stop();
		return 0;
	case UNRULY_LOCK:
		raw_spin_lock(&lock);
		raw_spin_unlock(&lock);
		return 0;
	default:
		break;
	}

	ret = break_rule(cmd, arg);
	if (ret == -ENOTTY)
		ret = use_inband(cmd);

	return ret == -ENOTTY ? keep_worker(cmd) : ret;
}

static ssize_t unruly_oob_read(struct file *filp, char __user *u_buf,
			       size_t count)
{
	return sched_yield() ? -errno : 0;
}

static ssize_t unruly_oob_write(struct file *filp, const char __user *u_buf,
				size_t count)
{
	return sched_yield() ? -errno : (ssize_t)count;
}

static __poll_t unruly_oob_poll(struct file *filp, struct oob_poll_wait *wait)
{
	sched_yield();

	return POLLIN;
}

static const struct file_operations unruly_fops = {
	.owner = THIS_MODULE,
	.open = unruly_open,
	.release = unruly_release,
	.unlocked_ioctl = unruly_ioctl,
	.oob_read = unruly_oob_read,
	.oob_write = unruly_oob_write,
	.oob_ioctl = unruly_ioctl,
	.oob_poll = unruly_oob_poll,
};

static struct miscdevice unruly_dev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "unruly",
	.fops = &unruly_fops,
};

static int __init unruly_init(void)
{
	evl_init_flag(&timer_done);
	evl_init_timer(&timer, on_timer);

	return misc_register(&unruly_dev);
}

static void __exit unruly_exit(void)
{
	misc_deregister(&unruly_dev);
	evl_destroy_timer(&timer);
	evl_destroy_flag(&timer_done);
}

module_init(unruly_init);
module_exit(unruly_exit);
MODULE_LICENSE("MIT");
