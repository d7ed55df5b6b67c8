/* SPDX-License-Identifier: MIT */
/* The system's own, for those of its headers which need it. */
#if defined(_LINUX_JOYSTICK_H) || defined(__UHID_H_) || defined(__UINPUT_H_)
#include_next <linux/input.h>
#else
#error "evl-cused has no input devices: see 'Which headers' in drivers/README.md"
#endif
