/* SPDX-License-Identifier: MIT */
#include "kapi/memory.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "stage/pi-mutex.h"
#include "stage/stage.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mm.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>

RB_HEAD(memory_tree, memory);

static struct memory_tree tree = RB_INITIALIZER(&tree);
static struct pi_mutex lock; /* the tree, and all references */

static int compare_bases(const struct memory *a, const struct memory *b)
{
	return a->base < b->base ? -1 : a->base > b->base;
}

/* libbsd's macro wants it, its headers no longer define it. */
#define __unused __attribute__((unused))
RB_GENERATE_STATIC(memory_tree, memory, entry, compare_bases)

/* Takes NULL and half-built ones alike. */
static void memory_destroy(struct memory *mem)
{
	if (mem == NULL)
		return;

	if (mem->base)
		munmap(mem->base, mem->size);
	fd_close(mem->fd);
	free(mem);
}

/* A memfd of @size bytes which stays that long. */
static int sealed_memfd(size_t size)
{
	int fd, ret;

	fd = memfd_create("evl-driver", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return err_origin(-errno);

	/* Allocated here and now, or we might be killed for touching it. */
	if ((size && fallocate(fd, 0, 0, (off_t)size)) || fchmod(fd, 0600) ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)) {
		ret = err_origin(-errno);
		fd_close(fd);
		return ret;
	}

	return fd;
}

static struct memory *memory_new(size_t size)
{
	struct memory *mem;

	mem = calloc(1, sizeof(*mem));
	if (mem == NULL)
		return NULL;

	mem->refs = 1;
	mem->size = size;
	mem->fd = sealed_memfd(size);
	if (mem->fd < 0)
		goto fail;

	/* A worker is not to wait for a page table either. */
	mem->base = mmap(NULL, size, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_POPULATE, mem->fd, 0);
	if (mem->base == MAP_FAILED) {
		mem->base = NULL;
		goto fail;
	}

	return mem;
fail:
	memory_destroy(mem);

	return NULL;
}

static void plant(struct memory *mem)
{
	pi_lock(&lock);
	RB_INSERT(memory_tree, &tree, mem);
	pi_unlock(&lock);
}

void *memory_alloc(size_t size)
{
	struct memory *mem;

	if (size == 0 || size > SIZE_MAX / 2)
		return NULL;
	stage_lenient();
	mem = memory_new(PAGE_ALIGN(size));
	stage_strict();
	if (mem == NULL)
		return NULL;

	plant(mem);
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the tree has it. */
	return mem->base;
}

/* What @addr is in. The lock is held. */
static struct memory *find_locked(const void *addr)
{
	struct memory *mem = RB_ROOT(&tree);
	const char *where = addr;

	while (mem) {
		if (where < mem->base)
			mem = RB_LEFT(mem, entry);
		else if (where >= mem->base + mem->size)
			mem = RB_RIGHT(mem, entry);
		else
			break;
	}

	return mem;
}

/* Off the tree first: as soon as it is unmapped, the kernel may give the same
 * addresses to somebody else. */
bool memory_free(const void *base)
{
	struct memory *mem;
	char *mapped;

	pi_lock(&lock);
	mem = find_locked(base);
	if (mem && mem->base != base)
		mem = NULL;
	if (mem)
		RB_REMOVE(memory_tree, &tree, mem);
	pi_unlock(&lock);

	if (mem == NULL)
		return false;

	mapped = mem->base;
	mem->base = NULL;
	stage_lenient();
	munmap(mapped, mem->size);
	memory_put(mem);
	stage_strict();

	return true;
}

struct memory *memory_find(const void *addr, size_t size)
{
	struct memory *mem;

	pi_lock(&lock);
	mem = find_locked(addr);
	if (mem && size > mem->size - (size_t)((const char *)addr - mem->base))
		mem = NULL;
	if (mem)
		mem->refs++;
	pi_unlock(&lock);

	return mem;
}

static bool is_sealed(int fd, size_t *r_size)
{
	const int wanted = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
	int seals = fcntl(fd, F_GET_SEALS);
	struct stat st;

	if (seals < 0 || (seals & wanted) != wanted || fstat(fd, &st) ||
	    st.st_size <= 0 || !PAGE_ALIGNED(st.st_size))
		return false;

	*r_size = (size_t)st.st_size;

	return true;
}

struct memory *memory_adopt(int fd)
{
	struct memory *mem = calloc(1, sizeof(*mem));

	if (mem == NULL || !is_sealed(fd, &mem->size)) {
		fd_close(fd);
		free(mem);
		return NULL;
	}

	mem->refs = 1;
	mem->fd = fd;

	return mem;
}

int memory_map(int fd, size_t size, void **r_base)
{
	struct memory *mem = memory_adopt(fd);
	void *base;

	if (mem == NULL || mem->size != size) {
		memory_put(mem);
		return -EINVAL;
	}

	base = mmap(NULL, size, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_POPULATE, mem->fd, 0);
	if (base == MAP_FAILED) {
		memory_put(mem);
		return -ENOMEM;
	}
	mem->base = base;
	plant(mem);
	*r_base = base;

	return 0;
}

void memory_get(struct memory *mem)
{
	pi_lock(&lock);
	mem->refs++;
	pi_unlock(&lock);
}

void memory_put(struct memory *mem)
{
	unsigned int refs;

	if (mem == NULL)
		return;

	pi_lock(&lock);
	refs = --mem->refs;
	pi_unlock(&lock);

	if (refs == 0)
		memory_destroy(mem);
}

int memory_open(const struct memory *mem, bool writable)
{
	char path[32];
	int fd;

	if (mem == NULL)
		return sealed_memfd(0);

	snprintf(path, sizeof(path), "/proc/self/fd/%d", mem->fd);
	fd = open(path, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC);

	return fd < 0 ? err_origin(-errno) : fd;
}
