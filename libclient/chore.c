/* SPDX-License-Identifier: MIT */
/*
 * The kernel moves them from us to us: it knows what is there, and cannot be
 * surprised. Where it may not (a sandbox), page by page what reach.h knows.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>
#include "annotate.h"
#include "chore.h"

/* What the worker wants; it is ours to trust, as it has the whole channel. */
struct chore {
	char *addr;
	char *bounce;
	size_t len;
	bool fetch;
};

static size_t move_pages(const struct chore *chore, struct reach *reach)
{
	size_t done = 0, piece;

	while (done < chore->len) {
		piece = reach->page_size - ((uintptr_t)(chore->addr + done) &
					    (reach->page_size - 1));
		if (piece > chore->len - done)
			piece = chore->len - done;
		if (!reach_ok(reach, chore->addr + done, piece, !chore->fetch))
			break;
		if (chore->fetch)
			memcpy(chore->bounce + done, chore->addr + done, piece);
		else
			memcpy(chore->addr + done, chore->bounce + done, piece);
		done += piece;
	}

	return done;
}

static size_t move(const struct chore *chore, struct reach *reach)
{
	struct iovec ours = { .iov_base = chore->bounce,
			      .iov_len = chore->len };
	struct iovec theirs = { .iov_base = chore->addr,
				.iov_len = chore->len };
	int saved = errno;
	ssize_t ret;

	if (chore->fetch)
		ret = process_vm_readv(getpid(), &ours, 1, &theirs, 1, 0);
	else
		ret = process_vm_writev(getpid(), &ours, 1, &theirs, 1, 0);
	if (ret < 0 && errno != EFAULT)
		ret = (ssize_t)move_pages(chore, reach);
	errno = saved;

	return ret < 0 ? 0 : (size_t)ret;
}

uint32_t chore_do(struct channel_header *hdr, struct channel_slot *slot,
		  struct reach *reach)
{
	const struct chore chore = {
		.addr = (char *)(uintptr_t)slot->chore_addr,
		.bounce = channel_bounce_at(hdr, slot->chore_bounce),
		.len = slot->chore_len,
		.fetch = slot->chore_op == CHANNEL_FETCH,
	};
	uint32_t done;

	if (slot->chore_bounce >= CHANNEL_BOUNCES ||
	    chore.len > CHANNEL_BOUNCE_SIZE)
		return 0;

	/* The worker lends it to one thread after the other. */
	note_taken(chore.bounce);
	done = (uint32_t)move(&chore, reach);
	note_given(chore.bounce);

	return done;
}
