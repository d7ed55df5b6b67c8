/* SPDX-License-Identifier: MIT */
/* What an xarray does with the numbers of an idr, which it embeds. */
#pragma once

#include <linux/idr.h>
#include <stdbool.h>

/* @id is taken from now on, and for @ptr. 0, or -ENOMEM. */
int idr_put(struct idr *idr, void *ptr, unsigned long id);
/* The first free number from @min to @max, in *@r_id, is for @ptr. 0, or -ENOSPC,
 * -ENOMEM. */
int idr_take(struct idr *idr, void *ptr, unsigned long min, unsigned long max,
	     unsigned long *r_id);
/* Is @id taken, for NULL perhaps? */
bool idr_has(const struct idr *idr, unsigned long id);
/* The first pointer from *@id on, which becomes its number; NULL: none. */
void *idr_next(const struct idr *idr, unsigned long *id);
