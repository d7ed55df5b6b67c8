/* SPDX-License-Identifier: MIT */
#pragma once

/* Let the vfs answer the ioctls of wire/bind.h. In-band. */
void bind_init(void);
