/* SPDX-License-Identifier: MIT */
/*
 * What a daemon of the same user left when it was killed: its FUSE mount, which
 * nobody answers for any more, and links from /dev into that.
 *
 * Stage: before there are any, on the only thread: this forks.
 */
#pragma once

/*
 * Remove it, wherever it was mounted, and also links to @linked if nothing is
 * mounted there. What cannot be removed is logged. A daemon which does not answer,
 * but lives, has a second to do so, and is left alone.
 */
void leftover_remove(const char *linked);
