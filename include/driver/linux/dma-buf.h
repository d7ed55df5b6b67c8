/* SPDX-License-Identifier: MIT */
#error "evl-cused has no DMA buffers to share: see 'Which headers' in drivers/README.md"
