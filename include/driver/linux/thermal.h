/* SPDX-License-Identifier: MIT */
#error "evl-cused has no thermal zones: see 'Which headers' in drivers/README.md"
