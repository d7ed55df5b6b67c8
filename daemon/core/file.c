/* SPDX-License-Identifier: MIT */
#include <evl/file.h>

#include "core/fd-index.h"
#include "core/file-side.h"
#include "core/file.h"
#include "kapi/export.h"
#include "kapi/held.h"
#include "kapi/task.h"
#include "stage/clock.h"
#include "stage/stage.h"
#include "vfs/file.h"
#include "vfs/files.h"
#include "vfs/hooks.h"

#include <errno.h>
#include <linux/fs.h>
#include <linux/sched.h>

#define ASK_TRIES   8
#define PATIENCE_NS (30 * NS_PER_SEC)

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

static int (*ask_caller)(unsigned int fd, uint64_t deadline);

void oob_file_set_asker(int (*ask)(unsigned int fd, uint64_t deadline))
{
	ask_caller = ask;
}

/* Sleeping is not what drivers expect of evl_get_file(): only where it cannot
 * do harm, and not to somebody who is on a queue already. */
static bool may_sleep(void)
{
	const struct fiber *fiber = fiber_current();

	return fiber && fiber->wq == NULL && !fiber->broken && !held_any();
}

/* Not in the index. Once bound it may be gone again, because another thread is
 * through with closing what the number was before. */
static int ask_and_look(unsigned int fd, struct file **r_filp)
{
	uint64_t deadline = clock_ns() + PATIENCE_NS;
	int ret;

	for (int n = 0; n < ASK_TRIES; n++) {
		ret = ask_caller(fd, deadline);
		if (ret)
			return ret;
		/* The process may have gone meanwhile. */
		*r_filp = oob_file_get(current->files, fd);
		if (*r_filp)
			return 0;
	}

	return -EBADF;
}

static int (*find_elsewhere)(unsigned int fd, struct file **r_filp);

void oob_file_set_finder(int (*find)(unsigned int fd, struct file **r_filp))
{
	find_elsewhere = find;
}

int oob_file_find(unsigned int fd, struct file **r_filp)
{
	struct files_struct *files = current->files;

	if (find_elsewhere)
		return may_sleep() ? find_elsewhere(fd, r_filp) : -EBADF;

	*r_filp = oob_file_get(files, fd);
	if (*r_filp)
		return 0;
	if (files == NULL || fd >= FILES_FD_LIMIT || ask_caller == NULL ||
	    !may_sleep())
		return -EBADF;

	return ask_and_look(fd, r_filp);
}

EXPORT struct evl_file *evl_get_file(unsigned int fd)
{
	struct evl_file *efilp;
	struct file *filp;

	if (oob_file_find(fd, &filp))
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
