/* SPDX-License-Identifier: MIT */
#include "vfs/segments.h"

#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>

/* The dynamic linker has them, and what it makes of them, on its stack. */
#define MAX_HEADERS 128
/* No address is near where sums overflow, nor any size. */
#define MAX_ADDRESS (UINT64_C(1) << 40)

struct segments {
	const char *bytes;
	size_t size;
	const ElfW(Phdr) * headers;
	unsigned int nr;
};

static bool is_power_of_two(uint64_t n)
{
	return n && (n & (n - 1)) == 0;
}

static bool find_headers(struct segments *segs)
{
	const ElfW(Ehdr) *ehdr = (const void *)segs->bytes;

	if (ehdr->e_phentsize != sizeof(ElfW(Phdr)) || ehdr->e_phnum == 0 ||
	    ehdr->e_phnum > MAX_HEADERS ||
	    ehdr->e_phoff % _Alignof(ElfW(Phdr)) || ehdr->e_phoff > segs->size)
		return false;

	segs->headers = (const void *)(segs->bytes + ehdr->e_phoff);
	segs->nr = ehdr->e_phnum;

	return segs->nr * sizeof(ElfW(Phdr)) <= segs->size - ehdr->e_phoff;
}

static const ElfW(Phdr) * find(const struct segments *segs, unsigned int type)
{
	for (unsigned int i = 0; i < segs->nr; i++)
		if (segs->headers[i].p_type == type)
			return &segs->headers[i];

	return NULL;
}

/* Its bytes are in the file, no sum of what it says overflows. */
static const char *wrong_itself(const struct segments *segs,
				const ElfW(Phdr) * seg)
{
	if (seg->p_offset > segs->size ||
	    seg->p_filesz > segs->size - seg->p_offset)
		return "a segment reaches past the end of the file";
	if (seg->p_vaddr > MAX_ADDRESS || seg->p_memsz > MAX_ADDRESS)
		return "a segment is at no sane address";
	if (seg->p_align > 1 && !is_power_of_two(seg->p_align))
		return "a segment's alignment is no power of two";

	return NULL;
}

/* Ascending, page by page: the last one's end is taken for that of them all. */
static const char *wrong_load(const ElfW(Phdr) * seg, uint64_t end)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	if (seg->p_memsz < seg->p_filesz)
		return "a segment has more bytes than room";
	if (seg->p_align < page || seg->p_align > MAX_ADDRESS ||
	    (seg->p_vaddr - seg->p_offset) % seg->p_align)
		return "a segment is not aligned";
	if (seg->p_vaddr / page * page < end)
		return "segments overlap, or are not in order";

	return NULL;
}

/* Is all of @seg mapped: bytes of the file's, if it has any? */
static bool is_mapped(const struct segments *segs, const ElfW(Phdr) * seg)
{
	const ElfW(Phdr) * load;

	for (unsigned int i = 0; i < segs->nr; i++) {
		load = &segs->headers[i];
		if (load->p_type == PT_LOAD && seg->p_vaddr >= load->p_vaddr &&
		    seg->p_vaddr + seg->p_filesz <=
			    load->p_vaddr + load->p_filesz &&
		    seg->p_vaddr - load->p_vaddr ==
			    seg->p_offset - load->p_offset)
			return true;
	}

	return false;
}

/* What is made read-only lies where segments are, or in a page they end in. */
static bool is_in_reach(const struct segments *segs, const ElfW(Phdr) * seg)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	const ElfW(Phdr) * load;
	uint64_t end = 0;

	for (unsigned int i = 0; i < segs->nr; i++) {
		load = &segs->headers[i];
		if (load->p_type == PT_LOAD)
			end = load->p_vaddr + load->p_memsz;
	}

	return seg->p_vaddr + seg->p_memsz <= (end + page - 1) / page * page;
}

static const char *wrong_dynamic(const struct segments *segs)
{
	const ElfW(Phdr) *seg = find(segs, PT_DYNAMIC);
	const ElfW(Dyn) * dyn;

	if (seg == NULL || seg->p_offset % _Alignof(ElfW(Dyn)))
		return "it has no dynamic section";

	dyn = (const void *)(segs->bytes + seg->p_offset);
	for (size_t i = 0; i < seg->p_filesz / sizeof(*dyn); i++)
		if (dyn[i].d_tag == DT_NULL)
			return NULL;

	return "its dynamic section has no end";
}

