/* SPDX-License-Identifier: MIT */
#include "dice.h"

static uint64_t state;

void dice_seed(uint64_t seed)
{
	state = seed;
}

uint32_t any(void)
{
	/* SplitMix64: any seed will do. */
	uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);

	return (uint32_t)(z >> 32);
}

uint32_t below(uint32_t limit)
{
	return any() % limit;
}

bool one_in(uint32_t n)
{
	return below(n) == 0;
}

uint32_t number(void)
{
	static const uint32_t edges[] = {
		63,	  64,	      65,	  4095,	      4096,
		16383,	  16384,      16385,	  65536,      (1u << 20) - 1,
		1u << 20, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff,
	};

	if (one_in(4))
		return edges[below(sizeof(edges) / sizeof(edges[0]))];

	return one_in(8) ? any() : below(16);
}
