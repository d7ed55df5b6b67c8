/* SPDX-License-Identifier: MIT */
#include "lessee.h"

#include "mapper.h"

#include <check.h>
#include <sys/mman.h>
#include <unistd.h>

struct raw_client lessee;

int lessee_open(int flags)
{
	int fd = raw_open("mapped", flags);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(raw_bind(&lessee, fd, fd), 0);

	return fd;
}

struct control_mmap lessee_request(int fd, unsigned int region)
{
	return (struct control_mmap){
		.fd = fd,
		.prot = PROT_READ,
		.shared = 1,
		.addr = 1u << 30,
		.length = MAPPER_SIZE,
		.offset = (uint64_t)mapper_offset(region),
	};
}

int lessee_ask(const struct control_mmap *request,
	       struct control_mapping *r_mapping, int fds[2])
{
	struct control_message reply;
	int ret = raw_call_fds(&lessee, CONTROL_MMAP, request, sizeof(*request),
			       &reply, fds);

	if (ret == 0)
		*r_mapping = reply.u.mapping;
	else
		ck_assert_int_eq(fds[0], -1);

	return ret;
}

void lessee_expect(const struct control_mmap *request, int error)
{
	struct control_mapping mapping;
	int fds[2];

	ck_assert_int_eq(lessee_ask(request, &mapping, fds), -error);
}

uint64_t lessee_take(const struct control_mmap *request, int fds[2])
{
	struct control_mapping mapping;

	ck_assert_int_eq(lessee_ask(request, &mapping, fds), 0);
	ck_assert_int_ge(fds[1], 0);

	return mapping.id;
}

void lessee_close(const int fds[2])
{
	close(fds[0]);
	close(fds[1]);
}
