/* SPDX-License-Identifier: MIT */
/*
 * Whoever decides must not wait for anything the held thread may have: a lock
 * of ours, of malloc()'s, stdio's or the dynamic linker's. So names are looked up
 * beforehand, and nothing below rule_take() allocates.
 *
 * A call that fails must be one its callers take for failed, and no more. glibc
 * ends the process over a futex which fails, and takes any number for what
 * brk(2) returns. What goes to standard error may be last words.
 */
#include "watch/rule.h"

#include "base/error.h"
#include "kapi/crash.h"
#include "kapi/golden-rule.h"
#include "watch/filter.h"
#include "watch/watched.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NR_NAMES 512

static struct sock_fprog program;
static char *names[NR_NAMES]; /* owned, of system calls by number */

/* Both as large as the kernel wants them, or as we know them. Owned. */
static struct seccomp_notif *notice;
static struct seccomp_notif_resp *decision;
static size_t notice_size;

static void learn_names(void)
{
	for (int nr = 0; nr < NR_NAMES; nr++)
		names[nr] =
			seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, nr);
}

static size_t at_least(size_t size, size_t least)
{
	return size > least ? size : least;
}

static int allocate(void)
{
	struct seccomp_notif_sizes sizes;

	if (syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes))
		return err_origin(-errno);

	notice_size = at_least(sizes.seccomp_notif, sizeof(*notice));
	notice = malloc(notice_size);
	decision = calloc(
		1, at_least(sizes.seccomp_notif_resp, sizeof(*decision)));

	return notice && decision ? 0 : err_origin(-ENOMEM);
}

int rule_start(void)
{
	int ret;

	ret = allocate();
	if (ret == 0)
		ret = filter_new(&program);
	if (ret) {
		rule_stop();
		return err_trace(ret);
	}
	learn_names();

	return 0;
}

void rule_stop(void)
{
	for (int nr = 0; nr < NR_NAMES; nr++) {
		free(names[nr]);
		names[nr] = NULL;
	}
	filter_free(&program);
	free(notice);
	free(decision);
	notice = NULL;
	decision = NULL;
}

static int install(void)
{
	/* Or the thread would pay for mitigations which only programs that run
	 * foreign code need. */
	unsigned int flags = SECCOMP_FILTER_FLAG_NEW_LISTENER |
			     SECCOMP_FILTER_FLAG_SPEC_ALLOW;

	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags,
			    &program);
}

int rule_install(void)
{
	int fd = install();

	/* Ordinary users must promise first; it holds for this thread only. */
	if (fd < 0 && errno == EACCES &&
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
		fd = install();

	return fd < 0 ? -errno : fd;
}

static const char *name_of(const struct seccomp_data *data)
{
	const char *name = NULL;

	if (data->arch == seccomp_arch_native() && data->nr >= 0 &&
	    data->nr < NR_NAMES)
		name = names[data->nr];

	return name ? name : "(unknown)";
}

/* May it fail? */
static bool can_refuse(const struct seccomp_data *data)
{
	if (data->nr == SYS_futex)
		return false;

	return (data->nr != SYS_write && data->nr != SYS_writev) ||
	       data->args[0] != STDERR_FILENO;
}

static void refuse(const struct seccomp_data *data)
{
	decision->flags = 0;
	/* The end of the heap, unchanged: that is how it fails. */
	if (data->nr == SYS_brk)
		decision->val = syscall(SYS_brk, 0);
	else
		decision->error = -EPERM;
}

/* Whose call is it? False: nobody's that we would mind. */
static bool is_breach(const struct watched *w, struct guard_call *r_call)
{
	/* A thread which a driver has made there: no worker of ours. */
	if ((pid_t)notice->pid != w->tid)
		return false;
	if (w->stage->lenient || crash_met())
		return false;

	/* It is held: nothing of what we look at changes. */
	guard_describe(w->stage, r_call);

	return r_call->op != NULL;
}

void rule_take(struct watched *w)
{
	/* Relaxed: only we close it. */
	int fd = atomic_load_explicit(&w->listener, memory_order_relaxed);
	struct guard_call call;
	bool refused;

	/* The kernel wants it empty. It finds nothing if a signal took the
	 * thread out of its call meanwhile. */
	memset(notice, 0, notice_size);
	if (ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, notice))
		return;

	*decision = (struct seccomp_notif_resp){
		.id = notice->id,
		.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE,
	};
	if (is_breach(w, &call)) {
		refused = golden_rule() == GOLDEN_RULE_ENFORCE &&
			  can_refuse(&notice->data);
		if (refused)
			refuse(&notice->data);
		golden_rule_breached(&call, BREACH_SYSCALL,
				     name_of(&notice->data), refused);
		sighting_note_call(w, &call, name_of(&notice->data));
	}
	ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, decision);
}
