/* SPDX-License-Identifier: MIT */
#include <evl/file.h>

#include "core/file.h"
#include "kapi/export.h"
#include "vfs/file.h"
#include "vfs/files.h"

#include <linux/fs.h>
#include <linux/sched.h>

EXPORT int evl_open_file(struct evl_file *efilp, struct file *filp)
{
	efilp->filp = filp;
	evl_init_crossing(&efilp->crossing);
	/* Release: @efilp, to whoever resolves a descriptor on @filp. */
	__atomic_store_n(&filp->oob_data, efilp, __ATOMIC_RELEASE);

	return 0;
}

EXPORT void evl_release_file(struct evl_file *efilp)
{
	evl_pass_crossing(&efilp->crossing);
}

struct evl_file *file_get_from(struct files_struct *files, unsigned int fd)
{
	struct evl_file *efilp = NULL;
	struct open_file *of;

	if (files == NULL)
		return NULL;

	/* Under the lock: the binding goes before release() begins, so the
	 * initial reference is still there to be added to. */
	pi_lock(&files->file_lock);
	of = files_lookup_locked(files, fd);
	if (of) {
		/* Acquire: pairs with evl_open_file(). */
		efilp = __atomic_load_n(&of->filp.oob_data, __ATOMIC_ACQUIRE);
		if (efilp)
			evl_down_crossing(&efilp->crossing);
	}
	pi_unlock(&files->file_lock);

	return efilp;
}

EXPORT struct evl_file *evl_get_file(unsigned int fd)
{
	return file_get_from(current->files, fd);
}

EXPORT void evl_get_fileref(struct evl_file *efilp)
{
	evl_down_crossing(&efilp->crossing);
}

EXPORT void evl_put_file(struct evl_file *efilp)
{
	evl_up_crossing(&efilp->crossing);
}

unsigned int file_nr_refs(const struct open_file *of)
{
	const struct evl_file *efilp = of->filp.oob_data;
	unsigned int count;

	if (efilp == NULL)
		return 0;

	/* Relaxed: for people to look at. */
	count = __atomic_load_n(&efilp->crossing.count, __ATOMIC_RELAXED);

	return count && !of->releasing ? count - 1 : count;
}
