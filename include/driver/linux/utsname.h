/* SPDX-License-Identifier: MIT */
#error "evl-cused has no utsname(): see 'Which headers' in drivers/README.md"
