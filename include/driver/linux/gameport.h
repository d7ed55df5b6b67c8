/* SPDX-License-Identifier: MIT */
#error "evl-cused has no game ports: see 'Which headers' in drivers/README.md"
