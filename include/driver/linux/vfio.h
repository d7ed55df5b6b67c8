/* SPDX-License-Identifier: MIT */
#error "evl-cused has no VFIO: see 'Which headers' in drivers/README.md"
