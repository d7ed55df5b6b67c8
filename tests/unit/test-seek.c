/* SPDX-License-Identifier: MIT */
/* The llseek and open handlers which drivers find ready-made. */
#include "suite.h"

#include <limits.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <unistd.h>

static struct file filp;

/* Where one is afterwards is what was returned, or where one was. */
#define ck_seek(call, result, pos)                         \
	do {                                               \
		ck_assert_int_eq(call, result);            \
		ck_assert_int_eq(filp.f_pos, (loff_t)pos); \
	} while (0)

static void setup(void)
{
	filp = (struct file){ .f_pos = 10 };
}

START_TEST(a_device_has_no_size)
{
	loff_t (*const seeks[])(struct file *, loff_t, int) = {
		default_llseek,
		generic_file_llseek,
	};

	for (size_t i = 0; i < sizeof(seeks) / sizeof(seeks[0]); i++) {
		setup();
		ck_seek(seeks[i](&filp, 0, SEEK_CUR), 10, 10);
		ck_seek(seeks[i](&filp, 5, SEEK_CUR), 15, 15);
		ck_seek(seeks[i](&filp, 1LL << 40, SEEK_SET), 1LL << 40,
			1LL << 40);
		ck_seek(seeks[i](&filp, 3, SEEK_END), 3, 3);
		ck_seek(seeks[i](&filp, -1, SEEK_END), -EINVAL, 3);
		ck_seek(seeks[i](&filp, -4, SEEK_CUR), -EINVAL, 3);
		ck_seek(seeks[i](&filp, LLONG_MAX, SEEK_CUR), -EINVAL, 3);
		ck_seek(seeks[i](&filp, 0, SEEK_DATA), -ENXIO, 3);
		ck_seek(seeks[i](&filp, 0, SEEK_HOLE), -ENXIO, 3);
		ck_seek(seeks[i](&filp, 0, 5), -EINVAL, 3);
		ck_seek(seeks[i](&filp, 0, -1), -EINVAL, 3);
	}
}
END_TEST

START_TEST(one_may_go_to_the_end_of_a_fixed_size_and_no_further)
{
	ck_seek(fixed_size_llseek(&filp, 0, SEEK_END, 64), 64, 64);
	ck_seek(fixed_size_llseek(&filp, -4, SEEK_END, 64), 60, 60);
	ck_seek(fixed_size_llseek(&filp, 4, SEEK_CUR, 64), 64, 64);
	ck_seek(fixed_size_llseek(&filp, 1, SEEK_CUR, 64), -EINVAL, 64);
	ck_seek(fixed_size_llseek(&filp, 65, SEEK_SET, 64), -EINVAL, 64);
	ck_seek(fixed_size_llseek(&filp, -65, SEEK_END, 64), -EINVAL, 64);
	ck_seek(fixed_size_llseek(&filp, LLONG_MAX, SEEK_END, 64), -EINVAL, 64);
	ck_seek(fixed_size_llseek(&filp, LLONG_MIN, SEEK_CUR, 64), -EINVAL, 64);
	ck_seek(fixed_size_llseek(&filp, 8, SEEK_DATA, 64), -EINVAL, 64);
	ck_seek(fixed_size_llseek(&filp, 0, SEEK_SET, 64), 0, 0);
}
END_TEST

START_TEST(what_shrank_tells_where_one_is)
{
	ck_seek(fixed_size_llseek(&filp, 0, SEEK_CUR, 4), 10, 10);
	ck_seek(fixed_size_llseek(&filp, -1, SEEK_CUR, 4), -EINVAL, 10);
}
END_TEST

START_TEST(without_an_end_there_is_no_seek_to_it)
{
	ck_seek(no_seek_end_llseek(&filp, 0, SEEK_END), -EINVAL, 10);
	ck_seek(no_seek_end_llseek(&filp, 0, SEEK_HOLE), -EINVAL, 10);
	ck_seek(no_seek_end_llseek(&filp, LLONG_MAX, SEEK_SET), LLONG_MAX,
		LLONG_MAX);
	ck_seek(no_seek_end_llseek_size(&filp, 8, SEEK_SET, 8), 8, 8);
	ck_seek(no_seek_end_llseek_size(&filp, 1, SEEK_CUR, 8), -EINVAL, 8);
}
END_TEST

START_TEST(data_is_all_up_to_the_hole_at_the_end)
{
	ck_seek(generic_file_llseek_size(&filp, 63, SEEK_DATA, 100, 64), 63,
		63);
	ck_seek(generic_file_llseek_size(&filp, 0, SEEK_HOLE, 100, 64), 64, 64);
	ck_seek(generic_file_llseek_size(&filp, 64, SEEK_DATA, 100, 64), -ENXIO,
		64);
	ck_seek(generic_file_llseek_size(&filp, -1, SEEK_HOLE, 100, 64), -ENXIO,
		64);
	ck_seek(vfs_setpos(&filp, 101, 100), -EINVAL, 64);
	ck_seek(vfs_setpos(&filp, 100, 100), 100, 100);
}
END_TEST

START_TEST(what_does_not_move_does_not)
{
	ck_seek(noop_llseek(&filp, 5, SEEK_SET), 10, 10);
	ck_seek(no_llseek(&filp, 5, SEEK_SET), -ESPIPE, 10);
}
END_TEST

START_TEST(a_simple_file_has_what_its_inode_has)
{
	int thing;
	struct inode inode = { .i_private = NULL };

	filp.private_data = &filp;
	ck_assert_int_eq(simple_open(&inode, &filp), 0);
	ck_assert_ptr_eq(filp.private_data, &filp);
	inode.i_private = &thing;
	ck_assert_int_eq(generic_file_open(&inode, &filp), 0);
	ck_assert_ptr_eq(filp.private_data, &filp);
	ck_assert_int_eq(simple_open(&inode, &filp), 0);
	ck_assert_ptr_eq(filp.private_data, &thing);
}
END_TEST

int main(void)
{
	const TTest *tests[] = {
		a_device_has_no_size,
		one_may_go_to_the_end_of_a_fixed_size_and_no_further,
		what_shrank_tells_where_one_is,
		without_an_end_there_is_no_seek_to_it,
		data_is_all_up_to_the_hole_at_the_end,
		what_does_not_move_does_not,
		a_simple_file_has_what_its_inode_has,
	};
	Suite *suite = suite_create("vfs/seek");
	TCase *tcase = tcase_create("seek");

	tcase_add_checked_fixture(tcase, setup, NULL);
	for (unsigned int i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tcase_add_test(tcase, tests[i]);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}
