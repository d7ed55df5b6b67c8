/* SPDX-License-Identifier: MIT */
/*
 * Replays what a device once did: reads give what they gave then, and when they
 * gave it, ioctls answer what they answered, and writes are compared. See
 * replay.md for its users' view, loopback.c for how a driver with two stages
 * works.
 */
#include "session.h"

#include <linux/atomic.h>
#include <linux/compat.h>
#include <linux/ctype.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include <evl/clock.h>
#include <evl/file.h>
#include <evl/sched.h>

#define DEVICES_MAX  16
#define NAME_LEN_MAX 63	 /* of a node */
#define TOLD_MAX     10	 /* mismatches that the log tells */
#define PIECE	     256 /* of what is written, in bytes */

static char *files[DEVICES_MAX];
static unsigned int nr_files;
module_param_array_named(file, files, charp, &nr_files, 0444);
MODULE_PARM_DESC(file, "traces, of a device each");

static char *names[DEVICES_MAX];
static unsigned int nr_names;
module_param_array_named(name, names, charp, &nr_names, 0444);
MODULE_PARM_DESC(name, "names of their nodes (replay, replay1 ...)");

static bool shared;
module_param(shared, bool, 0444);
MODULE_PARM_DESC(shared, "all who open a node share one replay (no)");

struct replay_device {
	struct miscdevice misc;
	struct trace trace;
	char name[NAME_LEN_MAX + 1];
	atomic_t nr_mismatches;
	struct mutex lock;	/* protects ->nr_open */
	unsigned int nr_open;	/* of the shared session */
	struct session session; /* the shared one */
};

/* An open file. */
struct replay_file {
	struct evl_file efile;
	struct replay_device *device;
	struct session *session; /* ->own, or the device's */
	struct session own;
	bool closing; /* under the session's lock */
};

static struct replay_device *devices[DEVICES_MAX];

/* A read, and what came of it. */
struct taking {
	struct replay_file *file;
	size_t count;
	const unsigned char *data;
	ssize_t ret;
};

/* True: it has come to an end. */
static bool take_locked(struct taking *t)
{
	if (t->file->closing)
		t->ret = -EIDRM;
	else
		t->ret = position_read(&t->file->session->pos, t->count,
				       evl_read_clock(&evl_mono_clock),
				       &t->data);

	return t->ret != -EAGAIN;
}

static bool take(struct taking *t)
{
	struct session *s = t->file->session;
	unsigned long flags;
	bool done;

	raw_spin_lock_irqsave(&s->oob_wait.lock, flags);
	done = take_locked(t);
	raw_spin_unlock_irqrestore(&s->oob_wait.lock, flags);

	return done;
}

/* Until there is something, where callers of this stage sleep. */
static int await(struct file *filp, struct taking *t)
{
	struct session *s = t->file->session;

	if (take(t))
		return 0;
	if (filp->f_flags & O_NONBLOCK)
		return -EAGAIN;
	if (running_oob())
		return evl_wait_event(&s->oob_wait, take_locked(t));

	return wait_event_interruptible(s->inband_wait, take(t));
}

static ssize_t replay_oob_read(struct file *filp, char __user *u_buf,
			       size_t count)
{
	struct taking t = { .file = filp->private_data, .count = count };
	int ret;

	if (count == 0)
		return 0;
	ret = await(filp, &t);
	if (ret)
		return ret;
	if (t.ret <= 0)
		return t.ret;

	session_update(t.file->session);

	return raw_copy_to_user(u_buf, t.data, (size_t)t.ret) ? -EFAULT : t.ret;
}

/* @nr: how many of the session there were before. */
static void tell_mismatch(struct replay_device *device, u64 time,
			  unsigned int nr)
{
	atomic_inc(&device->nr_mismatches);
	if (nr >= TOLD_MAX)
		return;

	dev_warn(device->misc.this_device,
		 "a write is not as recorded at %llu.%09llu s%s\n",
		 (unsigned long long)(time / NSEC_PER_SEC),
		 (unsigned long long)(time % NSEC_PER_SEC),
		 nr == TOLD_MAX - 1 ? " (others are only counted)" : "");
}

