/* SPDX-License-Identifier: MIT */
/*
 * In-band ioctls every one of our nodes understands, whatever driver is behind
 * it. They travel through the kernel on the very descriptor they are about,
 * which proves to the daemon that the caller holds it.
 */
#ifndef _EVL_WIRE_BIND_H
#define _EVL_WIRE_BIND_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>

/* The secret comes from the caller's own connection: nobody else may put a
 * file into its table. */
struct bind_request {
	uint8_t secret[16];
	int32_t fd;   /* the descriptor's number in the caller */
	uint32_t tag; /* the number's age; the errand's for BIND_IOC_SPARE */
	/* Filled by the daemon: */
	uint64_t file_id; /* never reused, not zero */
	uint32_t oob;	  /* 1: oob operations are possible on it */
	uint32_t flags;	  /* the file's flags as the daemon knows them */
};

/* EVL_IOC_CLONE with everything inline, so that the daemon need not reach
 * into the caller's memory. */
struct bind_clone {
	char name[64];	   /* "" for none */
	uint8_t attrs[64]; /* the class's attribute block, zero padded */
	uint32_t attrs_len;
	uint32_t flags; /* EVL_CLONE_* */
	/* Filled by the daemon: */
	uint32_t minor;
	uint32_t fundle;
	uint32_t state_offset;
	uint32_t reserved; /* zero */
};

/* An ioctl for the driver, past a kernel which would answer it. */
struct bind_ioctl {
	uint64_t arg;
	uint32_t cmd;
	uint32_t reserved; /* zero */
};

static_assert(sizeof(struct bind_request) == 40, "ABI");
static_assert(sizeof(struct bind_ioctl) == 16, "ABI");
static_assert(offsetof(struct bind_request, file_id) == 24, "ABI");
static_assert(sizeof(struct bind_clone) == 64 + 64 + 24, "ABI");

/*
 * A thread may have sent its ioctl when another one gives the number to another
 * file and binds that, and arrive after it. So a number has an age, which goes
 * up when it changes hands, and who is older than the last one comes too late.
 * Ages are 1 to BIND_MAX_AGE, then 1 again; one half of them is younger than
 * one, the other is older. 0 is always in time, and before everybody else.
 */
#define BIND_MAX_AGE 32768u /* 2^15 */

/* Bind: -EPERM no client has that secret; -EMFILE too many; -ESTALE too late.
 * Always harmless to repeat. On foreign files the kernel answers ENOTTY. */
#define BIND_IOC_BIND _IOWR(0xec, 0x70, struct bind_request)
/* The file's status flags changed by F_SETFL: the new ones. */
#define BIND_IOC_SETFL _IOW(0xec, 0x71, uint32_t)
/* This is the descriptor of a CONTROL_ERRAND_OPEN, whose number is in
 * ->tag. -ENOENT: nobody waits for it any more. */
#define BIND_IOC_SPARE _IOWR(0xec, 0x73, struct bind_request)
#define BIND_IOC_CLONE _IOWR(0xec, 0x72, struct bind_clone)
/* The FUSE front's nodes are regular files to the kernel, which answers some
 * ioctls of such by itself: this one brings the daemon those, too. -EINVAL: it
 * is not well-formed. */
#define BIND_IOC_IOCTL _IOW(0xec, 0x74, struct bind_ioctl)

#endif /* _EVL_WIRE_BIND_H */
