/* SPDX-License-Identifier: MIT */
/* What drivers/odd.c is asked. */
#pragma once

#include <linux/ioctl.h>
#include <linux/types.h>

/* Returns its argument, which is no pointer, whatever the command announces. */
#define ODD_VALUE	_IO('o', 1)
#define ODD_VALUE_AS_IF _IOW('o', 2, int)

/* FIONREAD stores this; and FIBMAP, as a bare number, is this. */
#define ODD_NR_TO_READ 77
#define ODD_ONE	       1

/* Stores ODD_FILL_SIZE bytes of 0x5a, and announces less. */
#define ODD_FILL      _IOW('o', 3, int)
#define ODD_FILL_SIZE 64

/* Out-of-band: sleeps until ODD_WAKE or a signal, then stores what came of it,
 * and returns what the sleep did. */
#define ODD_SLEEP _IO('o', 4)
/* On both stages. */
#define ODD_WAKE _IO('o', 5)
/* How often /dev/odd-closed was opened, in vain. */
#define ODD_NR_REFUSED _IO('o', 6)

struct odd_report {
	__u32 nr_sleeps; /* which one this is, of all; 0: it has not ended */
	__s32 ret;
};
