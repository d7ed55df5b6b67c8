/* SPDX-License-Identifier: MIT */
#error "evl-cused has no performance events: see 'Which headers' in drivers/README.md"
