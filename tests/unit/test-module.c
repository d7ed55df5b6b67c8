/* SPDX-License-Identifier: MIT */
/* The loader: what it takes, what it refuses, and what it says then. */
#include "module-rig.h"
#include "suite.h"
#include "vfs/module.h"
#include "vfs/node.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* What the latest driver loaded says of itself. */
static const char *sample_text(void)
{
	const struct module *mod, *last = NULL;

	for (unsigned int i = 0; (mod = module_nth(i)); i++)
		last = mod;
	ck_assert_ptr_nonnull(last);

	return module_symbol(last, "sample_text");
}

START_TEST(a_driver_gets_its_nodes)
{
	const struct module *mod;

	ck_assert_int_eq(rig_load("sample-fine"), 0);
	rig_said("driver sample_fine: loaded from /");
	ck_assert_ptr_nonnull(node_find("sample/0"));
	ck_assert_ptr_nonnull(node_find("sample-misc"));

	mod = module_nth(0);
	ck_assert_ptr_nonnull(mod);
	ck_assert_ptr_null(module_nth(1));
	ck_assert_str_eq(module_name(mod), "sample_fine");
	ck_assert_str_eq(strrchr(module_path(mod), '/'), "/sample-fine.so");
	ck_assert_uint_eq(module_nr_nodes(mod), 2);
	ck_assert_str_eq(node_find("sample/0")->driver, "sample_fine");
}
END_TEST

START_TEST(its_exit_function_runs_at_the_end)
{
	const char *text;

	ck_assert_int_eq(rig_load("sample-fine"), 0);
	text = sample_text();
	module_unload_all();
	ck_assert_uint_eq(node_count(), 0);
	ck_assert_ptr_null(module_nth(0));
	/* Its code is there still. */
	ck_assert_str_eq(text, "ended");
}
END_TEST

/* Without module_init() and module_exit(): by the names which these stand for. */
START_TEST(init_and_exit_functions_are_known_by_name)
{
	const char *text;

	ck_assert_int_eq(rig_load("sample-named"), 0);
	text = sample_text();
	ck_assert_uint_eq(node_count(), 2);
	module_unload_all();
	ck_assert_uint_eq(node_count(), 0);
	ck_assert_str_eq(text, "ended");
}
END_TEST

START_TEST(what_a_driver_leaves_behind_is_removed)
{
	ck_assert_int_eq(rig_load("sample-littering"), 0);
	ck_assert_uint_eq(node_count(), 2);
	module_unload_all();
	ck_assert_uint_eq(node_count(), 0);

	/* Numbers and names are free again. */
	ck_assert_int_eq(rig_load("sample-fine"), 0);
	ck_assert_uint_eq(node_count(), 2);
}
END_TEST

START_TEST(a_driver_without_owners_is_recognized)
{
	ck_assert_int_eq(rig_load("sample-anonymous"), 0);
	ck_assert_uint_eq(module_nr_nodes(module_nth(0)), 2);
}
END_TEST

/* What it names is there, or it would not load. */
START_TEST(every_name_that_drivers_use_is_there)
{
	ck_assert_int_eq(rig_load("every-name"), 0);
	ck_assert_int_eq(rig_load("every-device"), 0);
	ck_assert_int_eq(rig_load("every-tool"), 0);
}
END_TEST

START_TEST(parameters_are_set_before_init)
{
	char *params[] = { "answer=-7", "quiet",       "tag=a b",
			   "word=hi",	"pair=-1,300", "side=right" };

	ck_assert_int_eq(module_load(rig_path("sample-fine"), NULL, 0), 0);
	ck_assert_str_eq(sample_text(), "42 0 unlabelled  0:0:0 -");
	module_unload_all();

	ck_assert_int_eq(module_load(rig_path("sample-anonymous"), params, 6),
			 0);
	ck_assert_str_eq(sample_text(), "-7 1 a b hi 2:-1:300 r");
}
END_TEST

