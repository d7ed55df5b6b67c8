/* SPDX-License-Identifier: MIT */
/* What /dev/careless does by ioctl(2) and by oob_ioctl(). */
#pragma once

#include <sys/ioctl.h>

#define CARELESS_DEREF	_IO('c', 1) /* adds one to the int at the argument */
#define CARELESS_NESTED _IO('c', 2) /* ... at the pointer there */
#define CARELESS_DEEP	_IO('c', 8) /* ... at the pointer behind that */
/* Stores 7 in the first, as it should, adds one to the second. */
#define CARELESS_STORE	  _IOWR('c', 9, int[2])
#define CARELESS_RELEASES _IO('c', 3) /* returns how many there were */
/* As DEREF, while it holds locks: */
#define CARELESS_LOCKED	 _IO('c', 7)  /* a spin lock */
#define CARELESS_CROSSED _IO('c', 10) /* one of two, first taken last */
#define CARELESS_MUTEX	 _IO('c', 11)
#define CARELESS_BOTH	 _IO('c', 12) /* a mutex, and a spin lock inside */
#define CARELESS_WAITING _IO('c', 13) /* that of a wait queue; oob only */
/* Takes and leaves all of them, as one should; returns how often. */
#define CARELESS_COUNT _IO('c', 14)
/* Crashes which are nobody else's fault: */
#define CARELESS_WILD	 _IO('c', 4) /* CARELESS_ADDRESS */
#define CARELESS_NULL	 _IO('c', 5)
#define CARELESS_STACK	 _IO('c', 6)  /* more stack than there is */
#define CARELESS_LEAP	 _IO('c', 20) /* the same, and touches the end only */
#define CARELESS_CROWDED _IO('c', 15) /* as DEREF, with 9 locks held */
/* Copies 64 bytes and the first word, and goes where its own garbage points to: */
#define CARELESS_POISON	 _IO('c', 16) /* CARELESS_NONE */
#define CARELESS_CALL	 _IO('c', 17) /* calls CARELESS_CODE */
#define CARELESS_STRAY	 _IO('c', 18) /* calls CARELESS_DATA */
#define CARELESS_NO_CALL _IO('c', 19) /* calls CARELESS_NONE */

#define CARELESS_ADDRESS 0x7eadbeef0000
#define CARELESS_NONE	 0x6b6b6b6b6b6b6b6b /* not canonical */
/* Where no daemon has any memory, but callers may. */
#define CARELESS_DATA 0x20000000
#define CARELESS_CODE 0x30000000
