/* SPDX-License-Identifier: MIT */
#error "evl-cused has no CD-ROM drives: see 'Which headers' in drivers/README.md"
