/* SPDX-License-Identifier: MIT */
#error "evl-cused has no sockets: see 'Which headers' in drivers/README.md"
