/* SPDX-License-Identifier: MIT */
#error "evl-cused has no network devices: see 'Which headers' in drivers/README.md"
