/* SPDX-License-Identifier: MIT */
#error "evl-cused has no frame buffers: see 'Which headers' in drivers/README.md"
