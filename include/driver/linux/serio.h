/* SPDX-License-Identifier: MIT */
#error "evl-cused has no serio ports: see 'Which headers' in drivers/README.md"
