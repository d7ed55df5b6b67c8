/* SPDX-License-Identifier: MIT */
/*
 * What crosses the control socket (SOCK_SEQPACKET). A connection starts with
 * one control_hello, answered by one control_welcome; from then on the client
 * sends requests, one message each, and gets one reply a request carrying the
 * same @seq. Replies come in the order the daemon finishes them, which is not
 * the order of the requests: a CONTROL_SYNC may take as long as a driver's
 * release handler. The daemon knows who is there from SO_PEERCRED.
 *
 * The connection is the client's life: when it closes, the daemon drops every
 * channel, attachment and descriptor of that process.
 *
 * Reserved words are zero and checked. Sizes are checked on both sides.
 */
#ifndef _EVL_WIRE_CONTROL_H
#define _EVL_WIRE_CONTROL_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>

#define CONTROL_MAGIC 0x65766c73u /* "evls" */
#define CONTROL_ABI   6u	  /* both sides must have the same */

/* Feature bits: a side offers what it knows, the welcome says what holds. */
#define CONTROL_FEATURES      UINT64_C(0)

#define CONTROL_NAME_MAX      64  /* element names, with the final 0 */
#define CONTROL_PATH_MAX      256 /* with the final 0 */
#define CONTROL_CPU_WORDS     16  /* CPU masks: 1024 CPUs */
#define CONTROL_SECRET_SIZE   16
#define CONTROL_DRIVER_PARAMS 64 /* of a driver */

/* Where a process finds the daemon, in this order:
 * $EVL_CUSED_SOCKET; $XDG_RUNTIME_DIR/evl-cused/control, or
 * /tmp/evl-cused-<uid>/control where that variable is not set (not for root);
 * /run/evl-cused/control. */
#define CONTROL_SOCKET_ENV  "EVL_CUSED_SOCKET"
#define CONTROL_SYSTEM_DIR  "/run/evl-cused"
#define CONTROL_USER_DIR    "evl-cused" /* below $XDG_RUNTIME_DIR */
#define CONTROL_TMP_DIR	    "/tmp/evl-cused-%u"
#define CONTROL_SOCKET_NAME "control"

enum control_front {
	CONTROL_FRONT_CUSE = 1,
	CONTROL_FRONT_FUSE = 2,
};

struct control_hello {
	uint32_t magic;
	uint32_t abi;
	uint64_t features;
	uint32_t tool;	 /* 1: only asks CONTROL_QUERY, wants no files_struct */
	uint32_t compat; /* 1: a 32-bit process, whose ioctls are compat ones */
	uint32_t reserved[2];
};

struct control_welcome {
	uint32_t magic;
	uint32_t abi;
	uint64_t features;
	int32_t error; /* 0, or -errno: refused, the connection closes. -ENOEXEC:
			  @abi is what the daemon speaks. -EAGAIN: no place is
			  free; -EDQUOT: the process or its user has its share,
			  which any request may be answered as well. */
	uint32_t front; /* enum control_front */
	int32_t pid;	/* the daemon's */
	uint32_t reserved0;
	uint64_t mount_dev; /* FUSE: st_dev of every node's file */
	uint8_t secret[CONTROL_SECRET_SIZE]; /* goes with BIND_IOC_BIND */
	uint64_t worker_cpus[CONTROL_CPU_WORDS];
	char devdir[CONTROL_PATH_MAX]; /* where the nodes are: "/dev", or the
					  mount point of a user's daemon */
	char version[32];
};

