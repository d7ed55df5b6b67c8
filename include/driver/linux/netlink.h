/* SPDX-License-Identifier: MIT */
#error "evl-cused has no netlink: see 'Which headers' in drivers/README.md"
