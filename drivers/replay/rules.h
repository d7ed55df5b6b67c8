/* SPDX-License-Identifier: MIT */
/* How traces are replayed: parameters of the driver, for all its devices. */
#ifndef _REPLAY_RULES_H
#define _REPLAY_RULES_H

#include <linux/types.h>

#define SPEED_ONE 1000 /* as it was recorded */

enum write_rule {
	WRITES_CHECK,  /* another one is told of, and stands for the recorded */
	WRITES_STRICT, /* another one fails */
	WRITES_ACCEPT, /* any, at any time: reads do not wait for them */
};

struct rules {
	unsigned int speed; /* in thousandths; 0: at once */
	enum write_rule writes;
	bool loop;    /* begin anew at the end */
	bool packets; /* what a read leaves of a record is lost */
};

/* Not changed once the driver is there. */
extern struct rules replay_rules;

#endif /* _REPLAY_RULES_H */
