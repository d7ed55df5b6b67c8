/* SPDX-License-Identifier: MIT */
/* The name some distributions of libevl have for this header.
 * Source: user-api 2.1 */
#ifndef _EVL_FACTORY_H
#define _EVL_FACTORY_H

#include <uapi/evl/factory.h>

#endif /* _EVL_FACTORY_H */
