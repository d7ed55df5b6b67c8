/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <wire/bind.h>
#include "bind.h"
#include "client.h"
#include "control.h"
#include "errand.h"
#include "fd-table.h"
#include "sys.h"

/* Make a descriptor for the driver, and show it. */
static int open_spare(uint32_t number, const struct control_errand *errand)
{
	struct bind_request request = { .tag = number };
	char buf[2 * CONTROL_PATH_MAX];
	const char *path = client_path("/dev/evl/spare", buf, sizeof(buf));
	int fd, ret;

	if (path == NULL)
		return -ENAMETOOLONG;

	fd = sys_open(path,
		      O_RDWR | ((int)errand->flags & (O_CLOEXEC | O_NONBLOCK)));
	if (fd < 0)
		return fd;

	bind_renewed(fd);
	/* The daemon binds it, if the driver installs it. */
	fd_table_tell(fd);
	request.fd = fd;
	memcpy(request.secret, client_hello.welcome.secret,
	       sizeof(request.secret));
	ret = sys_ioctl(fd, BIND_IOC_SPARE, &request);
	if (ret < 0) {
		bind_renewed(fd);
		sys_unopen(fd);
	}

	return ret < 0 ? ret : 0;
}

/* Unless the application has closed it, and made something else of it. */
static int close_spare(const struct control_errand *errand)
{
	struct bind_request request = { .fd = errand->fd };
	uint64_t file_id;

	memcpy(request.secret, client_hello.welcome.secret,
	       sizeof(request.secret));
	if (sys_ioctl(errand->fd, BIND_IOC_BIND, &request) < 0 ||
	    request.file_id != errand->file_id)
		return -EBADF;

	(void)bind_end(errand->fd, &file_id);

	return sys_unopen(errand->fd);
}

static int set_nonblock(int fd)
{
	int flags = sys_fcntl(fd, F_GETFL, 0);

	return flags < 0 ? flags : sys_fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

void errand_do(uint32_t number, const struct control_errand *errand)
{
	struct control_errand_done done = { .number = number };

	switch (errand->what) {
	case CONTROL_ERRAND_OPEN:
		done.result = open_spare(number, errand);
		/* Our ioctl has told. */
		if (done.result == 0)
			return;
		break;
	case CONTROL_ERRAND_CLOSE:
		done.result = close_spare(errand);
		break;
	case CONTROL_ERRAND_NONBLOCK:
		done.result = set_nonblock(errand->fd);
		break;
	case CONTROL_ERRAND_BIND:
		done.result = bind_asked(errand->fd, errand->rdev, &done.rdev);
		break;
	default:
		done.result = -ENOSYS;
		break;
	}

	control_tell(CONTROL_ERRAND_DONE, &done, sizeof(done));
}
