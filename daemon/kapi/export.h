/* SPDX-License-Identifier: MIT */
#pragma once

/* Part of the API which loaded drivers link to; all else stays hidden. */
#define EXPORT __attribute__((visibility("default")))
