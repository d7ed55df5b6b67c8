/* SPDX-License-Identifier: MIT */
#error "evl-cused has no rpmsg: see 'Which headers' in drivers/README.md"
