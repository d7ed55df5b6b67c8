/* SPDX-License-Identifier: MIT */
#error "evl-cused has no packet filters: see 'Which headers' in drivers/README.md"
