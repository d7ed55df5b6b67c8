/* SPDX-License-Identifier: MIT */
/*
 * A remote is an isolated driver as the daemon sees it: the process which its
 * driver runs in (its host), what is shared with that, the nodes it has, and the
 * files which are open.
 *
 *	coming	the process was started; its driver's init function runs
 *	live	that returned
 *	dead	the process has ended, or never began: whoever is inside gets
 *		-ENODEV, on both stages, and so does who comes
 *
 * It is never alive again: loaded once more, a driver has another remote. Made
 * and freed in-band; freed once it is dead, the workers have let go of it, and no
 * node and no file has it.
 *
 * Nothing that the host writes is believed. What a call costs the daemon has a
 * limit (wire.h), and who does not keep to the rules is killed.
 */
#pragma once

#include "isolate/lane.h"
#include "isolate/wire.h"
#include "kapi/irq.h"
#include "stage/pi-mutex.h"
#include "stage/wait.h"

#include <ev.h>
#include <linux/device.h>
#include <linux/irq_work.h>
#include <linux/list.h>
#include <linux/module.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct remote_file;
struct remote;

/* An interrupt of a device which the host has, devices.c. */
struct remote_irq {
	struct remote *remote;
	struct irq_tap tap;
	struct stage_item item;	 /* posted to the first worker */
	_Atomic(bool) posted;	 /* it is */
	unsigned int nr_devices; /* which have it; in-band */
};

/* What the loader has for the driver; for good, as all of its kind. */
struct stand_in {
	struct module mod;
	struct remote *remote; /* one reference; NULL: it is gone */
};

struct remote {
	unsigned int refs; /* in-band */
	_Atomic(bool) dead;
	_Atomic(bool) distrusted;
	_Atomic(bool) told_foreign;
	struct irq_work kill_work;
	/* What it is to run; owned. */
	char *name, *path, **params;
	unsigned int nr_params;
	struct stand_in *stand_in; /* NULL: the loader has none any more */
	/* The process. */
	pid_t pid;
	int pid_fd, sock; /* owned */
	ev_io pid_io, sock_io;
	/* What is shared. */
	struct isolate_shared *shared; /* owned mapping */
	size_t shared_size;
	struct lane *lanes; /* owned */
	unsigned int nr_lanes;
	unsigned int nr_attached; /* lanes which workers have */
	/* What it said last. */
	struct wait_queue talk;
	bool ready, ended;
	int result;
	char text[ISOLATE_TEXT];
	struct list_head nodes;
	unsigned int nr_nodes, nr_orders; /* shown, about to be */
	/* By their numbers; under the lock, for workers look, too. */
	struct pi_mutex files_lock;
	struct remote_file *files[ISOLATE_FILES];
	unsigned int next_file;
	/* Who has the devices which the host has, as the bus sees it. */
	struct device_driver borrower;
	struct remote_irq irqs[NR_SIM_IRQS + 1];
	struct list_head link; /* all of them */
};

struct remote *remote_new(const char *name, const char *path,
			  char *const params[], unsigned int nr);
/* The loader's is not there any more. */
void remote_drop_stand_in(struct remote *remote);
void remote_get(struct remote *remote);
/* In-band. */
void remote_put(struct remote *remote);

/* Its process is there: from now on it is alive, and that one's death is what ends
 * it. 0, or -errno, and it is alive. */
int remote_attach(struct remote *remote);

/*
 * Start the process and have the driver loaded in it. From a fiber. Blocks: as long
 * as the driver's init function. 0, or -errno, after a complaint.
 */
int remote_load(struct remote *remote);
/* Have the driver unloaded, whatever it says if @force, and the process end. From a
 * fiber. Blocks: as long as its exit function; but if @force five seconds at most.
 * 0, or -errno, after a complaint. */
int remote_unload(struct remote *remote, bool force);

static inline bool remote_is_dead(struct remote *remote)
{
	/* seq_cst: pairs with remote_died(), see call.c. */
	return atomic_load_explicit(&remote->dead, memory_order_seq_cst);
}

/* The host has not kept to the rules: kill it. Any stage. */
void remote_distrust(struct remote *remote, const char *what);

/* File @index has had an event. On the lane's thread. */
void remote_event(struct remote *remote, uint32_t index, bool inband);

/* Kill those which are asked something and do not answer, from now on. In-band. */
void remote_kill_busy(void);
/* All of them, and wait until they have ended. From the loop's own ground. */
void remote_kill_all(void);
