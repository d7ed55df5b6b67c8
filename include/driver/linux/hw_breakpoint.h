/* SPDX-License-Identifier: MIT */
#error "evl-cused has no hardware breakpoints: see 'Which headers' in drivers/README.md"
