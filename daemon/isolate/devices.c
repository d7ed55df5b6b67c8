/* SPDX-License-Identifier: MIT */
#include "isolate/devices.h"

#include "base/log.h"
#include "base/packet.h"
#include "bus/bind.h"
#include "bus/platform.h"
#include "isolate/order.h"
#include "kapi/mmio.h"
#include "stage/stage.h"

#include <errno.h>
#include <linux/platform_device.h>
#include <string.h>
#include <sys/socket.h>

/*
 * Interrupts: from whoever raises one to the first worker, whose lane leads to the
 * host's first worker. That is where handlers of such run.
 */

static void tell_host(struct stage_item *item)
{
	struct remote_irq *ri = container_of(item, struct remote_irq, item);
	struct remote *remote = ri->remote;
	uint32_t irq = (uint32_t)(ri - remote->irqs);

	/* seq_cst, both: what is raised from now on is posted again, and a word
	 * which is unread is enough. */
	atomic_store_explicit(&ri->posted, false, memory_order_seq_cst);
	if (remote_is_dead(remote) ||
	    atomic_exchange_explicit(&remote->shared->irqs[irq], 1,
				     memory_order_seq_cst))
		return;
	if (!port_say(&remote->lanes[1].port,
		      ISOLATE_WORD(ISOLATE_RAISED, irq)))
		remote_distrust(remote, "it does not listen");
}

static void raised(struct irq_tap *tap)
{
	struct remote_irq *ri = container_of(tap, struct remote_irq, tap);

	/* seq_cst: pairs with tell_host(). */
	if (!atomic_exchange_explicit(&ri->posted, true, memory_order_seq_cst))
		stage_post(ri->remote->lanes[1].stage, &ri->item);
}

/* Several devices may have one. */
static void listen_to(struct remote *remote, unsigned int irq)
{
	struct remote_irq *ri = &remote->irqs[irq];

	if (ri->nr_devices++ == 0)
		irq_tap_add(irq, &ri->tap);
}

static void leave(struct remote *remote, unsigned int irq)
{
	struct remote_irq *ri = &remote->irqs[irq];

	if (--ri->nr_devices == 0)
		irq_tap_remove(irq, &ri->tap);
}

static void each_irq(struct remote *remote, const struct platform_device *pdev,
		     void (*func)(struct remote *remote, unsigned int irq))
{
	const struct resource *res;

	for (u32 i = 0; i < pdev->num_resources; i++) {
		res = &pdev->resource[i];
		if (resource_type(res) == IORESOURCE_IRQ && res->start &&
		    res->start <= NR_SIM_IRQS && remote->nr_lanes > 1)
			func(remote, (unsigned int)res->start);
	}
}

void devices_init(struct remote *remote)
{
	struct remote_irq *ri;

	remote->borrower.name = remote->name;
	for (unsigned int irq = 0; irq <= NR_SIM_IRQS; irq++) {
		ri = &remote->irqs[irq];
		ri->remote = remote;
		ri->tap.raised = raised;
		ri->item.func = tell_host;
	}
}

/*
 * Who has them.
 */

static bool has(const struct remote *remote, const struct platform_device *pdev)
{
	return pdev && pdev->dev.driver == &remote->borrower;
}

static void give_back(struct remote *remote, struct platform_device *pdev)
{
	each_irq(remote, pdev, leave);
	bind_return(pdev, &remote->borrower);
}

static unsigned int nr_ranges(const struct platform_device *pdev)
{
	unsigned int nr = 0;

	for (u32 i = 0; i < pdev->num_resources; i++)
		nr += resource_type(&pdev->resource[i]) == IORESOURCE_MEM;

	return nr;
}

static int lend(struct remote *remote, struct platform_device *pdev)
{
	int ret;

	if (pdev == NULL)
		return -ENODEV;
	if (nr_ranges(pdev) > ISOLATE_RANGES) {
		log_warn("device %s: isolated driver %s does not get it: it "
			 "has more than %u ranges of registers: load it "
			 "without isolate=yes",
			 dev_name(&pdev->dev), remote->name, ISOLATE_RANGES);
		return -E2BIG;
	}
	ret = bind_lend(pdev, &remote->borrower);
	if (ret) {
		log_info("device %s: isolated driver %s does not get it: "
			 "another one has it",
			 dev_name(&pdev->dev), remote->name);
		return ret;
	}

	each_irq(remote, pdev, listen_to);
	/* That may have taken its time. */
	if (!remote_is_dead(remote))
		return 0;
	give_back(remote, pdev);

	return -ENODEV;
}

static int answer(struct remote *remote, const struct isolate_message *msg,
		  const struct platform_device *pdev)
{
	int fds[ISOLATE_RANGES];
	const struct resource *res;
	unsigned int nr = 0;

	for (u32 i = 0; msg->result == 0 && i < pdev->num_resources; i++) {
		res = &pdev->resource[i];
		if (resource_type(res) == IORESOURCE_MEM)
			fds[nr++] = mmio_fd(res->start);
	}

	return packet_send(remote->sock, msg, sizeof(*msg), fds, nr,
			   MSG_DONTWAIT);
}

static void take_and_answer(struct remote *remote,
			    const struct isolate_message *msg)
{
	struct platform_device *pdev = platform_configured(msg->text);
	const struct isolate_message taken = {
		.type = ISOLATE_DEVICE_TAKEN,
		.node = msg->node,
		.result = lend(remote, pdev),
	};

	if (!remote_is_dead(remote) && answer(remote, &taken, pdev))
		remote_distrust(remote, "it does not listen");
}

bool devices_take(struct remote *remote, const struct isolate_message *msg)
{
	/* Whoever probes it now is waited for. */
	return order_run(remote, msg, take_and_answer);
}

void devices_give(struct remote *remote, const char *name)
{
	struct platform_device *pdev = platform_configured(name);

	if (has(remote, pdev))
		give_back(remote, pdev);
}

void devices_give_all(struct remote *remote)
{
	struct platform_device *pdev = NULL;

	while ((pdev = bind_next(pdev)))
		if (has(remote, pdev))
			give_back(remote, pdev);
}
