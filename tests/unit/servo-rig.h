/* SPDX-License-Identifier: MIT */
/*
 * Platform drivers which note what happened to them: "probe servo.1, remove
 * servo.1, gone servo.1", the last when what the device owns is given back.
 */
#pragma once

#include "bus/platform.h"

#include <linux/platform_device.h>

extern struct platform_driver servo_driver, other_driver;
int servo_probe(struct platform_device *pdev);
void servo_remove(struct platform_device *pdev);
extern int servo_answer; /* of the next probe functions */

/* Checked fixtures: the in-band stage, and no devices. */
void servo_setup(void);
void servo_teardown(void);

/* One more thing that happened. */
void servo_note(const char *what, const char *whom);
/* What it was, which is forgotten. */
const char *servo_happened(void);

/* Run @func on a fiber, and what it queues. */
void servo_run(void (*func)(void *arg));
/* A device which the configuration has. */
int servo_configure(const char *name);
