/* SPDX-License-Identifier: MIT */
/*
 * Chores: bytes of ours which a driver wants, or has for us, moved by the
 * thread that waits for it (wire/channel.h). We see to it that a bad pointer is
 * a short count, whoever made it.
 */
#pragma once

#include <stdint.h>
#include <wire/channel.h>
#include "reach.h"

/* Do the one that stands in @slot. Returns how many bytes were moved. May be
 * left at any instruction, and done again. */
uint32_t chore_do(struct channel_header *hdr, struct channel_slot *slot,
		  struct reach *reach);
