/* SPDX-License-Identifier: MIT */
/*
 * Only what the dynamic linker does with a symbol is made use of: one that is
 * hidden is found by nobody, and a reference to it means the object's own
 * definition, whose value, if the symbol is absolute, is an address.
 */
#include "vfs/object.h"

#include "base/cleanup.h"
#include "vfs/complaint.h"
#include "vfs/segments.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <limits.h>
#include <link.h>
#include <linux/module.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

#define MAX_SIZE ((off_t)1 << 30)
#define BUILD_IT \
	"build it with cc -shared -fPIC $(pkg-config --cflags evl-driver)"

/* Our own program's, by the linker. */
extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

/* A tag which the dynamic linker knows nothing of. */
#define DT_DROPPED DT_LOOS

static int no_driver(const struct object *obj, const char *why)
{
	complain("driver %s: %s: " BUILD_IT, obj->path, why);

	return -ENOEXEC;
}

struct object *object_free(struct object *obj)
{
	if (obj == NULL)
		return NULL;

	elf_end(obj->elf);
	free(obj->bytes);
	free(obj->name);
	free(obj->path);
	free(obj);

	return NULL;
}

static int read_all(struct object *obj, int fd)
{
	ssize_t got;

	for (size_t done = 0; done < obj->size; done += (size_t)got) {
		got = read(fd, obj->bytes + done, obj->size - done);
		if (got < 0)
			return -errno;
		if (got == 0)
			return -EIO; /* it shrank */
	}

	return 0;
}

