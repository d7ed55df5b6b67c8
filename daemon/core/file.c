/* SPDX-License-Identifier: MIT */
#include <evl/file.h>

#include "core/fd-index.h"
#include "core/file.h"
#include "kapi/export.h"
#include "stage/stage.h"
#include "vfs/file.h"
#include "vfs/files.h"
#include "vfs/hooks.h"

#include <linux/fs.h>
#include <linux/sched.h>

EXPORT int evl_open_file(struct evl_file *efilp, struct file *filp)
{
	struct open_file *of = open_file_of(filp);

	efilp->filp = filp;
	/* Who calls it twice may have users already. */
	if (filp->oob_data == NULL)
		evl_init_crossing(&of->oob_users);
	filp->oob_data = efilp;
	/* Descriptors bound before it was marked. */
	if (!stage_self || !stage_self->oob)
		files_install_again(of);

	return 0;
}

/* Wait for everybody to leave, once. */
static void leave(struct open_file *of)
{
	if (of->filp.oob_data == NULL || of->oob_left)
		return;

	of->oob_left = true;
	evl_pass_crossing(&of->oob_users);
}

EXPORT void evl_release_file(struct evl_file *efilp)
{
	struct file *filp = vfs_file_in_release();

	/* @efilp may be shared by all files of a driver: it names the last one
	 * opened then, which need not be the one that is going. */
	if (filp == NULL || filp->oob_data != efilp)
		filp = efilp->filp;
	if (filp)
		leave(open_file_of(filp));
}

/* After the release handler: some do not wait. */
void finish_oob_file(struct file *filp)
{
	leave(open_file_of(filp));
}

struct file *oob_file_get(struct files_struct *files, unsigned int fd)
{
	return fd_index_get(files, fd);
}

void oob_file_ref(struct file *filp)
{
	evl_down_crossing(&open_file_of(filp)->oob_users);
}

void oob_file_put(struct file *filp)
{
	evl_up_crossing(&open_file_of(filp)->oob_users);
}

EXPORT struct evl_file *evl_get_file(unsigned int fd)
{
	struct file *filp = oob_file_get(current->files, fd);

	return filp ? filp->oob_data : NULL;
}

EXPORT void evl_get_fileref(struct evl_file *efilp)
{
	oob_file_ref(efilp->filp);
}

EXPORT void evl_put_file(struct evl_file *efilp)
{
	oob_file_put(efilp->filp);
}

unsigned int oob_file_users(const struct open_file *of)
{
	unsigned int count;

	if (of->filp.oob_data == NULL)
		return 0;

	/* Relaxed: for people to look at. */
	count = __atomic_load_n(&of->oob_users.count, __ATOMIC_RELAXED);

	return count && !of->oob_left ? count - 1 : count;
}