START_TEST(bad_parameters_are_refused)
{
	const struct {
		char *param;
		const char *text;
	} cases[] = {
		{ "anwser=1", "no parameter anwser" },
		{ "anwser=1", "side, pair, word, tag, quiet, answer" },
		{ "answer=x", "answer cannot be 'x'" },
		{ "answer=3000000000", "of type int" },
		{ "answer", "parameter answer wants a value of type int" },
		{ "pair=1,2,3", "of type array of short" },
		{ "pair=1,,3", "of type array of short" },
		{ "pair=1,70000", "of type array of short" },
		{ "side=up", "side cannot be 'up' (Numerical argument" },
		{ "side=up", "give it a value that says: left or right" },
		{ "side", "side wants a value that says: left or right" },
		{ "word=too long for it", "word cannot be" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *param = cases[i].param;

		ck_assert_int_eq(
			module_load(rig_path("sample-fine"), &param, 1),
			-EINVAL);
		rig_said(cases[i].text);
		ck_assert_uint_eq(node_count(), 0);
		ck_assert_ptr_null(module_nth(0));
	}

	/* It was not loaded, so it can be. */
	ck_assert_int_eq(rig_load("sample-fine"), 0);
}
END_TEST

START_TEST(a_failing_init_is_undone)
{
	ck_assert_int_eq(rig_load("sample-failing"), -EBUSY);
	rig_said("EBUSY");
	ck_assert_uint_eq(node_count(), 0);
	ck_assert_ptr_null(module_nth(0));
	ck_assert_int_eq(rig_load("sample-failing"), -EBUSY);
	rig_said("its init function failed with -16");
}
END_TEST

START_TEST(a_driver_is_loaded_once)
{
	ck_assert_int_eq(rig_load("sample-fine"), 0);
	rig_said("loaded");
	ck_assert_int_eq(rig_load("sample-fine"), -EEXIST);
	rig_said("loaded already");
	ck_assert_uint_eq(node_count(), 2);
}
END_TEST

START_TEST(a_driver_of_the_same_name_is_refused)
{
	char dir[] = "/tmp/evl-test-XXXXXX", copy[64], command[600];

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(copy, sizeof(copy), "%s/sample-fine.so", dir);
	snprintf(command, sizeof(command), "cp %s %s", rig_path("sample-fine"),
		 copy);
	ck_assert_int_eq(system(command), 0);

	ck_assert_int_eq(rig_load("sample-fine"), 0);
	rig_said("loaded");
	ck_assert_int_eq(module_load(copy, NULL, 0), -EEXIST);
	rig_said("a driver named sample_fine is loaded already");

	unlink(copy);
	rmdir(dir);
}
END_TEST

START_TEST(a_driver_of_another_abi_is_refused)
{
	ck_assert_int_eq(rig_load("sample-old"), -ENOEXEC);
	rig_said("built for driver ABI 11, this evl-cused has 4");
	ck_assert_uint_eq(node_count(), 0);
}
END_TEST

START_TEST(a_shorter_table_of_operations_ends_in_zeroes)
{
	const struct file_operations *fops;

	ck_assert_int_eq(rig_load("sample-small"), 0);
	fops = node_find("sample/0")->fops;
	ck_assert_ptr_nonnull(fops->open);
	ck_assert_ptr_null(fops->oob_read);

	ck_assert_int_eq(rig_load("sample-fine"), -EEXIST); /* same nodes */
	module_unload_all();
	ck_assert_int_eq(rig_load("sample-fine"), 0);
	ck_assert_ptr_nonnull(node_find("sample/0")->fops->oob_read);
}
END_TEST

START_TEST(what_is_no_driver_is_refused)
{
	static const struct {
		const char *path;
		int ret;
		const char *text;
	} cases[] = {
		{ "/nonexistent/foo.so", -ENOENT, "No such file" },
		{ "/dev/null/foo.so", -ENOTDIR, "Not a directory" },
		{ "/etc/passwd", -ENOEXEC, "pkg-config --cflags evl-driver" },
		{ DRIVERS_DIR, -ENOEXEC, "irectory" },
		{ DRIVERS_DIR "/no-driver.so", -ENOEXEC, "not a driver" },
		{ DRIVERS_DIR "/sample-demanding.so", -ENOEXEC,
		  "undefined symbol: no_such_service" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_int_eq(module_load(cases[i].path, NULL, 0),
				 cases[i].ret);
		rig_said(cases[i].text);
	}
}
END_TEST

/* Whichever of those a load takes is the one that is not to be had. */
START_TEST(no_descriptors_are_no_fault_of_the_driver_s)
{
	int first = dup(STDERR_FILENO), ret = -1;
	struct rlimit limit, none;
	unsigned int more;

	ck_assert_int_ge(first, 0);
	close(first);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	for (more = 0; ret && more < 8; more++) {
		none = (struct rlimit){ (rlim_t)first + more, limit.rlim_max };
		ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
		ret = rig_load("sample-fine");
		rig_said(ret ? "Too many open files: give evl-cused more "
			       "descriptors, by LimitNOFILE="
			     : "loaded");
	}
	/* That of the copy, and that which the linker reads it by. */
	ck_assert_uint_eq(more, 3);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}
END_TEST

/* sample-fine's file, and where its program headers are. */
static struct {
	char bytes[1 << 20];
	size_t size;
} good;

static ElfW(Ehdr) * header(void)
{
	return (ElfW(Ehdr) *)(void *)good.bytes;
}

static ElfW(Phdr) * nth_segment(unsigned int type, unsigned int nth)
{
	ElfW(Phdr) *seg = (void *)(good.bytes + header()->e_phoff);

	for (unsigned int i = 0; i < header()->e_phnum; i++, seg++)
		if (seg->p_type == type && nth-- == 0)
			return seg;
	ck_abort_msg("no segment %u of type %u", nth, type);

	return NULL;
}

static void read_good(void)
{
	FILE *file = fopen(rig_path("sample-fine"), "r");

	ck_assert_ptr_nonnull(file);
	good.size = fread(good.bytes, 1, sizeof(good.bytes), file);
	fclose(file);
	ck_assert_uint_lt(good.size, sizeof(good.bytes));
}

static void refuse_damaged(const char *text)
{
	char path[] = "/tmp/evl-test-XXXXXX";
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, good.bytes, good.size), (ssize_t)good.size);
	close(fd);

	ck_assert_int_eq(module_load(path, NULL, 0), -ENOEXEC);
	unlink(path);
	rig_said(text);
	ck_assert_ptr_null(module_nth(0));
}

