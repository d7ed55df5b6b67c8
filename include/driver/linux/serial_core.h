/* SPDX-License-Identifier: MIT */
#error "evl-cused has no serial ports: see 'Which headers' in drivers/README.md"