/* How many of them are as recorded, or stand for what is. */
static size_t match(struct replay_file *file, const unsigned char *data,
		    size_t count)
{
	struct session *s = file->session;
	ktime_t now = evl_read_clock(&evl_mono_clock);
	const struct trace *trace = &file->device->trace;
	u64 time = trace->duration;
	unsigned int nr = 0;
	unsigned long flags;
	size_t len;

	raw_spin_lock_irqsave(&s->oob_wait.lock, flags);
	len = position_write(&s->pos, data, count, now);
	if (len < count) {
		if (s->pos.write_at < trace->nr)
			time = trace->records[s->pos.write_at].time;
		if (replay_rules.writes == WRITES_CHECK)
			position_skip_write(&s->pos, now);
		nr = s->nr_mismatches++;
	}
	raw_spin_unlock_irqrestore(&s->oob_wait.lock, flags);
	if (len < count)
		tell_mismatch(file->device, time, nr);

	return len;
}

static ssize_t replay_oob_write(struct file *filp, const char __user *u_buf,
				size_t count)
{
	struct replay_file *file = filp->private_data;
	unsigned char piece[PIECE];
	size_t done = 0, len, good;

	if (replay_rules.writes == WRITES_ACCEPT)
		return (ssize_t)count;

	for (; done < count; done += good) {
		len = min(count - done, sizeof(piece));
		if (raw_copy_from_user(piece, u_buf + done, len))
			return done ? (ssize_t)done : -EFAULT;
		good = match(file, piece, len);
		if (good == len)
			continue;
		done = replay_rules.writes == WRITES_CHECK ? count
							   : done + good;
		break;
	}
	session_update(file->session);

	return done || count == 0 ? (ssize_t)done : -EILSEQ;
}

static long get_status(struct session *s, struct replay_status __user *u_status)
{
	struct replay_status status;

	session_status(s, &status);

	return raw_copy_to_user(u_status, &status, sizeof(status)) ? -EFAULT
								   : 0;
}

/* As the device did. */
static long answer(struct replay_file *file, unsigned int cmd,
		   unsigned long arg)
{
	const struct trace_record *record;
	struct session *s = file->session;
	unsigned long flags;
	size_t len;
	u32 at;

	raw_spin_lock_irqsave(&s->oob_wait.lock, flags);
	at = s->pos.read_at;
	raw_spin_unlock_irqrestore(&s->oob_wait.lock, flags);

	record = trace_answer(&file->device->trace, cmd, at);
	if (record == NULL)
		return -ENOTTY;
	len = record->len;
	if (record->cmd != cmd)
		len = min(len, (size_t)_IOC_SIZE(cmd));
	if (len && raw_copy_to_user((void __user *)arg, record->data, len))
		return -EFAULT;

	return record->result;
}

static long replay_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	struct replay_file *file = filp->private_data;

	switch (cmd) {
	case REPLAY_IOC_STATUS:
		return get_status(file->session,
				  (struct replay_status __user *)arg);
	case REPLAY_IOC_REWIND:
		session_start(file->session, &file->device->trace);
		return 0;
	default:
		return answer(file, cmd, arg);
	}
}

/* Who comes first begins, shared or not. */
static void begin(struct replay_file *file)
{
	struct replay_device *device = file->device;

	if (!shared) {
		file->session = &file->own;
		session_init(&file->own);
		session_start(&file->own, &device->trace);
		return;
	}

	file->session = &device->session;
	mutex_lock(&device->lock);
	if (device->nr_open++ == 0)
		session_start(&device->session, &device->trace);
	mutex_unlock(&device->lock);
}

static void end(struct replay_file *file)
{
	if (!shared) {
		session_destroy(&file->own);
		return;
	}

	mutex_lock(&file->device->lock);
	file->device->nr_open--;
	mutex_unlock(&file->device->lock);
}

static int replay_open(struct inode *inode, struct file *filp)
{
	struct miscdevice *misc = filp->private_data;
	struct replay_file *file;
	int ret;

	file = kzalloc(sizeof(*file), GFP_KERNEL);
	if (file == NULL)
		return -ENOMEM;

	file->device = container_of(misc, struct replay_device, misc);
	filp->private_data = file;
	stream_open(inode, filp);
	ret = evl_open_file(&file->efile, filp);
	if (ret) {
		kfree(file);
		return ret;
	}
	begin(file);

	return 0;
}

/* Those who wait on this file go; others may wait in the same session. */
static int replay_release(struct inode *inode, struct file *filp)
{
	struct replay_file *file = filp->private_data;
	struct session *s = file->session;
	unsigned long flags;

	raw_spin_lock_irqsave(&s->oob_wait.lock, flags);
	file->closing = true;
	evl_flush_wait_locked(&s->oob_wait, 0);
	raw_spin_unlock_irqrestore(&s->oob_wait.lock, flags);
	evl_schedule();
	evl_release_file(&file->efile);
	end(file);
	kfree(file);

	return 0;
}

