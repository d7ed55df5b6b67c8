/* SPDX-License-Identifier: MIT */
/* The system's own, for those of its headers which need it. */
#if defined(_HIDRAW_H) || defined(__UHID_H_)
#include_next <linux/hid.h>
#else
#error "evl-cused has no HID devices: see 'Which headers' in drivers/README.md"
#endif
