/* SPDX-License-Identifier: MIT */
#error "evl-cused has no parallel ports: see 'Which headers' in drivers/README.md"
