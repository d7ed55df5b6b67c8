/* SPDX-License-Identifier: MIT */
/*
 * What only root, or the user whose daemon this is, may ask for: to have a driver
 * loaded or unloaded.
 *
 * Stage: in-band, from a fiber. Blocks: as long as the driver's init or exit.
 */
#pragma once

struct client;
struct control_driver_message;

/* Where drivers are looked for by name, "DIR:DIR". Borrowed. */
void order_set_dirs(const char *dirs);

/* Answer CONTROL_DRIVER_LOAD and CONTROL_DRIVER_UNLOAD in place. The result, and
 * why if that is an error. */
int order_load(const struct client *client, struct control_driver_message *msg);
int order_unload(const struct client *client,
		 struct control_driver_message *msg);
