/* SPDX-License-Identifier: MIT */
#error "evl-cused has no IPMI: see 'Which headers' in drivers/README.md"
