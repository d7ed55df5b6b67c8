/* SPDX-License-Identifier: MIT */
#error "evl-cused has no sysctl: see 'Which headers' in drivers/README.md"
