/* SPDX-License-Identifier: MIT */
/* Source: driver-api 5.2 */
#ifndef _LINUX_GCD_H
#define _LINUX_GCD_H

/* The greatest common divisor. */
static inline unsigned long gcd(unsigned long a, unsigned long b)
{
	unsigned long rest;

	while (b) {
		rest = a % b;
		a = b;
		b = rest;
	}

	return a;
}

#endif /* _LINUX_GCD_H */