/* Of those which are read where they are mapped. */
static const char *wrong_inside(const struct segments *segs,
				const ElfW(Phdr) * seg)
{
	switch (seg->p_type) {
	case PT_TLS:
		if (seg->p_memsz < seg->p_filesz)
			return "thread-local data have more bytes than room";
		__attribute__((fallthrough));
	case PT_DYNAMIC:
	case PT_PHDR:
	case PT_NOTE:
	case PT_GNU_PROPERTY:
	case PT_GNU_EH_FRAME:
		return seg->p_filesz == 0 || is_mapped(segs, seg)
			       ? NULL
			       : "a part of it is in no segment";
	case PT_GNU_RELRO:
		return is_in_reach(segs, seg) ? NULL
					      : "a part of it is in no segment";
	default:
		return NULL;
	}
}

static bool find_sections(const struct segments *segs,
			  const ElfW(Shdr) * *r_sections)
{
	const ElfW(Ehdr) *ehdr = (const void *)segs->bytes;

	if (ehdr->e_shentsize != sizeof(ElfW(Shdr)) ||
	    ehdr->e_shoff % _Alignof(ElfW(Shdr)) || ehdr->e_shoff > segs->size)
		return false;

	*r_sections = (const void *)(segs->bytes + ehdr->e_shoff);

	return ehdr->e_shnum * sizeof(ElfW(Shdr)) <= segs->size - ehdr->e_shoff;
}

/* What code and relocations take for granted of where they are. */
static unsigned int access_needed(const ElfW(Shdr) * section)
{
	return PF_R | (section->sh_flags & SHF_WRITE ? PF_W : 0) |
	       (section->sh_flags & SHF_EXECINSTR ? PF_X : 0);
}

static bool holds(const ElfW(Phdr) * load, const ElfW(Shdr) * section)
{
	bool in_file = section->sh_type != SHT_NOBITS;
	uint64_t at = section->sh_addr - load->p_vaddr;
	uint64_t size = in_file ? load->p_filesz : load->p_memsz;

	return load->p_type == PT_LOAD && section->sh_addr >= load->p_vaddr &&
	       at <= size && section->sh_size <= size - at &&
	       (!in_file || section->sh_offset - load->p_offset == at) &&
	       (~load->p_flags & access_needed(section)) == 0;
}

static bool is_held(const struct segments *segs, const ElfW(Shdr) * section)
{
	/* Of thread-local zeroes each thread has its own. */
	if (!(section->sh_flags & SHF_ALLOC) || section->sh_size == 0 ||
	    (section->sh_type == SHT_NOBITS && section->sh_flags & SHF_TLS))
		return true;

	for (unsigned int i = 0; i < segs->nr; i++)
		if (holds(&segs->headers[i], section))
			return true;

	return false;
}

static bool is_dynamic_at(const struct segments *segs, uint64_t addr)
{
	for (unsigned int i = 0; i < segs->nr; i++)
		if (segs->headers[i].p_type == PT_DYNAMIC &&
		    segs->headers[i].p_vaddr != addr)
			return false;

	return true;
}

/* The file says twice what is where: in sections, which are for linkers, and in
 * segments. */
static const char *wrong_sections(const struct segments *segs)
{
	const ElfW(Ehdr) *ehdr = (const void *)segs->bytes;
	const ElfW(Shdr) * section;

	if (!find_sections(segs, &section))
		return "its section headers are not in the file";

	for (unsigned int i = 0; i < ehdr->e_shnum; i++, section++) {
		if (!is_held(segs, section))
			return "a section is in no segment of its kind";
		if (section->sh_type == SHT_DYNAMIC &&
		    !is_dynamic_at(segs, section->sh_addr))
			return "its dynamic section is elsewhere";
	}

	return NULL;
}

const char *segments_wrong(const char *bytes, size_t size)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), end = 0;
	struct segments segs = { .bytes = bytes, .size = size };
	const char *wrong = NULL;
	const ElfW(Phdr) * seg;

	if (!find_headers(&segs))
		return "its program headers are not in the file";

	for (unsigned int i = 0; i < segs.nr && wrong == NULL; i++) {
		seg = &segs.headers[i];
		wrong = wrong_itself(&segs, seg);
		if (wrong || seg->p_type != PT_LOAD)
			continue;
		wrong = wrong_load(seg, end);
		end = (seg->p_vaddr + seg->p_memsz + page - 1) / page * page;
	}
	for (unsigned int i = 0; i < segs.nr && wrong == NULL; i++)
		wrong = wrong_inside(&segs, &segs.headers[i]);

	if (wrong == NULL)
		wrong = wrong_dynamic(&segs);

	return wrong ? wrong : wrong_sections(&segs);
}
