/* SPDX-License-Identifier: MIT */
/* The name newer releases of libevl have for this header. */
#ifndef _EVL_FACTORY_ABI_H
#define _EVL_FACTORY_ABI_H

#include <uapi/evl/factory.h>

#endif /* _EVL_FACTORY_ABI_H */
