/* SPDX-License-Identifier: MIT */
#pragma once

#include "wire/control.h"

#include <stddef.h>

/* Answer CONTROL_QUERY in place: one record of a table into @msg->u, *r_size
 * bytes. -ENOENT: no further one; -EINVAL: no such table. In-band. */
int query_table(struct control_message *msg, size_t *r_size);
