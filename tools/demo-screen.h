/* SPDX-License-Identifier: MIT */
/*
 * The viewer's picture: bars for delays in steps of 1, 2, 5, 10 ... us, as
 * long as the logarithm of how often they occurred, and a line of figures.
 */
#pragma once

#include "demo-histogram.h"

#include <stdbool.h>
#include <stddef.h>

struct picture {
	const struct histogram *hist;
	uint64_t nr_lost;
	double seconds;
	bool realtime; /* the sampler is */
};

/* The line of figures, without a newline. */
void screen_line(const struct picture *pic, char *buf, size_t size);
/* All of it, once, as a text. */
void screen_print(const struct picture *pic);
/* All of it, over what screen_draw() drew before. */
void screen_draw(const struct picture *pic);
/* Leave the picture there and give the cursor back. */
void screen_leave(void);
