/* SPDX-License-Identifier: MIT */
#include "mapper.h"

#include "daemon.h"
#include "endure.h"
#include "raw-client.h"

#include <errno.h>
#include <evl/evl.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

void mapper_setup(void)
{
	daemon_setup_with((const char *[]){ "--driver", getenv("EVL_LOOPBACK"),
					    "--driver", getenv("EVL_MAPPED"),
					    NULL });
	endure_watch();
}

int mapper_open(int flags)
{
	int fd = open(node_path("mapped"), flags);

	ck_assert_msg(fd >= 0, "mapped: %s", strerror(errno));

	return fd;
}

void *mapper_map(int fd, unsigned int region, int prot, int flags)
{
	return mmap(NULL, MAPPER_SIZE, prot, flags, fd, mapper_offset(region));
}

uint64_t mapper_peek(int fd, unsigned int region, size_t offset)
{
	struct mapped_word word = { .region = region,
				    .offset = (uint32_t)offset };

	ck_assert_int_eq(oob_ioctl(fd, MAPPED_IOC_PEEK, &word), 0);

	return word.value;
}

void mapper_poke(int fd, unsigned int region, size_t offset, uint64_t value)
{
	struct mapped_word word = { .region = region,
				    .offset = (uint32_t)offset,
				    .value = value };

	ck_assert_int_eq(oob_ioctl(fd, MAPPED_IOC_POKE, &word), 0);
}

struct mapped_stats mapper_stats(int fd)
{
	struct mapped_stats stats;

	/* Not one which would make a client of a process with a raw one. */
	ck_assert_int_eq(raw_inband(fd, MAPPED_IOC_STATS, &stats), 0);

	return stats;
}