static int read_file(struct object *obj)
{
	_cleanup_fd_ int fd =
		open(obj->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		return -errno;
	if (S_ISDIR(st.st_mode))
		return no_driver(obj, "a directory");
	if (!S_ISREG(st.st_mode) || st.st_size < 64 || st.st_size > MAX_SIZE)
		return no_driver(obj, "not a shared object");

	obj->size = (size_t)st.st_size;
	obj->bytes = malloc(obj->size);

	return obj->bytes ? read_all(obj, fd) : -ENOMEM;
}

static bool is_of_our_kind(const struct object *obj)
{
	const ElfW(Ehdr) *ehdr = (const void *)obj->bytes;

	return memcmp(ehdr->e_ident, __ehdr_start.e_ident, EI_VERSION) == 0 &&
	       ehdr->e_machine == __ehdr_start.e_machine;
}

/* Of @data's section, where it is in the copy: what we write is mapped. */
static char *bytes_of(const struct object *obj, const GElf_Shdr *shdr)
{
	if (shdr->sh_offset > obj->size ||
	    shdr->sh_size > obj->size - shdr->sh_offset ||
	    shdr->sh_offset % sizeof(long))
		return NULL;

	return obj->bytes + shdr->sh_offset;
}

static void find_sections(struct object *obj)
{
	const char *name;
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;
	size_t names;

	if (elf_getshdrstrndx(obj->elf, &names))
		return;
	while ((scn = elf_nextscn(obj->elf, scn))) {
		if (gelf_getshdr(scn, &shdr) == NULL)
			return;
		name = elf_strptr(obj->elf, names, shdr.sh_name);
		if (shdr.sh_type == SHT_DYNSYM &&
		    shdr.sh_entsize == sizeof(ElfW(Sym))) {
			obj->symbols = bytes_of(obj, &shdr);
			obj->nr_symbols = shdr.sh_size / sizeof(ElfW(Sym));
			obj->names = shdr.sh_link;
		} else if (shdr.sh_type == SHT_PROGBITS && name &&
			   strcmp(name, ".modinfo") == 0 &&
			   shdr.sh_offset <= obj->size &&
			   shdr.sh_size <= obj->size - shdr.sh_offset) {
			obj->info = obj->bytes + shdr.sh_offset;
			obj->info_size = shdr.sh_size;
		}
	}
}

static ElfW(Sym) * symbol(const struct object *obj, size_t i)
{
	return (ElfW(Sym) *)(void *)obj->symbols + i;
}

static const char *symbol_name(const struct object *obj, const ElfW(Sym) * sym)
{
	const char *name = elf_strptr(obj->elf, obj->names, sym->st_name);

	return name ? name : "";
}

static bool is_defined(const ElfW(Sym) * sym)
{
	return sym->st_shndx != SHN_UNDEF &&
	       GELF_ST_BIND(sym->st_info) != STB_LOCAL;
}

static const ElfW(Sym) * find_symbol(const struct object *obj, const char *name)
{
	const ElfW(Sym) * sym;

	for (size_t i = 0; i < obj->nr_symbols; i++) {
		sym = symbol(obj, i);
		if (is_defined(sym) && strcmp(symbol_name(obj, sym), name) == 0)
			return sym;
	}

	return NULL;
}

const char *object_info(const struct object *obj, const char *tag, size_t *at)
{
	size_t left, len, tag_len = strlen(tag);
	const char *line;

	/* What is between the strings is padding, and zero. */
	while (*at < obj->info_size) {
		line = obj->info + *at;
		left = obj->info_size - *at;
		len = strnlen(line, left);
		if (len == left)
			return NULL;
		*at += len + 1;
		if (strncmp(line, tag, tag_len) == 0 && line[tag_len] == '=')
			return line + tag_len + 1;
	}

	return NULL;
}

bool object_exports(const struct object *obj, const char *name)
{
	const char *exported;
	size_t at = 0;

	while ((exported = object_info(obj, "export", &at)))
		if (strcmp(exported, name) == 0)
			return true;

	return false;
}

/* Others are to link to it. */
static int check_exports(const struct object *obj)
{
	const char *name;
	const ElfW(Sym) * sym;
	size_t at = 0;

	while ((name = object_info(obj, "export", &at))) {
		sym = find_symbol(obj, name);
		if (sym && GELF_ST_TYPE(sym->st_info) != STT_TLS)
			continue;
		complain("driver %s: it exports %s, which %s", obj->path, name,
			 sym ? "is thread-local: have it export a function "
			       "instead"
			     : "others cannot see: " BUILD_IT);
		return -ENOEXEC;
	}

	return 0;
}

/* "/a/foo-bar.so" is foo_bar. */
static char *name_from_path(const char *path)
{
	const char *base = strrchr(path, '/') + 1;
	char *name = strndup(base, strcspn(base, "."));

	for (char *c = name; c && *c; c++)
		if (*c == '-')
			*c = '_';

	return name;
}

/* Whoever maps it is not to be told lies by it. */
static int check_segments(const struct object *obj)
{
	const char *wrong = segments_wrong(obj->bytes, obj->size);

	if (wrong == NULL)
		return 0;
	complain("driver %s: the file is damaged: %s: copy it again, or build "
		 "it again",
		 obj->path, wrong);

	return -ENOEXEC;
}

static int parse(struct object *obj)
{
	const char *name;
	size_t at = 0;

	if (!is_of_our_kind(obj))
		return no_driver(obj, "not a shared object for this machine");

	elf_version(EV_CURRENT);
	obj->elf = elf_memory(obj->bytes, obj->size);
	if (obj->elf)
		find_sections(obj);
	if (obj->symbols == NULL)
		return no_driver(obj, "not a shared object");
	if (find_symbol(obj, EVL_DRIVER_SYMBOL) == NULL) {
		complain("driver %s: not a driver: it does not include "
			 "<linux/module.h> of pkg-config evl-driver",
			 obj->path);
		return -ENOEXEC;
	}
	if (check_segments(obj))
		return -ENOEXEC;

	name = object_info(obj, "name", &at);
	obj->name = name ? strdup(name) : name_from_path(obj->path);

	return obj->name ? check_exports(obj) : -ENOMEM;
}

int object_read(const char *path, struct object **r_obj)
{
	struct object *obj = calloc(1, sizeof(*obj));
	int ret;

	if (obj == NULL)
		return -ENOMEM;

	obj->path = realpath(path, NULL);
	ret = obj->path ? read_file(obj) : -errno;
	if (ret && ret != -ENOEXEC)
		complain("driver %s: %s: %s", path, strerrordesc_np(-ret),
			 remedy(strerrordesc_np(-ret),
				"check the path and the permissions"));
	if (ret == 0)
		ret = parse(obj);
	if (ret)
		object_free(obj);
	else
		*r_obj = obj;

	return ret;
}

const char *object_needs(const struct object *obj, size_t i, bool *r_weak)
{
	const ElfW(Sym) *sym = symbol(obj, i);
	const char *name;

	if (sym->st_shndx != SHN_UNDEF ||
	    GELF_ST_BIND(sym->st_info) == STB_LOCAL)
		return NULL;

	*r_weak = GELF_ST_BIND(sym->st_info) == STB_WEAK;
	name = symbol_name(obj, sym);

	return name[0] ? name : NULL;
}

static void hide(ElfW(Sym) * sym)
{
	sym->st_other = (unsigned char)((sym->st_other & ~0x3) | STV_HIDDEN);
}

void object_bind(struct object *obj, size_t i, const void *addr)
{
	ElfW(Sym) *sym = symbol(obj, i);

	sym->st_shndx = SHN_ABS;
	sym->st_value = (uintptr_t)addr;
	hide(sym);
}

static void hide_own(struct object *obj)
{
	const char *name;
	ElfW(Sym) * sym;

	for (size_t i = 0; i < obj->nr_symbols; i++) {
		sym = symbol(obj, i);
		name = symbol_name(obj, sym);
		if (is_defined(sym) && strcmp(name, EVL_DRIVER_SYMBOL) != 0 &&
		    !object_exports(obj, name))
			hide(sym);
	}
}

/* The @i'th entry of the dynamic section, NULL behind the last. */
static ElfW(Dyn) * dynamic(const struct object *obj, size_t i, size_t *r_names)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;
	ElfW(Dyn) * dyn;

	while ((scn = elf_nextscn(obj->elf, scn))) {
		if (gelf_getshdr(scn, &shdr) == NULL)
			break;
		if (shdr.sh_type != SHT_DYNAMIC)
			continue;
		dyn = (ElfW(Dyn) *)(void *)bytes_of(obj, &shdr);
		*r_names = shdr.sh_link;
		return dyn && i < shdr.sh_size / sizeof(*dyn) ? dyn + i : NULL;
	}

	return NULL;
}