static ssize_t replay_read(struct file *filp, char __user *u_buf, size_t count,
			   loff_t *ppos)
{
	return replay_oob_read(filp, u_buf, count);
}

static ssize_t replay_write(struct file *filp, const char __user *u_buf,
			    size_t count, loff_t *ppos)
{
	return replay_oob_write(filp, u_buf, count);
}

static __poll_t replay_poll(struct file *filp, poll_table *pt)
{
	struct replay_file *file = filp->private_data;

	poll_wait(filp, &file->session->inband_wait, pt);

	return session_events(file->session);
}

static __poll_t replay_oob_poll(struct file *filp, struct oob_poll_wait *wait)
{
	struct replay_file *file = filp->private_data;

	evl_poll_watch(&file->session->poll_head, wait, NULL);

	return session_events(file->session);
}

static const struct file_operations replay_fops = {
	.owner = THIS_MODULE,
	.open = replay_open,
	.release = replay_release,
	.read = replay_read,
	.write = replay_write,
	.unlocked_ioctl = replay_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.poll = replay_poll,
	.oob_read = replay_oob_read,
	.oob_write = replay_oob_write,
	.oob_ioctl = replay_ioctl,
	.compat_oob_ioctl = compat_ptr_oob_ioctl,
	.oob_poll = replay_oob_poll,
};

static ssize_t mismatches_show(struct device *dev,
			       struct device_attribute *attr, char *buf)
{
	struct replay_device *device =
		container_of(dev_get_drvdata(dev), struct replay_device, misc);

	return sysfs_emit(buf, "%d\n", atomic_read(&device->nr_mismatches));
}
static DEVICE_ATTR_RO(mismatches);

static struct attribute *replay_attrs[] = {
	&dev_attr_mismatches.attr,
	NULL,
};
ATTRIBUTE_GROUPS(replay);

static void device_free(struct replay_device *device)
{
	if (device == NULL)
		return;

	misc_deregister(&device->misc);
	session_destroy(&device->session);
	trace_unload(&device->trace);
	kfree(device);
}

/* As a node, as a directory of sysfs, and for a shell. */
static bool is_plain(const char *name)
{
	if (strlen(name) > NAME_LEN_MAX || !isalnum((unsigned char)name[0]))
		return false;
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && !strchr("-_.", *name))
			return false;

	return true;
}

static int name_device(struct replay_device *device, unsigned int index)
{
	const char *name = index < nr_names ? names[index] : NULL;

	if (name && name[0] && !is_plain(name)) {
		pr_err("replay: name cannot be '%s': give it letters, digits and -_., %d at most, the first no sign\n",
		       name, NAME_LEN_MAX);
		return -EINVAL;
	}

	if (name && name[0])
		snprintf(device->name, sizeof(device->name), "%s", name);
	else if (index)
		snprintf(device->name, sizeof(device->name), "replay%u", index);
	else
		snprintf(device->name, sizeof(device->name), "replay");

	return 0;
}

static int device_new(unsigned int index)
{
	struct replay_device *device;
	int ret;

	device = kzalloc(sizeof(*device), GFP_KERNEL);
	if (device == NULL)
		return -ENOMEM;

	devices[index] = device;
	mutex_init(&device->lock);
	session_init(&device->session);
	ret = name_device(device, index);
	if (ret)
		return ret;
	device->misc = (struct miscdevice){
		.minor = MISC_DYNAMIC_MINOR,
		.name = device->name,
		.fops = &replay_fops,
		.groups = replay_groups,
	};
	ret = trace_load(&device->trace, files[index]);
	if (ret)
		return ret;

	ret = misc_register(&device->misc);
	if (ret)
		pr_err("replay: no node %s for %s: %pe\n", device->name,
		       files[index], ERR_PTR(ret));

	return ret;
}

static void replay_exit(void)
{
	for (unsigned int i = 0; i < DEVICES_MAX; i++) {
		device_free(devices[i]);
		devices[i] = NULL;
	}
}

static int __init replay_init(void)
{
	int ret = 0;

	if (nr_files == 0) {
		pr_err("replay: file= is missing: name a trace of evl record\n");
		return -EINVAL;
	}

	for (unsigned int i = 0; i < nr_files && ret == 0; i++)
		ret = device_new(i);
	if (ret)
		replay_exit();

	return ret;
}
module_init(replay_init);
module_exit(replay_exit);

MODULE_DESCRIPTION("Replays what a device once did, from a file");
MODULE_LICENSE("MIT");
