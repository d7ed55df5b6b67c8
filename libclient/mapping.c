/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sys/mman.h>
#include "bind.h"
#include "client.h"
#include "control.h"
#include "mapping.h"
#include "sys.h"

#define PROT_KNOWN (PROT_READ | PROT_WRITE | PROT_EXEC)

/* Flags which are the kernel's business, when we map a segment. */
#define SEGMENT_FLAGS (MAP_POPULATE | MAP_NONBLOCK | MAP_LOCKED | MAP_NORESERVE)

#ifndef MAP_FIXED_NOREPLACE /* Linux 4.17 */
#define MAP_FIXED_NOREPLACE 0x100000
#endif
#ifndef MAP_32BIT /* of x86 */
#define MAP_32BIT 0
#endif
#define PLACE_FLAGS (MAP_32BIT | MAP_FIXED_NOREPLACE)

#define PAGE_BYTES  4096u /* as drivers have it: linux/mm.h */

size_t mapping_round(size_t len)
{
	return (len + PAGE_BYTES - 1) & ~(size_t)(PAGE_BYTES - 1);
}

static bool is_shared(const struct mapping_args *args)
{
	int type = args->flags & MAP_TYPE;

	return type == MAP_SHARED || type == MAP_SHARED_VALIDATE;
}

static int check(const struct mapping_args *args)
{
	if (!is_shared(args) && (args->flags & MAP_TYPE) != MAP_PRIVATE)
		return -EINVAL;
	if (args->flags & MAP_HUGETLB)
		return -EINVAL;
	if ((args->flags & MAP_TYPE) == MAP_SHARED_VALIDATE &&
	    args->flags & MAP_SYNC)
		return -EOPNOTSUPP;
	if (args->flags & MAP_FIXED && args->addr % PAGE_BYTES)
		return -EINVAL;
	if (args->len == 0)
		return -EINVAL;

	return mapping_round(args->len) ? 0 : -ENOMEM;
}

/* Addresses for it, where nothing is to be touched yet. */
static int find_place(const struct mapping_args *args, uintptr_t *r_addr)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
		    (args->flags & PLACE_FLAGS);

	*r_addr = args->addr;
	if (args->flags & MAP_FIXED)
		return 0;

	return sys_mmap(args->addr, args->len, PROT_NONE, flags, -1, 0, r_addr);
}

/* We failed before anything of ours was there. */
static void give_place_back(const struct mapping_args *args, uintptr_t addr)
{
	if (!(args->flags & MAP_FIXED))
		sys_munmap(addr, mapping_round(args->len));
}

/* Close what kept it alive. The driver has seen it end, and its file released
 * if this was the last that is open, when this returns. */
static void mapping_end(const struct mapping *mapping)
{
	struct control_munmap end = { .id = mapping->id };
	bool ours = client_is_us();

	control_close_fd(mapping->life_fd);
	if (ours)
		(void)control_ask(CONTROL_MUNMAP, &end, sizeof(end));
	control_close_fd(mapping->fd);
	if (ours)
		bind_sync(mapping->file_id);
}

void mapping_commit(struct ranges_edit *edit)
{
	struct mapping mapping;
	unsigned int n;

	ranges_commit(edit);
	for (n = 0; n < edit->nr_dead; n++) {
		mapping = ranges_bury(edit->dead[n]);
		mapping_end(&mapping);
	}
}

/* Put @mapping into the table. */
static int publish(const struct mapping *mapping, uintptr_t addr, size_t len)
{
	struct ranges_edit edit;
	int ret;

	ranges_begin(&edit);
	ret = ranges_add(addr, len, mapping);
	if (ret)
		ranges_abort(&edit);
	else
		mapping_commit(&edit);

	return ret;
}

/* Unmap what was published. */
static void retract(uintptr_t addr, size_t len)
{
	struct ranges_edit edit;

	ranges_begin(&edit);
	/* One which is whole is not split: this cannot fail. */
	(void)ranges_cut(addr, len);
	sys_munmap(addr, len);
	mapping_commit(&edit);
}

/* Ask the daemon. The reply's descriptors are the caller's. */
static int ask(const struct mapping_args *args, int fd, uintptr_t addr,
	       struct control_reply *reply)
{
	const struct control_mmap request = {
		.fd = fd,
		.prot = (uint32_t)args->prot & PROT_KNOWN,
		.shared = is_shared(args),
		.addr = addr,
		.length = args->len,
		.offset = (uint64_t)args->offset,
	};
	int ret;