enum control_type {
	/* Make a channel. Reply: control_channel, with the memfd and the
	 * eventfd by SCM_RIGHTS. -EAGAIN: the client has its share. */
	CONTROL_CHANNEL_NEW = 1,
	/* It is mapped; from now on it cannot be resized, punched or mapped
	 * writable again, and may be used. Request: control_channel. */
	CONTROL_CHANNEL_READY = 2,
	/* Give the thread a slot. Request and reply: control_attach.
	 * -ENOSPC: every channel is full, make another. -EBADF: @efd is no
	 * thread element bound by this process. -ESRCH: no such thread in
	 * this process. -EBUSY: that thread or element is attached. */
	CONTROL_ATTACH = 3,
	/* Take the slot back; its request, if any, is broken first. Request:
	 * control_slot. Replied once no handler runs for that thread. */
	CONTROL_DETACH = 4,
	/* Descriptors go, sent before the real close. Request: control_unbind. */
	CONTROL_UNBIND = 5,
	/* After the real close, FUSE only: wait until the release of that file
	 * has ended, if it is under way. Request: control_sync. */
	CONTROL_SYNC = 6,
	/* Is that character device one of our nodes? Request: control_rdev.
	 * Result: 1 or 0. */
	CONTROL_RDEV = 7,
	/* One record of a table. Request: control_query; reply: the record.
	 * -ENOENT: no further one. */
	CONTROL_QUERY = 8,
	/* Map a driver's memory. Request: control_mmap; reply: control_mapping,
	 * with the mapping's lifeline and the memory of its first segment by
	 * SCM_RIGHTS. Errors are those of mmap(2), and the driver's; -ENODEV:
	 * it has nothing to be mapped. -ENOMEM, -ENFILE: enough are mapped. */
	CONTROL_MMAP = 9,
	/* From the daemon: something only the client can do for itself.
	 * control_errand; the header's seq is the errand's number. */
	CONTROL_ERRAND = 10,
	/* It is done, or cannot be: control_errand_done. Not replied to. */
	CONTROL_ERRAND_DONE = 11,
	/* A further segment of a mapping. Request and reply: control_segment, with its
	 * memory by SCM_RIGHTS. -EINVAL: there is no such segment. */
	CONTROL_SEGMENT = 12,
	/* The mapping is unmapped, and its lifeline closed, as far as this
	 * process is concerned; its descriptor is about to be. Request:
	 * control_munmap. Replied once the driver knows, unless another process
	 * has the lifeline, too. -EINVAL: there is no such mapping. */
	CONTROL_MUNMAP = 13,
	/* Load a driver, or unload one; for root and the daemon's own user only,
	 * others get -EPERM. A control_driver_message with the order, and with
	 * the answer in the reply. The result of loading: that of the driver's
	 * init function, -ENOENT and its like (no such file), -ENOEXEC (it
	 * cannot be run), -EEXIST (it is loaded), -EINVAL (a parameter). Of
	 * unloading: -ENOENT, -EBUSY (it is in use). */
	CONTROL_DRIVER_LOAD = 14,
	CONTROL_DRIVER_UNLOAD = 15,
};

enum control_errand_what {
	/* Open the spare node with @flags, and send BIND_IOC_SPARE on it. Done
	 * by that, unless it fails. */
	CONTROL_ERRAND_OPEN = 1,
	/* Close @fd, which such an errand opened, if it is @file_id still. */
	CONTROL_ERRAND_CLOSE = 2,
	/* Set O_NONBLOCK for the file behind @fd. */
	CONTROL_ERRAND_NONBLOCK = 3,
	/* Send BIND_IOC_BIND on @fd, if it is one of the daemon's files. Who
	 * cannot tell whose character device it is answers 1 and which; asked
	 * again with that @rdev, it is the daemon's. */
	CONTROL_ERRAND_BIND = 4,
};

struct control_header {
	uint32_t type; /* enum control_type */
	uint32_t seq;
	int32_t result; /* in replies: >= 0 or -errno; in requests 0 */
	uint32_t reserved;
};

struct control_channel {
	uint32_t index; /* 0, 1, ... within the client */
	uint32_t reserved;
};

struct control_slot {
	uint32_t channel;
	uint32_t slot;
};

struct control_attach {
	int32_t tid; /* as the client's gettid() says */
	int32_t efd; /* the thread's own element, bound before */
	/* In replies: */
	struct control_slot slot;
};

struct control_unbind {
	uint32_t first; /* closed range of descriptor numbers */
	uint32_t last;
	/* 0, or with @first == @last: only if it refers to this file. */
	uint64_t file_id;
};

