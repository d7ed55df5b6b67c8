/* SPDX-License-Identifier: MIT */
#error "evl-cused has no keyboard notifiers: see 'Which headers' in drivers/README.md"
