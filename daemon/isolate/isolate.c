/* SPDX-License-Identifier: MIT */
#include "isolate/isolate.h"

#include "isolate/remote.h"
#include "stage/clock.h"
#include "stage/inband.h"
#include "vfs/module.h"
#include "vfs/stay.h"

#include <ev.h>
#include <stdlib.h>

/* A little less than a front and the server have for theirs. */
#define PATIENCE_S 4.
#define AGAIN_S	   .5

static const void *host_blob; /* borrowed */
static uint32_t host_blob_size;
static int host_devices = -1; /* borrowed */
static ev_timer patience;

const void *isolate_blob(uint32_t *r_size)
{
	*r_size = host_blob_size;

	return host_blob;
}

int isolate_devices(void)
{
	return host_devices;
}

static struct stand_in *stand_in_of(struct module *mod)
{
	return container_of(mod, struct stand_in, mod);
}

static int run_init(void)
{
	struct stand_in *stand_in = stand_in_of(stay_driver());
	struct remote *remote = stand_in->remote;
	int ret;

	remote_get(remote);
	ret = remote_load(remote);
	/* If there was no process which could have died. */
	if (ret)
		remote_drop_stand_in(remote);
	remote_put(remote);

	return ret;
}

static int unload(struct stand_in *stand_in, bool force)
{
	struct remote *remote = stand_in->remote;
	int ret;

	/* It has died. */
	if (remote == NULL)
		return 0;

	remote_get(remote);
	ret = remote_unload(remote, force);
	remote_put(remote);

	return ret;
}

static void run_exit(void)
{
	unload(stand_in_of(stay_driver()), true);
}

static struct module *make_stand_in(const char *name, const char *path,
				    char *const params[], unsigned int nr)
{
	struct stand_in *stand_in = calloc(1, sizeof(*stand_in));

	if (stand_in == NULL)
		return NULL;

	stand_in->remote = remote_new(name, path, params, nr);
	if (stand_in->remote == NULL) {
		free(stand_in);
		return NULL;
	}
	stand_in->remote->stand_in = stand_in;
	stand_in->mod = (struct module){
		.abi = EVL_DRIVER_ABI,
		.fops_size = sizeof(struct file_operations),
		.init = run_init,
		.exit = run_exit,
	};

	return &stand_in->mod;
}

static int stop(struct module *mod)
{
	return unload(stand_in_of(mod), false);
}

static const struct module_isolation isolation = {
	.stand_in = make_stand_in,
	.stop = stop,
};

void isolate_start(const void *blob, uint32_t size, int devices)
{
	host_devices = devices;
	host_blob = blob;
	host_blob_size = size;
	module_set_isolation(&isolation);
}

static void on_patience(struct ev_loop *loop, ev_timer *w, int revents)
{
	remote_kill_busy();
}

void isolate_hangup(void)
{
	ev_timer_init(&patience, on_patience, PATIENCE_S, AGAIN_S);
	ev_now_update(inband_loop());
	ev_timer_start(inband_loop(), &patience);
	ev_unref(inband_loop());
}

void isolate_stop(void)
{
	if (inband_loop() == NULL)
		return;
	if (ev_is_active(&patience)) {
		ev_ref(inband_loop());
		ev_timer_stop(inband_loop(), &patience);
	}
	remote_kill_all();
}
