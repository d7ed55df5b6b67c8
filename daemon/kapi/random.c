/* SPDX-License-Identifier: MIT */
#include <linux/random.h>

#include "kapi/export.h"
#include "kapi/golden-rule.h"

#include <stdlib.h>
#include <sys/random.h>

EXPORT void get_random_bytes(void *buf, size_t len)
{
	char *at = buf;
	ssize_t got;

	golden_rule_note(BREACH_SYSCALL, "get_random_bytes");
	while (len > 0) {
		/* Up to 256 bytes come at once, whatever happens meanwhile. */
		stage_lenient();
		got = getrandom(at, len < 256 ? len : 256, 0);
		stage_strict();
		/* Nobody shall go on with what was in the buffer before. */
		if (got <= 0)
			abort();
		at += got;
		len -= (size_t)got;
	}
}
