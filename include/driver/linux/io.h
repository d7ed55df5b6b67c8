/* SPDX-License-Identifier: MIT */
/* Source: driver-api 5.4 */
#ifndef _LINUX_IO_H
#define _LINUX_IO_H

#include <asm/io.h>
#include <linux/err.h>

#define IOMEM_ERR_PTR(err) ((void __iomem *)ERR_PTR(err))

#endif /* _LINUX_IO_H */
