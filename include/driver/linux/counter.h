/* SPDX-License-Identifier: MIT */
#error "evl-cused has no counters: see 'Which headers' in drivers/README.md"
