/* SPDX-License-Identifier: MIT */
/* What /dev/keeper and /dev/keeper-shared do by ioctl(2) and by oob_ioctl(). */
#pragma once

#include <sys/ioctl.h>

#define KEEPER_GET  _IO('k', 1) /* refers to the file of this descriptor */
#define KEEPER_PUT  _IO('k', 2) /* to none any more; -ENOENT: it did not */
#define KEEPER_WAIT _IO('k', 3) /* for KEEPER_WAKE or a signal; oob only */
#define KEEPER_WAKE _IO('k', 4) /* one of all who wait */
#define KEEPER_OWN  _IO('k', 5) /* is this descriptor of this very file? */
/* As KEEPER_GET, with a lock held meanwhile: */
#define KEEPER_GET_SPIN	 _IO('k', 6)
#define KEEPER_GET_MUTEX _IO('k', 7)
