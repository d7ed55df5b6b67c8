/* SPDX-License-Identifier: MIT */
/*
 * Where this daemon lives: /run/evl-cused for root; for a user a directory of
 * that name in $XDG_RUNTIME_DIR, or a private one below /tmp.
 */
#pragma once

struct config;

/*
 * Fill in the paths the command line left open and make the directory they are
 * in, with its final rights. On failure one line on the log says what to do.
 */
int paths_prepare(struct config *config);