/* Refuse it with @field, of the good file's, being @value. */
#define REFUSE_WITH(field, value, text)           \
	do {                                      \
		read_good();                      \
		(field) = (typeof(field))(value); \
		refuse_damaged(text);             \
	} while (0)

#define LOAD(n)	   nth_segment(PT_LOAD, n)
#define NO_HEADERS "is damaged: its program headers are not in the file"
#define PAST_END   "is damaged: a segment reaches past the end of the file"
#define NOT_MAPPED "is damaged: a part of it is in no segment"

START_TEST(damaged_program_headers_are_refused)
{
	REFUSE_WITH(header()->e_phnum, 0xffff, NO_HEADERS);
	REFUSE_WITH(header()->e_phnum, 0, NO_HEADERS);
	REFUSE_WITH(header()->e_phoff, UINT64_MAX - 7, NO_HEADERS);
	REFUSE_WITH(header()->e_phoff, good.size / 8 * 8 - 8, NO_HEADERS);
	REFUSE_WITH(header()->e_phoff, 65, NO_HEADERS);
	REFUSE_WITH(header()->e_phentsize, 8, NO_HEADERS);
}
END_TEST

START_TEST(segments_outside_the_file_are_refused)
{
	REFUSE_WITH(LOAD(1)->p_offset, good.size + 4096, PAST_END);
	REFUSE_WITH(LOAD(1)->p_offset, UINT64_MAX - 4095, PAST_END);
	REFUSE_WITH(LOAD(0)->p_filesz, good.size + 1, PAST_END);
	REFUSE_WITH(nth_segment(PT_DYNAMIC, 0)->p_filesz, UINT64_MAX, PAST_END);
	REFUSE_WITH(LOAD(0)->p_vaddr, UINT64_MAX - 4095, "no sane address");
	REFUSE_WITH(LOAD(0)->p_memsz, UINT64_MAX, "no sane address");
	REFUSE_WITH(LOAD(1)->p_memsz, LOAD(1)->p_filesz - 1,
		    "more bytes than room");
	REFUSE_WITH(LOAD(0)->p_align, 3, "no power of two");
	REFUSE_WITH(LOAD(0)->p_align, 0, "not aligned");
	REFUSE_WITH(LOAD(1)->p_vaddr, LOAD(1)->p_vaddr + 8, "not aligned");
	REFUSE_WITH(LOAD(0)->p_memsz, 1 << 30, "segments overlap");
}
END_TEST

