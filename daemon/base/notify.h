/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Tell who started us ($NOTIFY_SOCKET, as systemd's Type=notify and our tests
 * set it) how things stand: "READY=1", "STOPPING=1". Nobody asked: nothing.
 */
void notify(const char *state);
