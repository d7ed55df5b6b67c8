/* SPDX-License-Identifier: MIT */
#error "evl-cused has no I2C: see 'Which headers' in drivers/README.md"
