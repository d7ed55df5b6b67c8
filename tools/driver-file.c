/* SPDX-License-Identifier: MIT */
#include "driver-file.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#define DRIVER_SYMBOL "evl_cused_driver" /* as in <linux/module.h> */

/* What makes it a driver. */
static bool has_driver(Elf *elf, Elf_Scn *scn, const GElf_Shdr *shdr)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	const char *name;
	GElf_Sym sym;

	for (int i = 0; gelf_getsym(data, i, &sym); i++) {
		name = elf_strptr(elf, shdr->sh_link, sym.st_name);
		if (sym.st_shndx != SHN_UNDEF && name &&
		    strcmp(name, DRIVER_SYMBOL) == 0)
			return true;
	}

	return false;
}

static bool find_sections(struct driver_file *file)
{
	bool is_driver = false;
	Elf_Scn *scn = NULL;
	Elf_Data *data;
	GElf_Shdr shdr;
	const char *name;
	size_t names;

	if (elf_getshdrstrndx(file->elf, &names))
		return false;
	while ((scn = elf_nextscn(file->elf, scn))) {
		if (gelf_getshdr(scn, &shdr) == NULL)
			return false;
		if (shdr.sh_type == SHT_DYNSYM)
			is_driver |= has_driver(file->elf, scn, &shdr);
		name = elf_strptr(file->elf, names, shdr.sh_name);
		if (shdr.sh_type != SHT_PROGBITS || name == NULL ||
		    strcmp(name, ".modinfo") != 0)
			continue;
		data = elf_rawdata(scn, NULL);
		if (data) {
			file->info = data->d_buf;
			file->size = data->d_size;
		}
	}

	return is_driver;
}

int driver_file_open(struct driver_file *file, const char *path)
{
	*file = (struct driver_file){ .fd = -1 };
	file->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (file->fd < 0)
		return -errno;

	elf_version(EV_CURRENT);
	file->elf = elf_begin(file->fd, ELF_C_READ, NULL);
	if (file->elf && find_sections(file))
		return 0;
	driver_file_close(file);

	return -ENOEXEC;
}

void driver_file_close(struct driver_file *file)
{
	elf_end(file->elf);
	file->elf = NULL;
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
}

const char *driver_file_line(const struct driver_file *file, size_t *at,
			     size_t *r_len)
{
	const char *line;
	size_t len, left;

	/* What is between the strings is padding, and zero. */
	while (*at < file->size) {
		line = file->info + *at;
		left = file->size - *at;
		len = strnlen(line, left);
		if (len == left)
			return NULL;
		*at += len + 1;
		*r_len = strcspn(line, "=");
		if (line[*r_len])
			return line;
	}

	return NULL;
}

const char *driver_file_find(const struct driver_file *file, const char *tag,
			     const char *prefix, size_t *at)
{
	size_t len, prefix_len = strlen(prefix);
	const char *line;

	while ((line = driver_file_line(file, at, &len)))
		if (strlen(tag) == len && strncmp(line, tag, len) == 0 &&
		    strncmp(line + len + 1, prefix, prefix_len) == 0)
			return line + len + 1 + prefix_len;

	return NULL;
}
