/* SPDX-License-Identifier: MIT */
/*
 * What applications may call. The names are in libevlclient.map, too.
 */
#pragma once

#define EXPORT __attribute__((visibility("default")))