static ElfW(Dyn) *
	library(const struct object *obj, size_t nth, size_t *r_names)
{
	ElfW(Dyn) * dyn;

	for (size_t i = 0; (dyn = dynamic(obj, i, r_names)); i++)
		if ((dyn->d_tag == DT_NEEDED || dyn->d_tag == DT_DROPPED) &&
		    nth-- == 0)
			return dyn;

	return NULL;
}

const char *object_library(const struct object *obj, size_t i)
{
	size_t names;
	const ElfW(Dyn) *dyn = library(obj, i, &names);
	const char *name;

	name = dyn ? elf_strptr(obj->elf, names, dyn->d_un.d_val) : NULL;

	return name ? name : NULL;
}

void object_drop_library(struct object *obj, size_t i)
{
	size_t names;
	ElfW(Dyn) *dyn = library(obj, i, &names);

	if (dyn)
		dyn->d_tag = DT_DROPPED;
}

const char *object_library_path(const struct object *obj)
{
	const char *path = NULL;
	const ElfW(Dyn) * dyn;
	size_t names;

	for (size_t i = 0; (dyn = dynamic(obj, i, &names)) && !path; i++)
		if (dyn->d_tag == DT_RUNPATH || dyn->d_tag == DT_RPATH)
			path = elf_strptr(obj->elf, names, dyn->d_un.d_val);

	return path ? path : "";
}

/* A file of the copy's own, which has no name. */
static int write_copy(const struct object *obj)
{
	int fd, saved_errno;
	ssize_t done;

	fd = memfd_create(strrchr(obj->path, '/') + 1, MFD_CLOEXEC | MFD_EXEC);
	if (fd < 0 && errno == EINVAL) /* before Linux 6.3 */
		fd = memfd_create(strrchr(obj->path, '/') + 1, MFD_CLOEXEC);
	if (fd < 0)
		return -1;

	for (size_t i = 0; i < obj->size; i += (size_t)done) {
		done = write(fd, obj->bytes + i, obj->size - i);
		if (done <= 0) {
			saved_errno = done ? errno : ENOSPC;
			close(fd);
			errno = saved_errno;
			return -1;
		}
	}

	return fd;
}

/* Tell why the dynamic linker refused it, by the name people know. */
static int explain_dlopen(const struct object *obj, const char *copy)
{
	const char *why = dlerror(), *text = why ? why : "?";
	size_t len = strlen(copy);

	if (strncmp(text, copy, len) == 0 && strncmp(text + len, ": ", 2) == 0)
		text += len + 2;
	if (strncmp(text, "undefined symbol", 16) == 0)
		complain("driver %s: %s: this evl-cused has no such service, "
			 "and no driver that is loaded exports it",
			 obj->path, text);
	else
		complain("driver %s: %s: %s", obj->path, text,
			 remedy(text, BUILD_IT));

	return -ENOEXEC;
}

/*
 * The descriptor stays open as long as the code is mapped, for good: debuggers
 * find the symbols through it. And no two objects have ever the same name,
 * which the dynamic linker would take for the same object.
 */
int object_map(struct object *obj, void **r_handle)
{
	const char *why;
	char copy[64];
	int fd;

	hide_own(obj);
	fd = write_copy(obj);
	if (fd < 0) {
		why = strerrordesc_np(errno);
		complain("driver %s: no memory to run it in: %s: %s", obj->path,
			 why, remedy(why, "see the sysctl vm.memfd_noexec"));
		return -ENOEXEC;
	}

	snprintf(copy, sizeof(copy), "/proc/%d/fd/%d", getpid(), fd);
	*r_handle = dlopen(copy, RTLD_NOW | RTLD_LOCAL);
	if (*r_handle == NULL) {
		fd_close(fd);
		return explain_dlopen(obj, copy);
	}

	return 0;
}
