/* SPDX-License-Identifier: MIT */
/*
 * The process of an isolated driver, as no process of ours would be: the test's own
 * program, started by what is tested. It does what parameter act= says.
 */
#pragma once

/* Whose answers to READ and what goes with them are not in order. */
enum evil_act {
	/* Of one which is in order: */
	EVIL_NOT,
	/* Before it is ready: */
	EVIL_EXIT,
	EVIL_REFUSE, /* -EBUSY, with EVIL_TEXT */
	EVIL_POSITIVE,
	EVIL_PATH,
	EVIL_TAKEN, /* "taken" */
	EVIL_MANY,
	EVIL_SAME_NODE,
	EVIL_NO_END,  /* of a text */
	EVIL_DEVICES, /* which are not, or no longer, to be had */
	/* In place of an answer: */
	EVIL_QUIT,
	EVIL_CLOSE,
	EVIL_SHORT,
	EVIL_TYPE,
	EVIL_READY_AGAIN,
	EVIL_OTHER_SLOT,
	EVIL_FAR_SLOT,
	EVIL_WORD,
	EVIL_TAIL,
	EVIL_FAR_EVENT,
	EVIL_CHORE_LEN,
	EVIL_CHORE_OP,
	EVIL_CHORE_TWICE,
	EVIL_SILENCE,
	/* Beside an answer: */
	EVIL_TWICE,
	EVIL_WRITTEN,
	EVIL_HEAD,
	EVIL_EVENT,
	/* An answer which is none: */
	EVIL_COUNT,
	EVIL_ERRNO,
	EVIL_CHORE_ADDR, /* then what came of it */
	/* To MMAP: */
	EVIL_MAP_FD,	   /* which is none */
	EVIL_MAP_UNSEALED, /* could be made shorter */
	EVIL_MAP_RANGE,	   /* beyond the area */
	EVIL_MAP_MANY,	   /* more than there is room for */
};

#define EVIL_TEXT  "it does not want to"
#define EVIL_BYTES "evils" /* what READ reads */

int be_evil(void);