struct control_sync {
	uint64_t file_id; /* from bind_request */
};

/* A lifeline is a descriptor which is closed where the mapping is gone: when no
 * process has it any more, the mapping has ended. */
struct control_mmap {
	int32_t fd;	 /* bound before; open, and unbound, with the mapping */
	uint32_t prot;	 /* PROT_* */
	uint32_t shared; /* 1: MAP_SHARED, 0: MAP_PRIVATE */
	uint32_t reserved;
	uint64_t addr; /* where it will be, for the driver to know */
	uint64_t length;
	uint64_t offset;
};

/* Memory of a client is made of segments, one after the other, each part of a
 * file. What is beyond the end of its file is SIGBUS. */
struct control_mapping {
	uint64_t id; /* never reused */
	uint32_t nr_segments;
	uint32_t prot; /* PROT_*, what the driver left of it */
	/* Of the first segment: */
	uint64_t offset; /* in its memory */
	uint64_t length;
};

struct control_segment {
	uint64_t id;
	uint32_t index; /* 0, 1, ... */
	uint32_t reserved;
	/* In replies, in requests 0: */
	uint64_t offset;
	uint64_t length;
};

struct control_munmap {
	uint64_t id;
};

struct control_rdev {
	uint64_t rdev; /* st_rdev */
};

enum control_table {
	CONTROL_TABLE_DAEMON = 0, /* one record: control_daemon_info */
	CONTROL_TABLE_THREADS = 1,
	CONTROL_TABLE_CHANNELS = 2,
	CONTROL_TABLE_NODES = 3,
	CONTROL_TABLE_FILES = 4,
	CONTROL_TABLE_DRIVERS = 5,
};

/* @cursor is 0 first, then what the last record said in @next. */
struct control_errand {
	uint32_t what; /* enum control_errand_what */
	int32_t fd;
	uint32_t flags;
	uint32_t reserved;
	uint64_t file_id;
	uint64_t rdev; /* 0: none */
};

struct control_errand_done {
	uint32_t number;
	int32_t result; /* 0 or -errno; of a BIND also 1 */
	uint64_t rdev;	/* with that, st_rdev; else 0 */
};

struct control_query {
	uint32_t table;
	uint32_t reserved;
	uint64_t cursor;
};

struct control_daemon_info {
	uint64_t next;
	int32_t pid;
	uint32_t front;
	uint32_t nr_clients, nr_channels, nr_threads, nr_files, nr_nodes;
	uint32_t nr_inband_fibers; /* in use */
	uint32_t realtime;	   /* 1: the workers run SCHED_FIFO */
	uint32_t priority;
	uint32_t nr_bound; /* descriptors oob calls may name, of all clients */
	uint32_t nr_reaching; /* processes which are after a caller's memory */
	uint64_t worker_cpus[CONTROL_CPU_WORDS];
	uint64_t uptime_ns;
	char devdir[CONTROL_PATH_MAX];
	char version[32];
};

/* What a kernel thread does. */
enum control_kthread_state {
	CONTROL_KTHREAD_READY = 1,    /* to run; or it does */
	CONTROL_KTHREAD_WAITING = 2,  /* for something */
	CONTROL_KTHREAD_SLEEPING = 3, /* for a time */
	CONTROL_KTHREAD_PERIODIC = 4, /* until its next period */
	CONTROL_KTHREAD_HELD = 5,
	CONTROL_KTHREAD_NEW = 6,   /* it has not begun */
	CONTROL_KTHREAD_ENDED = 7, /* its function has returned */
};

/* Of an attached thread; or, if @kernel, of a driver's own: then @cpu is that of
 * its worker (-1: it is not pinned), @prio is the one it has now, and all that
 * is about requests is 0. */
