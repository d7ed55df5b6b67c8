/* SPDX-License-Identifier: MIT */
#error "evl-cused has no notifiers of memory shortage: see 'Which headers' in drivers/README.md"
