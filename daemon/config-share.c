/* SPDX-License-Identifier: MIT */
#include "config-share.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "config-value.h"
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Strings, each with its 0: "=NAME" begins a device, what follows is "KEY=VALUE".
 */

static void write_resources(const struct config_device *dev, unsigned long type,
			    const char *key, FILE *file)
{
	const struct resource *res;
	bool any = false;

	for (unsigned int i = 0; i < dev->nr_res; i++) {
		res = &dev->res[i];
		if (resource_type(res) != type)
			continue;
		if (!any)
			fprintf(file, "%s=", key);
		any = true;
		fprintf(file, "%#llx ", (unsigned long long)res->start);
		if (type == IORESOURCE_MEM)
			fprintf(file, "%#llx ",
				(unsigned long long)resource_size(res));
	}
	if (any)
		fputc('\0', file);
}

static void write_device(const struct config_device *dev, FILE *file)
{
	fprintf(file, "=%s%c", dev->name, '\0');
	if (dev->driver)
		fprintf(file, "driver=%s%c", dev->driver, '\0');
	write_resources(dev, IORESOURCE_MEM, "reg", file);
	write_resources(dev, IORESOURCE_IRQ, "irq", file);
	for (unsigned int i = 0; i < dev->nr_props; i++)
		fprintf(file, "%s=%s%c", dev->props[i].name,
			dev->props[i].value, '\0');
}

/* Owned. */
static int memfd_of(const char *text, size_t size)
{
	int fd = memfd_create("evl-devices", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	size_t done = 0;
	ssize_t ret = 0;

	for (; fd >= 0 && ret >= 0 && done < size; done += (size_t)ret)
		ret = write(fd, text + done, size - done);
	/* Those who get it are not to be believed. */
	if (fd < 0 || ret < 0 ||
	    fcntl(fd, F_ADD_SEALS,
		  F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)) {
		fd_close(fd);
		return -1;
	}

	return fd;
}

int config_share_devices(const struct config *config)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file;
	int fd = -1;

	if (config->nr_devices == 0)
		return -1;

	file = open_memstream(&text, &size);
	for (unsigned int i = 0; file && i < config->nr_devices; i++)
		write_device(&config->devices[i], file);
	if (file && fclose(file) == 0)
		fd = memfd_of(text, size);
	free(text);
	if (fd < 0)
		log_warn("isolated drivers will have no devices: there is no "
			 "memory, or no descriptor, to tell them");

	return fd;
}

static void take(struct config *config, struct config_device **dev, char *text)
{
	const struct origin origin = { .file = "what the daemon has read" };
	char *value = strchr(text, '=');

	if (value == text) {
		*dev = config_add_device(config, &origin, text + 1);
	} else if (value && *dev) {
		*value = '\0';
		config_set_device(config, &origin, *dev, text, value + 1);
	}
}

int config_receive_devices(struct config *config, int fd)
{
	struct config_device *dev = NULL;
	struct stat st;
	char *text;

	memset(config->devices, 0, sizeof(config->devices));
	config->nr_devices = 0;
	if (fd < 0)
		return 0;
	if (fstat(fd, &st) || st.st_size == 0) {
		fd_close(fd);
		return -EINVAL;
	}

	/* Private: it is cut into pieces. */
	text = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE, fd, 0);
	fd_close(fd);
	if (text == MAP_FAILED)
		return -ENOMEM;
	for (char *at = text, *next; at < text + st.st_size; at = next) {
		next = at + strlen(at) + 1;
		take(config, &dev, at);
	}
	munmap(text, (size_t)st.st_size);

	return 0;
}
