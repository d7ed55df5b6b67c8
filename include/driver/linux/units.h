/* SPDX-License-Identifier: MIT */
/* Powers of ten.
 * Source: driver-api names none of it; as in Linux 6.6 */
#ifndef _LINUX_UNITS_H
#define _LINUX_UNITS_H

#define KILO		   1000UL
#define MEGA		   1000000UL
#define GIGA		   1000000000UL
#define MILLI		   1000UL
#define MICRO		   1000000UL
#define NANO		   1000000000UL
#define HZ_PER_KHZ	   1000UL
#define HZ_PER_MHZ	   1000000UL
#define KHZ_PER_MHZ	   1000UL
#define MILLIWATT_PER_WATT 1000UL

#endif /* _LINUX_UNITS_H */
