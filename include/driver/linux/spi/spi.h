/* SPDX-License-Identifier: MIT */
/* The system's own, for those of its headers which need it. */
#ifdef SPIDEV_H
#include_next <linux/spi/spi.h>
#else
#error "evl-cused has no SPI: see 'Which headers' in drivers/README.md"
#endif