struct control_thread_info {
	uint64_t next;
	int32_t pid, tid;
	int32_t policy, prio;
	int32_t cpu;	  /* where its last request came from, -1: none yet */
	uint32_t busy;	  /* 1: in an oob call right now */
	int32_t busy_fd;  /* on that descriptor */
	uint32_t busy_op; /* enum channel_op */
	struct control_slot slot;
	uint64_t nr_requests;
	uint64_t nr_wakeups; /* requests which found the worker asleep */
	uint64_t stack_used; /* deepest, in bytes */
	uint64_t busy_file;  /* the file_id it is inside of, 0: none */
	uint32_t kernel;     /* 1: a kernel thread */
	uint32_t state;	     /* of one: enum control_kthread_state; else 0 */
	char driver[32];     /* whose it is; else "" */
	char name[CONTROL_NAME_MAX];
};

struct control_channel_info {
	uint64_t next;
	int32_t pid;
	uint32_t index;
	uint32_t worker;
	uint32_t nr_threads;
	uint32_t hot;	/* 1: polled right now */
	uint32_t state; /* 0 being set up, 1 live, 2 draining */
	uint64_t nr_requests;
	char comm[16];
};

/* What a node's driver can do. */
enum control_op {
	CONTROL_OP_READ = 1,
	CONTROL_OP_WRITE = 2,
	CONTROL_OP_IOCTL = 4,
	CONTROL_OP_POLL = 8,
	CONTROL_OP_MMAP = 16,
	CONTROL_OP_OOB = 256, /* times the first four: the same out-of-band */
};

struct control_node_info {
	uint64_t next;
	uint32_t major, minor; /* as the driver knows it */
	uint32_t mode;
	uint32_t uid, gid;
	uint32_t nr_open;	     /* open file descriptions */
	uint32_t oob;		     /* 1: its operations include oob ones */
	uint32_t ops;		     /* enum control_op, any of them */
	char path[CONTROL_PATH_MAX]; /* relative to devdir */
	char driver[32];
};

struct control_file_info {
	uint64_t next;
	uint64_t file_id;
	int32_t pid; /* who opened it */
	uint32_t flags;
	uint32_t nr_fds;    /* descriptors bound to it, over all processes */
	uint32_t nr_refs;   /* oob references held right now */
	uint32_t oob;	    /* 1: oob-capable */
	uint32_t releasing; /* 1: close waits for the references to go */
	char path[CONTROL_PATH_MAX];
};

enum control_watch {
	CONTROL_WATCH_SERVICES = 1, /* nr_memory, nr_waits are counted */
	CONTROL_WATCH_SYSCALLS = 2, /* nr_syscalls are */
	CONTROL_WATCH_HOGS = 4,	    /* nr_hogs are */
};

struct control_driver_info {
	uint64_t next;
	uint32_t nr_nodes;
	uint32_t nr_files;   /* open */
	uint32_t nr_refs;    /* files, drivers that use it, its own */
	uint32_t generation; /* how often one of that name was loaded */
	uint32_t watched;    /* enum control_watch, any of them */
	uint32_t reserved;
	/* Requests its handlers were called for, on either stage. */
	uint64_t nr_oob, nr_inband;
	/* How often its out-of-band code broke the golden rule. */
	uint64_t nr_syscalls;
	uint64_t nr_memory; /* kmalloc(), kfree() ... */
	uint64_t nr_waits;  /* mutex_lock(), wait_event() ... */
	uint64_t nr_hogs;   /* and how often it kept a worker for too long */
	char state[8];	    /* "coming", "live", "going" */
	char name[32];
	char path[CONTROL_PATH_MAX];
	char uses[64]; /* other drivers: "one, two" */
};

struct control_driver_order {
	char name[1024];    /* an absolute path, or a name */
	uint32_t nr_params; /* 0 to unload */
	uint32_t reserved;
	char params[2048]; /* "name=value", each with its 0; zeroes behind */
};

struct control_driver_answer {
	char text[1024]; /* what went wrong, and what to do */
};

/* Larger than any other: not a control_message. */
struct control_driver_message {
	struct control_header header;
	union {
		struct control_driver_order order;
		struct control_driver_answer answer;
	} u;
};

