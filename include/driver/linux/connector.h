/* SPDX-License-Identifier: MIT */
#error "evl-cused has no connectors: see 'Which headers' in drivers/README.md"
