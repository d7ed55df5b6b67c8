/* SPDX-License-Identifier: MIT */
#error "evl-cused has no reboot notifiers: see 'Which headers' in drivers/README.md"
