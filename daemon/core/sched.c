/* SPDX-License-Identifier: MIT */
#include <evl/sched.h>

#include "kapi/export.h"
#include "stage/stage.h"

EXPORT bool running_oob(void)
{
	return stage_self && stage_self->oob;
}

EXPORT bool evl_in_irq(void)
{
	return running_oob() && fiber_current() == NULL;
}
