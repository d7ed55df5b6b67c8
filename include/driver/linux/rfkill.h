/* SPDX-License-Identifier: MIT */
#error "evl-cused has no rfkill switches: see 'Which headers' in drivers/README.md"
