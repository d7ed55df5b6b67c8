/* SPDX-License-Identifier: MIT */
/* The line which tests of interrupts are about, raised by hand. */
#pragma once

#include "kapi/irq.h"

#include <check.h>
#include <linux/interrupt.h>

#define LINE 5

static inline void raise_it(unsigned int irq)
{
	ck_assert_int_eq(generic_handle_irq(irq), 0);
}
