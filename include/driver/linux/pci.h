/* SPDX-License-Identifier: MIT */
#error "evl-cused has no PCI: see 'Which headers' in drivers/README.md"
