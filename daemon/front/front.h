/* SPDX-License-Identifier: MIT */
/*
 * A front makes nodes visible to the kernel and turns what the kernel sends
 * into vfs requests: real character devices through /dev/cuse, or files of a
 * FUSE mount. One front serves the process; front_start() chooses it.
 *
 * Stage: in-band. The front lives on the libev loop of stage/inband.h. Start,
 * hangup and stop are for the loop's own ground, not for a fiber.
 */
#pragma once

#include "stage/clock.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct node;

struct front_config {
	const char *want;  /* "cuse", "fuse" or "auto" */
	const char *mount; /* FUSE: the mount point, made if missing */
	bool link_dev;	   /* FUSE: link nodes from /dev to the mount (root) */
};

/* What cuse.c and fuse.c implement. Nodes are added and removed by the vfs's
 * node table (vfs/node.h) through struct node_host, which front.c registers. */
struct front {
	const char *name; /* "cuse", "fuse" */
	/* May the kernel be reached this way here and now? 0, or -errno with
	 * one line in *r_why that names the thing and the remedy. */
	int (*probe)(const struct front_config *config, const char **r_why);
	int (*start)(const struct front_config *config, const char **r_why);
	/* Cut the connection: see front_hangup(). Does not wait. */
	void (*hangup)(void);
	/* Hung up, every node is gone, nothing is under way. */
	void (*stop)(void);
	/* Make @node visible / take it away. add: open(2) of it works when it
	 * returns. remove: later opens fail; files that are open go on until
	 * they are released, the front keeps what it needs for them. */
	int (*add)(struct node *node);
	void (*remove)(struct node *node);
	/* A file became one of another node, see struct node_host. NULL: the
	 * kernel keeps owner and mode itself. */
	int (*move_file)(void *front_data, struct node *node);
	/* Take in every request the kernel has queued by now. */
	void (*drain)(void);
	bool (*owns_rdev)(uint64_t rdev);
	const char *(*devdir)(void);
};

extern const struct front front_cuse;
extern const struct front front_fuse;

/*
 * Choose and start. "auto" takes cuse if /dev/cuse can be opened, else fuse.
 * Says in the log which one and why. On failure one line on the log names the
 * thing and the remedy (both of them, with "auto"). Nodes listed already are
 * shown now.
 */
int front_start(const struct front_config *config);

/* For drivers' handlers to end. */
#define FRONT_PATIENCE_NS (5 * NS_PER_SEC)

/*
 * Cut the connection to the kernel: its callers are answered -ENODEV, sleeping
 * handlers are broken, every open file is released. Serves the loop until all
 * that has ended, or until @deadline: what is under way then is left behind.
 */
void front_hangup(uint64_t deadline);
/* Name handlers that were left behind in the log. */
void front_report(void);

/* Hang up, if nobody has; unmount, unlink. */
void front_stop(void);

/* The connection was lost, by somebody else's doing; the loop was broken. */
bool front_lost(void);

/* The one in use, NULL before front_start(). */
const struct front *front_current(void);
/* "cuse: ...": which one and why, the line that was logged. */
const char *front_reason(void);
/* FUSE: st_dev of the files on the mount; 0 with CUSE. */
uint64_t front_mount_dev(void);
/* CUSE: is @rdev (as st_rdev) one of our devices? */
bool front_owns_rdev(uint64_t rdev);
/* Where the nodes are as a client sees them: "/dev" or the mount point. */
const char *front_devdir(void);

/* For the fronts: it is no use going on. */
void front_set_lost(void);
