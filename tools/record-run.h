/* SPDX-License-Identifier: MIT */
/* Recording: what a device gives, and is given, until it is enough. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define RECORD_IOCTLS_MAX 64

struct record_ioctl {
	unsigned int cmd;
	uint32_t size; /* of what it answers, in bytes */
};

struct record_job {
	const char *device, *path;
	bool oob;   /* read out-of-band */
	bool pass;  /* stdin to the device, the device to stdout */
	bool quiet; /* nothing but errors on stderr */
	/* When it is enough; 0: not by itself. */
	uint64_t duration; /* ns */
	uint64_t count;	   /* reads */
	uint64_t size;	   /* bytes read */
	/* Asked first. */
	struct record_ioctl ioctls[RECORD_IOCTLS_MAX];
	int nr_ioctls;
};

/* Until a signal at the latest. The exit status; stderr says what is wrong. */
int record_run(const struct record_job *job);