	ret = control_call(CONTROL_MMAP, &request, sizeof(request), reply);
	if (ret < 0)
		return client_error(ret);
	if (ret == 0 && reply->nr_fds == 2)
		return 0;

	control_reply_deinit(reply);

	return -EPROTO;
}

/* One segment, at @addr and no further than @end. @memfd is closed. */
static int map_segment(const struct mapping_args *args, uint32_t prot,
		       uintptr_t addr, uintptr_t end, int memfd,
		       const struct control_segment *segment)
{
	int flags = MAP_FIXED | (args->flags & SEGMENT_FLAGS) |
		    (is_shared(args) ? MAP_SHARED : MAP_PRIVATE);
	int ret = -EPROTO;

	if (segment->length > 0 && segment->length <= end - addr)
		ret = sys_mmap(addr, segment->length, (int)prot, flags, memfd,
			       (int64_t)segment->offset, &addr);
	control_close_fd(memfd);

	return ret;
}

static int fetch_segment(struct control_segment *segment, int *r_memfd)
{
	struct control_reply reply;
	int ret;

	ret = control_call(CONTROL_SEGMENT, segment, sizeof(*segment), &reply);
	if (ret < 0)
		return client_error(ret);
	if (ret > 0 || reply.nr_fds != 1) {
		control_reply_deinit(&reply);
		return -EPROTO;
	}

	*segment = reply.u.segment;
	*r_memfd = reply.fds[0];

	return 0;
}

/* All of them, from @addr on; the first one came with @mapping. */
static int map_segments(const struct mapping_args *args,
			const struct control_mapping *mapping, int memfd,
			uintptr_t addr)
{
	struct control_segment segment = {
		.offset = mapping->offset,
		.length = mapping->length,
	};
	uintptr_t end = addr + mapping_round(args->len);
	uint32_t n;
	int ret;

	for (n = 1;; n++) {
		ret = map_segment(args, mapping->prot, addr, end, memfd,
				  &segment);
		addr += segment.length;
		if (ret || n >= mapping->nr_segments)
			break;
		segment = (struct control_segment){ .id = mapping->id,
						    .index = n };
		ret = fetch_segment(&segment, &memfd);
		if (ret)
			break;
	}

	return ret == 0 && addr != end ? -EPROTO : ret;
}

/* The daemon has agreed: keep what it is to be kept alive by, then do it. */
static int set_up(const struct mapping_args *args, struct mapping *mapping,
		  struct control_reply *reply, uintptr_t addr)
{
	size_t len = mapping_round(args->len);
	int ret;

	mapping->id = reply->u.mapping.id;
	mapping->life_fd = reply->fds[0];
	ret = control_keep_fd(reply->fds[0], &mapping->life_fd);
	if (ret == 0)
		ret = publish(mapping, addr, len);
	if (ret) {
		control_close_fd(reply->fds[1]);
		mapping_end(mapping);
		give_place_back(args, addr);
		return ret;
	}

	ret = map_segments(args, &reply->u.mapping, reply->fds[1], addr);
	if (ret)
		retract(addr, len);

	return ret;
}

int mapping_new(const struct mapping_args *args, uintptr_t *r_addr)
{
	struct control_reply reply;
	struct mapping mapping;
	uintptr_t addr;
	int ret;

	ret = check(args);
	if (ret)
		return ret;
	/* It is this file, whatever becomes of the application's number. */
	ret = control_dup_fd(args->fd, &mapping.fd);
	if (ret)
		return ret;
	ret = bind_kept(mapping.fd, &mapping.file_id);
	if (ret)
		goto close_fd;
	ret = find_place(args, &addr);
	if (ret)
		goto unbind;
	ret = ask(args, mapping.fd, addr, &reply);
	if (ret) {
		give_place_back(args, addr);
		goto unbind;
	}

	ret = set_up(args, &mapping, &reply, addr);
	if (ret == 0)
		*r_addr = addr;

	return ret;
unbind:
	bind_drop(mapping.fd, mapping.file_id);
close_fd:
	control_close_fd(mapping.fd);

	return ret;
}