struct control_message {
	struct control_header header;
	union {
		struct control_channel channel;
		struct control_attach attach;
		struct control_slot slot;
		struct control_unbind unbind;
		struct control_sync sync;
		struct control_rdev rdev;
		struct control_mmap mmap;
		struct control_mapping mapping;
		struct control_segment segment;
		struct control_munmap munmap;
		struct control_query query;
		struct control_errand errand;
		struct control_errand_done errand_done;
		struct control_daemon_info daemon_info;
		struct control_thread_info thread_info;
		struct control_channel_info channel_info;
		struct control_node_info node_info;
		struct control_file_info file_info;
		struct control_driver_info driver_info;
	} u;
};

/* A message is the header and exactly the member its type names. */
#define CONTROL_SIZE(member)             \
	(sizeof(struct control_header) + \
	 sizeof(((struct control_message *)0)->u.member))

/*
 * The same for 32-bit processes, whose 64-bit words are aligned to 4 bytes on
 * some architectures: each lies on a multiple of 8, as do the ends of structs
 * with such words in them.
 */
static_assert(sizeof(struct control_hello) == 32, "ABI");
static_assert(offsetof(struct control_hello, compat) == 20, "ABI");
static_assert(offsetof(struct control_welcome, mount_dev) == 32, "ABI");
static_assert(offsetof(struct control_welcome, worker_cpus) == 56, "ABI");
static_assert(sizeof(struct control_welcome) == 40 + 16 + 128 + 256 + 32,
	      "ABI");
static_assert(sizeof(struct control_header) == 16, "ABI");
static_assert(sizeof(struct control_channel) == 8, "ABI");
static_assert(sizeof(struct control_slot) == 8, "ABI");
static_assert(sizeof(struct control_attach) == 16, "ABI");
static_assert(sizeof(struct control_mmap) == 40, "ABI");
static_assert(sizeof(struct control_mapping) == 32, "ABI");
static_assert(sizeof(struct control_segment) == 32, "ABI");
static_assert(sizeof(struct control_munmap) == 8, "ABI");
static_assert(sizeof(struct control_unbind) == 16, "ABI");
static_assert(offsetof(struct control_unbind, file_id) == 8, "ABI");
static_assert(sizeof(struct control_sync) == 8, "ABI");
static_assert(sizeof(struct control_rdev) == 8, "ABI");
static_assert(sizeof(struct control_errand) == 32, "ABI");
static_assert(offsetof(struct control_errand, file_id) == 16, "ABI");
static_assert(sizeof(struct control_errand_done) == 16, "ABI");
static_assert(offsetof(struct control_errand_done, rdev) == 8, "ABI");
static_assert(sizeof(struct control_query) == 16, "ABI");
static_assert(offsetof(struct control_query, cursor) == 8, "ABI");
static_assert(sizeof(struct control_daemon_info) == 56 + 128 + 8 + 256 + 32,
	      "ABI");
static_assert(offsetof(struct control_daemon_info, worker_cpus) == 56, "ABI");
static_assert(sizeof(struct control_thread_info) == 88 + 32 + 64, "ABI");
static_assert(offsetof(struct control_thread_info, nr_requests) == 48, "ABI");
static_assert(sizeof(struct control_channel_info) == 56, "ABI");
static_assert(offsetof(struct control_channel_info, nr_requests) == 32, "ABI");
static_assert(sizeof(struct control_node_info) == 40 + 256 + 32, "ABI");
static_assert(sizeof(struct control_file_info) == 40 + 256, "ABI");
static_assert(offsetof(struct control_driver_info, nr_oob) == 32, "ABI");
static_assert(sizeof(struct control_driver_info) == 80 + 8 + 32 + 256 + 64,
	      "ABI");
static_assert(sizeof(struct control_driver_order) == 1024 + 8 + 2048, "ABI");
static_assert(sizeof(struct control_driver_message) == 16 + 3080, "ABI");

#endif /* _EVL_WIRE_CONTROL_H */
