/* SPDX-License-Identifier: MIT */
/* A shared object like any other. */

int not_a_driver(void);

__attribute__((visibility("default"))) int not_a_driver(void)
{
	return 42;
}
