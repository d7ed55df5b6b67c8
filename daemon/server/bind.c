/* SPDX-License-Identifier: MIT */
#include "server/bind.h"

#include "server/client.h"
#include "server/spare.h"
#include "vfs/file.h"
#include "vfs/files.h"
#include "vfs/hooks.h"
#include "wire/bind.h"

#include <assert.h>
#include <errno.h>
#include <linux/uaccess.h>

static_assert(BIND_MAX_AGE == FILES_MAX_AGE, "taken over as they come");

/*
 * The kernel brought us here through the descriptor, so the caller holds the
 * file; its secret says whose table the number belongs to.
 */
static long bind_fd(struct open_file *of, unsigned int cmd,
		    struct bind_request __user *u_req)
{
	struct bind_request req;
	struct client *client;
	int ret;

	if (copy_from_user(&req, u_req, sizeof(req)))
		return -EFAULT;
	if (req.fd < 0 || (req.tag > BIND_MAX_AGE && cmd == BIND_IOC_BIND))
		return -EINVAL;

	client = client_by_secret(req.secret);
	if (client == NULL || client->files == NULL)
		return -EPERM;
	if (cmd == BIND_IOC_SPARE)
		ret = spare_offer(client, &req, of);
	else
		ret = files_bind_aged(client->files, (unsigned int)req.fd, of,
				      server_config()->max_fds, req.tag);
	if (ret)
		return ret;

	req.file_id = of->id;
	req.oob = of->filp.oob_data != NULL;
	req.flags = of->filp.f_flags;

	return copy_to_user(u_req, &req, sizeof(req)) ? -EFAULT : 0;
}

static long set_flags(struct open_file *of, const uint32_t __user *u_flags)
{
	uint32_t flags;

	if (get_user(flags, u_flags))
		return -EFAULT;
	vfs_set_file_flags(of, flags);

	return 0;
}

static bool answer_ioctl(struct open_file *of, unsigned int cmd,
			 unsigned long arg, long *r_ret)
{
	switch (cmd) {
	case BIND_IOC_BIND:
	case BIND_IOC_SPARE:
		*r_ret = bind_fd(of, cmd, (struct bind_request __user *)arg);
		return true;
	case BIND_IOC_SETFL:
		*r_ret = set_flags(of, (const uint32_t __user *)arg);
		return true;
	default:
		return false;
	}
}

void bind_init(void)
{
	vfs_set_ioctl_hook(answer_ioctl);
}