START_TEST(segments_the_linker_would_miss_are_refused)
{
	REFUSE_WITH(nth_segment(PT_DYNAMIC, 0)->p_vaddr, 1 << 30, NOT_MAPPED);
	REFUSE_WITH(nth_segment(PT_DYNAMIC, 0)->p_offset, 0, NOT_MAPPED);
	REFUSE_WITH(nth_segment(PT_DYNAMIC, 0)->p_filesz, sizeof(ElfW(Dyn)),
		    "its dynamic section has no end");
	REFUSE_WITH(nth_segment(PT_DYNAMIC, 0)->p_type, PT_NULL,
		    "it has no dynamic section");
	REFUSE_WITH(nth_segment(PT_GNU_RELRO, 0)->p_memsz, 1 << 30, NOT_MAPPED);
	REFUSE_WITH(nth_segment(PT_NOTE, 0)->p_vaddr, 1 << 30, NOT_MAPPED);
}
END_TEST

#define NO_KIND "is damaged: a section is in no segment of its kind"

START_TEST(segments_which_are_not_the_sections_are_refused)
{
	REFUSE_WITH(LOAD(0)->p_flags, 0, NO_KIND);
	REFUSE_WITH(LOAD(1)->p_flags, PF_R, NO_KIND);
	REFUSE_WITH(LOAD(3)->p_flags, PF_R | PF_X, NO_KIND);
	REFUSE_WITH(LOAD(1)->p_type, PT_NULL, NO_KIND);
	REFUSE_WITH(LOAD(1)->p_filesz, 8, NO_KIND);
	REFUSE_WITH(LOAD(1)->p_offset, 0, NO_KIND);
	REFUSE_WITH(nth_segment(PT_GNU_EH_FRAME, 0)->p_type, PT_DYNAMIC,
		    "its dynamic section ");
	REFUSE_WITH(header()->e_shentsize, 8, "");
}
END_TEST

int main(void);

START_TEST(code_and_data_tell_their_driver)
{
	ck_assert_int_eq(rig_load("sample-fine"), 0);
	ck_assert_ptr_eq(module_at(sample_text()), module_nth(0));
	ck_assert_ptr_eq(module_at(node_find("sample/0")->fops->oob_read),
			 module_nth(0));
	ck_assert_ptr_null(module_at(main));
	ck_assert_ptr_null(module_at(NULL));
	ck_assert_str_eq(module_name_at(main), "(unknown)");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("vfs/module");
	TCase *tc;

	tc = tcase_create("loaded");
	tcase_add_checked_fixture(tc, rig_setup, rig_teardown);
	tcase_add_test(tc, a_driver_gets_its_nodes);
	tcase_add_test(tc, every_name_that_drivers_use_is_there);
	tcase_add_test(tc, its_exit_function_runs_at_the_end);
	tcase_add_test(tc, init_and_exit_functions_are_known_by_name);
	tcase_add_test(tc, what_a_driver_leaves_behind_is_removed);
	tcase_add_test(tc, a_driver_without_owners_is_recognized);
	tcase_add_test(tc, parameters_are_set_before_init);
	tcase_add_test(tc, a_shorter_table_of_operations_ends_in_zeroes);
	tcase_add_test(tc, code_and_data_tell_their_driver);
	suite_add_tcase(suite, tc);

	tc = tcase_create("refused");
	tcase_add_checked_fixture(tc, rig_setup, rig_teardown);
	tcase_add_test(tc, bad_parameters_are_refused);
	tcase_add_test(tc, a_failing_init_is_undone);
	tcase_add_test(tc, a_driver_is_loaded_once);
	tcase_add_test(tc, a_driver_of_the_same_name_is_refused);
	tcase_add_test(tc, a_driver_of_another_abi_is_refused);
	tcase_add_test(tc, what_is_no_driver_is_refused);
	tcase_add_test(tc, no_descriptors_are_no_fault_of_the_driver_s);
	tcase_add_test(tc, damaged_program_headers_are_refused);
	tcase_add_test(tc, segments_outside_the_file_are_refused);
	tcase_add_test(tc, segments_the_linker_would_miss_are_refused);
	tcase_add_test(tc, segments_which_are_not_the_sections_are_refused);
	suite_add_tcase(suite, tc);

	return suite_run(suite);
}
