/* SPDX-License-Identifier: MIT */
#error "evl-cused has no IOMMU: see 'Which headers' in drivers/README.md"
