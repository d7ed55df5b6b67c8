/* SPDX-License-Identifier: MIT */
/*
 * What passes: calls with our mark (stage/own-call.h), and what no driver asks
 * for, as the return from a signal handler.
 */
#include "watch/filter.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "stage/own-call.h"

#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

bool filter_possible(void)
{
	/* The sanitizers' runtimes make calls of their own. */
	return OWN_CALLS_MARKED && !FIBER_ASAN && !FIBER_TSAN;
}

static struct scmp_arg_cmp is(unsigned int arg, uint64_t value)
{
	return (struct scmp_arg_cmp){
		.arg = arg,
		.op = SCMP_CMP_EQ,
		.datum_a = value,
	};
}

static int allow_marked(scmp_filter_ctx ctx)
{
	static const int calls[] = {
		SCMP_SYS(futex),	 SCMP_SYS(epoll_pwait),
		SCMP_SYS(ppoll),	 SCMP_SYS(read),
		SCMP_SYS(write),	 SCMP_SYS(epoll_ctl),
		SCMP_SYS(clock_settime), SCMP_SYS(epoll_pwait2),
	};
	int ret = 0;

	for (unsigned int i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		ret |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, calls[i], 1,
					is(5, (uint64_t)OWN_CALL_MARK));

	return ret;
}

/* Reading a clock is a system call where the vDSO cannot. */
static int allow_clocks(scmp_filter_ctx ctx)
{
	static const clockid_t clocks[] = {
		CLOCK_REALTIME,	     CLOCK_MONOTONIC,
		CLOCK_MONOTONIC_RAW, CLOCK_REALTIME_COARSE,
		CLOCK_BOOTTIME,	     CLOCK_MONOTONIC_COARSE,
		CLOCK_TAI,
	};
	int ret = 0;

	for (unsigned int i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++)
		ret |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW,
					SCMP_SYS(clock_gettime), 1,
					is(0, (uint64_t)clocks[i]));

	return ret;
}

/* What happens to a thread, rather than being asked for. */
static int allow_inevitable(scmp_filter_ctx ctx)
{
	static const int calls[] = {
		SCMP_SYS(rt_sigreturn),	  SCMP_SYS(restart_syscall),
		SCMP_SYS(exit),		  SCMP_SYS(exit_group),
#ifndef FIBER_NATIVE
		SCMP_SYS(rt_sigprocmask), /* swapcontext() */
#endif
	};
	int ret = 0;

	for (unsigned int i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		ret |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, calls[i], 0);

	/* abort(). */
	return ret | seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
				      is(2, SIGABRT));
}

/* Read what libseccomp wrote to @fd. */
static int read_program(int fd, struct sock_fprog *r_program)
{
	struct sock_filter *code;
	struct stat st;

	if (fstat(fd, &st))
		return err_origin(-errno);
	code = malloc((size_t)st.st_size);
	if (code == NULL)
		return err_origin(-ENOMEM);
	if (pread(fd, code, (size_t)st.st_size, 0) != st.st_size) {
		free(code);
		return err_origin(-EIO);
	}

	r_program->filter = code;
	r_program->len = (unsigned short)((size_t)st.st_size / sizeof(*code));

	return 0;
}

/* The kernel's form of @ctx. Not seccomp_load(): that is for one thread. */
static int export_program(scmp_filter_ctx ctx, struct sock_fprog *r_program)
{
	_cleanup_fd_ int fd = memfd_create("evl-filter", MFD_CLOEXEC);
	int ret;

	if (fd < 0)
		return err_origin(-errno);
	ret = seccomp_export_bpf(ctx, fd);
	if (ret)
		return err_origin(ret);

	return read_program(fd, r_program);
}

int filter_new(struct sock_fprog *r_program)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_NOTIFY);
	int ret;

	if (ctx == NULL)
		return err_origin(-ENOMEM);

	ret = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_NOTIFY) |
	      allow_marked(ctx) | allow_clocks(ctx) | allow_inevitable(ctx);
	ret = ret ? err_origin(-EINVAL) : export_program(ctx, r_program);
	seccomp_release(ctx);

	return ret;
}

void filter_free(struct sock_fprog *program)
{
	free(program->filter);
	*program = (struct sock_fprog){ .len = 0 };
}
