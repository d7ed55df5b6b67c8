/* SPDX-License-Identifier: MIT */
#include "rules.h"

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/string.h>

#define SPEED_MAX 1000000000 /* in thousandths */

struct rules replay_rules = { .speed = SPEED_ONE };
module_param_named(loop, replay_rules.loop, bool, 0444);
MODULE_PARM_DESC(loop, "begin anew at the end (no)");
module_param_named(packets, replay_rules.packets, bool, 0444);
MODULE_PARM_DESC(packets, "what a short read leaves is lost (no)");

/* "2", "0.5": thousandths are enough. */
static int set_speed(const char *val, const struct kernel_param *kp)
{
	u64 speed = 0;
	int places = -1;

	if (*val < '0' || *val > '9')
		return -EINVAL;
	for (; *val; val++) {
		if (*val == '.' && places < 0)
			places = 0;
		else if (*val < '0' || *val > '9' || places == 3)
			return -EINVAL;
		else
			speed = speed * 10 + (u64)(*val - '0');
		places += places >= 0 && *val != '.';
		if (speed > SPEED_MAX)
			return -ERANGE;
	}
	for (places = places < 0 ? 0 : places; places < 3; places++)
		speed *= 10;
	if (speed > SPEED_MAX)
		return -ERANGE;
	*(unsigned int *)kp->arg = (unsigned int)speed;

	return 0;
}

static int set_writes(const char *val, const struct kernel_param *kp)
{
	static const char *const values[] = {
		[WRITES_CHECK] = "check",
		[WRITES_STRICT] = "strict",
		[WRITES_ACCEPT] = "accept",
	};
	int index = match_string(values, ARRAY_SIZE(values), val);

	if (index < 0)
		return index;
	*(enum write_rule *)kp->arg = (enum write_rule)index;

	return 0;
}

static const struct kernel_param_ops speed_ops = { .set = set_speed };
module_param_cb(speed, &speed_ops, &replay_rules.speed, 0444);
MODULE_PARM_DESC(speed, "times as fast as recorded, 0: at once (1)");

static const struct kernel_param_ops writes_ops = { .set = set_writes };
module_param_cb(writes, &writes_ops, &replay_rules.writes, 0444);
MODULE_PARM_DESC(writes, "check, strict or accept what is written (check)");
