/* SPDX-License-Identifier: MIT */
/* Random numbers from a seed, with a liking for those at which things break. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

void dice_seed(uint64_t seed);
uint32_t any(void);
/* 0 to @limit - 1 */
uint32_t below(uint32_t limit);
bool one_in(uint32_t n);
/* Mostly small, else at an edge. */
uint32_t number(void);
