/* SPDX-License-Identifier: MIT */
/*
 * What the machine and our rights allow a real-time thread: a CPU of its own,
 * SCHED_FIFO, locked memory. What is refused is logged once with its remedy
 * and done without. In-band, at start.
 */
#pragma once

#include <stdbool.h>

/* CPUs this process may run on. */
unsigned int placement_nr_cpus(void);
/* The last of them, -1 if there is only one: leave the others to clients. */
int placement_worker_cpu(void);
bool placement_cpu_usable(int cpu);

/* For the calling thread. False: refused, and logged. */
bool placement_pin(int cpu);
bool placement_set_fifo(int priority);

/* Lock what this process touches from now on. False: refused, and logged. */
bool placement_lock_memory(void);
