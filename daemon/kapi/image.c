/* SPDX-License-Identifier: MIT */
#include "kapi/image.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <link.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

/* Newest first; only ever added to. */
static _Atomic(struct image *) images;

static void image_publish(struct image *image)
{
	/* Relaxed: in-band alone writes it. */
	image->next = atomic_load_explicit(&images, memory_order_relaxed);
	/* Release: the whole image, to image_at(). */
	atomic_store_explicit(&images, image, memory_order_release);
}

static struct image *image_new(const char *name, uintptr_t bias)
{
	const char *base = strrchr(name, '/');
	struct image *image = calloc(1, sizeof(*image));

	if (image) {
		snprintf(image->name, sizeof(image->name), "%s",
			 base ? base + 1 : name);
		image->bias = bias;
		image->start = UINTPTR_MAX;
	}

	return image;
}

static void note_segment(struct image *image, uint64_t type, uint64_t vaddr,
			 uint64_t memsz)
{
	uintptr_t start = image->bias + (uintptr_t)vaddr;

	if (type != PT_LOAD)
		return;
	if (start < image->start)
		image->start = start;
	if (start + memsz > image->end)
		image->end = start + (uintptr_t)memsz;
}

static bool note_segments(struct image *image, Elf *elf)
{
	GElf_Phdr phdr;
	size_t nr;

	if (elf_getphdrnum(elf, &nr))
		return false;
	for (size_t i = 0; i < nr; i++)
		if (gelf_getphdr(elf, (int)i, &phdr))
			note_segment(image, phdr.p_type, phdr.p_vaddr,
				     phdr.p_memsz);

	return image->end > image->start;
}

/* Every function of the object if it was not stripped, else those which others
 * can link to. */
static Elf_Scn *find_symbols(Elf *elf, GElf_Shdr *r_shdr)
{
	Elf_Scn *scn = NULL, *found = NULL;
	GElf_Shdr shdr;

	while ((scn = elf_nextscn(elf, scn))) {
		if (gelf_getshdr(scn, &shdr) == NULL || shdr.sh_entsize == 0)
			continue;
		if (shdr.sh_type != SHT_SYMTAB &&
		    (shdr.sh_type != SHT_DYNSYM || found))
			continue;
		found = scn;
		*r_shdr = shdr;
		if (shdr.sh_type == SHT_SYMTAB)
			break;
	}

	return found;
}

static bool is_function(const GElf_Sym *sym)
{
	return GELF_ST_TYPE(sym->st_info) == STT_FUNC &&
	       sym->st_shndx != SHN_UNDEF && sym->st_name;
}

static int compare(const void *left, const void *right)
{
	const struct image_symbol *a = left, *b = right;

	return a->addr < b->addr ? -1 : a->addr > b->addr;
}

/* Twice: the first time to learn how much there is. */
static size_t collect(struct image *image, Elf *elf, const GElf_Shdr *shdr,
		      Elf_Data *data)
{
	int nr = (int)(shdr->sh_size / shdr->sh_entsize);
	size_t size = 0, len, count = 0;
	const char *name;
	GElf_Sym sym;

	for (int i = 0; i < nr; i++) {
		if (!gelf_getsym(data, i, &sym) || !is_function(&sym))
			continue;
		name = elf_strptr(elf, shdr->sh_link, sym.st_name);
		if (name == NULL)
			continue;
		len = strlen(name) + 1;
		if (image->symbols) {
			memcpy(image->names + size, name, len);
			image->symbols[count] = (struct image_symbol){
				.addr = image->bias + (uintptr_t)sym.st_value,
				.size = sym.st_size,
				.name = image->names + size,
			};
		}
		size += len;
		count++;
	}
	image->nr_symbols = count;

	return size;
}

static void add_symbols(struct image *image, Elf *elf)
{
	GElf_Shdr shdr;
	Elf_Scn *scn = find_symbols(elf, &shdr);
	Elf_Data *data = scn ? elf_getdata(scn, NULL) : NULL;
	size_t size;

	if (data == NULL)
		return;
	size = collect(image, elf, &shdr, data);
	if (image->nr_symbols == 0)
		return;

	image->names = malloc(size);
	image->symbols = calloc(image->nr_symbols, sizeof(*image->symbols));
	if (image->names == NULL || image->symbols == NULL) {
		free(image->names);
		free(image->symbols);
		image->symbols = NULL;
		image->nr_symbols = 0;
		return;
	}
	collect(image, elf, &shdr, data);
	qsort(image->symbols, image->nr_symbols, sizeof(*image->symbols),
	      compare);
}

int image_add(const char *name, Elf *elf, uintptr_t bias, struct module *owner)
{
	struct image *image = image_new(name, bias);

	if (image == NULL)
		return -ENOMEM;
	if (!note_segments(image, elf)) {
		free(image);
		return -ENOEXEC;
	}

	image->owner = owner;
	add_symbols(image, elf);
	image_publish(image);

	return 0;
}

static void add_self(uintptr_t bias)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	Elf *elf;

	elf_version(EV_CURRENT);
	elf = fd < 0 ? NULL : elf_begin(fd, ELF_C_READ, NULL);
	if (elf)
		image_add(program_invocation_short_name, elf, bias, NULL);
	elf_end(elf);
	fd_close(fd);
}

static int add_other(struct dl_phdr_info *info, size_t size, void *arg)
{
	const char *name = info->dlpi_name;
	struct image *image;

	if (name[0] == '\0' && image_at((uintptr_t)add_other) == NULL)
		add_self(info->dlpi_addr);

	image = image_new(name[0] ? name : "(no name)", info->dlpi_addr);
	if (image == NULL)
		return 0;
	for (unsigned int i = 0; i < info->dlpi_phnum; i++)
		note_segment(image, info->dlpi_phdr[i].p_type,
			     info->dlpi_phdr[i].p_vaddr,
			     info->dlpi_phdr[i].p_memsz);
	if (image->end > image->start && image_at(image->start) == NULL)
		image_publish(image);
	else
		free(image);

	return 0;
}

void image_add_others(void)
{
	dl_iterate_phdr(add_other, NULL);
}

const struct image *image_at(uintptr_t addr)
{
	const struct image *image;

	/* Acquire: pairs with image_publish(). */
	image = atomic_load_explicit(&images, memory_order_acquire);
	for (; image; image = image->next)
		if (addr >= image->start && addr < image->end)
			return image;

	return NULL;
}

bool image_is_of(const void *addr, const struct module *mod)
{
	const struct image *image = image_at((uintptr_t)addr);

	return mod && image && image->owner == mod;
}

/* The last one which does not begin behind @addr. */
static const struct image_symbol *symbol_at(const struct image *image,
					    uintptr_t addr)
{
	size_t low = 0, high = image->nr_symbols, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (image->symbols[mid].addr <= addr)
			low = mid + 1;
		else
			high = mid;
	}

	return low ? &image->symbols[low - 1] : NULL;
}

void image_describe(char *text, size_t size, uintptr_t addr, bool is_return)
{
	const struct image *image = image_at(addr);
	const struct image_symbol *symbol;

	if (image == NULL) {
		snprintf(text, size, "%#lx", (unsigned long)addr);
		return;
	}

	symbol = symbol_at(image, addr - is_return);
	if (symbol && addr - is_return - symbol->addr < symbol->size)
		snprintf(text, size, "%s+%#lx (%.80s+%#lx)", image->name,
			 (unsigned long)(addr - image->bias), symbol->name,
			 (unsigned long)(addr - symbol->addr));
	else
		snprintf(text, size, "%s+%#lx", image->name,
			 (unsigned long)(addr - image->bias));
}
