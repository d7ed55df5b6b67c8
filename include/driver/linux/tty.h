/* SPDX-License-Identifier: MIT */
#error "evl-cused has no terminals: see 'Which headers' in drivers/README.md"
