/* SPDX-License-Identifier: MIT */
#include <evl/file.h>

#include "core/fd-index.h"
#include "core/file-side.h"
#include "core/file.h"
#include "kapi/export.h"
#include "kapi/task.h"
#include "stage/stage.h"
#include "vfs/file.h"
#include "vfs/files.h"
#include "vfs/hooks.h"

#include <errno.h>
#include <linux/fs.h>
#include <linux/sched.h>

/* Who is open and bound is in-band's business. */
static bool is_inband(void)
{
	return stage_self == NULL || !stage_self->oob;
}

EXPORT int evl_open_file(struct evl_file *efilp, struct file *filp)
{
	struct open_file *of = open_file_of(filp);
	int ret;

	if (!is_inband())
		return -EPERM;
	ret = file_side_join(of, efilp);
	if (ret)
		return ret;

	/* Who calls it twice may have users already. */
	if (filp->oob_data == NULL || of->oob_left)
		evl_init_crossing(&of->oob_users);
	of->oob_left = false;
	filp->oob_data = efilp;
	/* Descriptors bound before it was marked. */
	files_install_again(of);

	return 0;
}

/* Wait for everybody to leave, once. @alive: its evl_file is there still. */
static void leave(struct open_file *of, bool alive)
{
	if (of->filp.oob_data == NULL || of->oob_left)
		return;

	of->oob_left = true;
	/* Nothing to do in a release: those who come late find nothing. */
	files_unbind_file(of);
	evl_pass_crossing(&of->oob_users);
	file_side_leave(of, alive);
}

EXPORT void evl_release_file(struct evl_file *efilp)
{
	struct file *filp = task_current()->filp;
	struct open_file *of;

	if (!is_inband())
		return;

	/* @efilp may be that of several files: the one whose handler this is.
	 * It may have been cleared, and cannot tell. */
	if (filp && filp->oob_data == efilp)
		of = open_file_of(filp);
	else
		of = file_side_latest(efilp);
	if (of)
		leave(of, true);
}

/* After the release handler: some do not wait. */
void finish_oob_file(struct file *filp)
{
	leave(open_file_of(filp), false);
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
	struct evl_file *efilp;

	if (filp == NULL)
		return NULL;

	efilp = file_side_get(open_file_of(filp));
	oob_file_put(filp);

	return efilp;
}

EXPORT void evl_get_fileref(struct evl_file *efilp)
{
	file_side_ref(efilp);
}

EXPORT void evl_put_file(struct evl_file *efilp)
{
	file_side_put(efilp);
}

unsigned int oob_file_users(const struct open_file *of)
{
	unsigned int count;

	if (of->filp.oob_data == NULL)
		return 0;

	/* Relaxed: for people to look at. */
	count = __atomic_load_n(&of->oob_users.count, __ATOMIC_RELAXED);
	if (count && !of->oob_left)
		count--;

	return count + file_side_refs(of);
}
