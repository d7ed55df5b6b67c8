/* SPDX-License-Identifier: MIT */
/* The header under test comes by -include. ISO C wants something after it. */
extern int after_the_header;
