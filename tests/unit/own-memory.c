/* SPDX-License-Identifier: MIT */
#include "own-memory.h"

#include <stdint.h>
#include <sys/uio.h>
#include <unistd.h>

static size_t fetch(struct task_struct *task, void *to, unsigned long from,
		    size_t n)
{
	struct iovec local = { .iov_base = to, .iov_len = n };
	struct iovec remote = { .iov_base = (void *)from, .iov_len = n };
	ssize_t ret = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);

	return ret < 0 ? 0 : (size_t)ret;
}

static size_t store(struct task_struct *task, unsigned long to,
		    const void *from, size_t n)
{
	struct iovec local = { .iov_base = (void *)from, .iov_len = n };
	struct iovec remote = { .iov_base = (void *)to, .iov_len = n };
	ssize_t ret = process_vm_writev(getpid(), &local, 1, &remote, 1, 0);

	return ret < 0 ? 0 : (size_t)ret;
}

const struct user_reach own_memory = {
	.most = SIZE_MAX,
	.fetch = fetch,
	.store = store,
};
