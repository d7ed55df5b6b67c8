/* SPDX-License-Identifier: MIT */
/*
 * The devices of the configuration. Each process knows them all, but the daemon
 * alone knows who has which: it is asked before one is probed in here.
 */
#include "bus/bind.h"
#include "bus/platform.h"
#include "isolate/host.h"
#include "isolate/isolate.h"
#include "kapi/mmio.h"

#include <errno.h>
#include <linux/irq.h>
#include <stdio.h>

/* @fds is what the daemon has behind each of its ranges, in their order. */
static int supply(struct platform_device *pdev, int *fds)
{
	const struct resource *res;
	unsigned int nr = 0;
	int ret = 0, err;

	for (u32 i = 0; i < pdev->num_resources; i++) {
		res = &pdev->resource[i];
		if (resource_type(res) != IORESOURCE_MEM)
			continue;
		/* All of them are owned. */
		err = mmio_supply(res->start, fds[nr++]);
		if (ret == 0)
			ret = err;
	}

	return ret;
}

/* Apart from take(), whose message is large enough for a frame. */
static noinline void give_back(struct platform_device *pdev)
{
	struct isolate_message msg = { .type = ISOLATE_DEVICE_GIVE };

	if (!platform_is_configured(pdev))
		return;

	snprintf(msg.text, sizeof(msg.text), "%s", dev_name(&pdev->dev));
	host_send(&msg);
}

static int take(struct platform_device *pdev)
{
	struct isolate_message msg = {
		.type = ISOLATE_DEVICE_TAKE,
		.node = pdev->serial,
	};
	int fds[ISOLATE_RANGES], ret;

	if (!platform_is_configured(pdev))
		return 0;

	snprintf(msg.text, sizeof(msg.text), "%s", dev_name(&pdev->dev));
	ret = host_ask(&msg, ISOLATE_DEVICE_TAKEN, fds, ISOLATE_RANGES);
	if (ret)
		return ret;
	ret = supply(pdev, fds);
	if (ret) {
		dev_err(&pdev->dev, "its registers are out of reach: %d\n",
			ret);
		give_back(pdev);
	}

	return ret;
}

void host_device_raised(uint32_t irq)
{
	if (irq > NR_SIM_IRQS)
		return;
	/* seq_cst: before its handlers look; what comes from now on sets it
	 * again, devices.c. */
	atomic_store_explicit(&host_shared->irqs[irq], 0, memory_order_seq_cst);
	generic_handle_irq(irq);
}

void host_devices_start(void)
{
	static const struct bind_keeper keeper = {
		.take = take,
		.give_back = give_back,
	};

	bind_set_keeper(&keeper);
}
