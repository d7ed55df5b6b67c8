/* SPDX-License-Identifier: MIT */
/* What the command line and the configuration file ask for. */
#pragma once

#include "config-device.h"
#include "kapi/golden-rule.h"
#include "stage/oob.h"

#include <sched.h>
#include <stdbool.h>
#include <sys/types.h>

#define CONFIG_MAX_DRIVERS 64
#define CONFIG_MAX_DEVICES 64
#define CONFIG_MAX_CPUS	   64

/* A driver to be loaded at start. */
struct config_driver {
	char *name;    /* owned: a path, or what it is called */
	char *path;    /* owned: where the file says it is; NULL: see @name */
	char **params; /* owned, "name=value"; later ones count */
	unsigned int nr_params;
	bool isolate;
};

struct config {
	const char *front; /* "auto", "cuse", "fuse" */
	char *socket;	   /* owned */
	char *mount;	   /* owned */
	struct config_driver drivers[CONFIG_MAX_DRIVERS];
	unsigned int nr_drivers;
	unsigned int nr_of_file; /* the first ones */
	struct config_device devices[CONFIG_MAX_DEVICES];
	unsigned int nr_devices;
	int cpus[CONFIG_MAX_CPUS];
	unsigned int nr_cpus;
	int priority;
	enum oob_spin spin;
	unsigned int spin_us;
	bool poll_wake_all;
	enum golden_rule golden_rule;
	unsigned int watchdog_ms; /* 0: none */
	mode_t mode;
	gid_t gid; /* (gid_t)-1: ours */
	unsigned int max_clients;
	unsigned int max_threads;
	unsigned int max_xbufs;
	bool verbose;
	cpu_set_t affinity; /* where we may run, when we began */
};

/* Exit statuses, for who starts us. */
enum config_exit {
	EXIT_OTHER = 1,
	EXIT_USAGE = 2,
	EXIT_NO_FRONT = 3, /* neither CUSE nor FUSE to be had, mount refused */
	EXIT_DRIVER = 4,   /* a driver cannot be loaded */
	EXIT_RUNNING = 5,  /* another daemon serves that socket */
};

/* Fill @config from the configuration file, then from the command line, or exit
 * with a message. */
void config_parse(struct config *config, int argc, char **argv);
void config_free(struct config *config);
