/* SPDX-License-Identifier: MIT */
#error "evl-cused has no WMI: see 'Which headers' in drivers/README.md"
