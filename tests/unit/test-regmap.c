/* SPDX-License-Identifier: MIT */
/* Registers by number. */
#include "inband-rig.h"
#include "vfs/devres.h"

#include <errno.h>
#include <linux/device.h>
#include <linux/regmap.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>

static struct device dev;
static _Alignas(8) u8 regs[64];

static void setup(void)
{
	inband_setup();
	dev.init_name = "it";
	device_initialize(&dev);
}

static void teardown(void)
{
	devres_release_all(&dev);
	inband_teardown();
}

static struct regmap *map_of(int val_bits, int stride)
{
	const struct regmap_config config = {
		.reg_bits = 32,
		.reg_stride = stride,
		.val_bits = val_bits,
		.max_register = 0x20,
	};

	return devm_regmap_init_mmio(&dev, regs, &config);
}

START_TEST(a_register_is_as_wide_as_it_is_said_to_be)
{
	const int bits[] = { 8, 16, 32, 64 };
	struct regmap *map = map_of(bits[_i], 8);
	unsigned int val = 0;

	ck_assert(!IS_ERR(map));
	memset(regs, 0xee, sizeof(regs));
	ck_assert_int_eq(regmap_write(map, 8, 0x12345678), 0);
	for (int i = 0; i < 8; i++) {
		if (i >= bits[_i] / 8)
			ck_assert_uint_eq(regs[8 + i], 0xee);
		else if (i < 4)
			ck_assert_uint_eq(regs[8 + i],
					  (0x12345678 >> (8 * i)) & 0xff);
		else
			ck_assert_uint_eq(regs[8 + i], 0);
	}
	ck_assert_int_eq(regmap_read(map, 8, &val), 0);
	ck_assert_uint_eq(val, bits[_i] >= 32
				       ? 0x12345678
				       : 0x12345678 & ((1u << bits[_i]) - 1));
}
END_TEST

START_TEST(bits_are_changed_alone)
{
	struct regmap *map = map_of(32, 4);
	unsigned int val = 0;

	ck_assert_int_eq(regmap_write(map, 4, 0xf0), 0);
	ck_assert_int_eq(regmap_update_bits(map, 4, 0x3c, 0xff), 0);
	ck_assert_int_eq(regmap_read(map, 4, &val), 0);
	ck_assert_uint_eq(val, 0xfc);
	ck_assert_int_eq(regmap_set_bits(map, 4, 0x101), 0);
	ck_assert_int_eq(regmap_test_bits(map, 4, 0x101), 1);
	ck_assert_int_eq(regmap_test_bits(map, 4, 0x102), 0);
	ck_assert_int_eq(regmap_clear_bits(map, 4, 0xff), 0);
	ck_assert_int_eq(regmap_read(map, 4, &val), 0);
	ck_assert_uint_eq(val, 0x100);
}
END_TEST

static bool is_even(struct device *owner, unsigned int reg)
{
	ck_assert_ptr_eq(owner, &dev);

	return reg % 8 == 0;
}

START_TEST(others_are_not_touched)
{
	const struct regmap_config config = {
		.reg_bits = 8,
		.reg_stride = 4,
		.val_bits = 32,
		.readable_reg = is_even,
		.writeable_reg = is_even,
	};
	struct regmap *map = map_of(32, 4);
	u32 some[9] = { 0 };
	unsigned int val = 7;

	ck_assert_int_eq(regmap_read(map, 2, &val), -EINVAL);
	ck_assert_int_eq(regmap_write(map, 2, 1), -EINVAL);
	ck_assert_int_eq(regmap_read(map, 0x24, &val), -EIO);
	ck_assert_int_eq(regmap_write(map, 0x24, 1), -EIO);
	ck_assert_int_eq(regmap_update_bits(map, 0x24, 1, 1), -EIO);
	ck_assert_int_eq(regmap_test_bits(map, 0x24, 1), -EIO);
	ck_assert_int_eq(regmap_bulk_read(map, 4, some, 9), -EIO);
	ck_assert_int_eq(regmap_bulk_write(map, 4, some, 9), -EIO);
	ck_assert_int_eq(regmap_bulk_read(map, 0, some, 0), -EINVAL);
	ck_assert_int_eq(regmap_bulk_read(map, 0, some, 9), 0);
	ck_assert_uint_eq(val, 7);

	map = regmap_init_mmio(&dev, regs, &config);
	ck_assert(!IS_ERR(map));
	ck_assert_int_eq(regmap_read(map, 4, &val), -EIO);
	ck_assert_int_eq(regmap_write(map, 4, val), -EIO);
	ck_assert_int_eq(regmap_update_bits(map, 4, 1, 1), -EIO);
	ck_assert_int_eq(regmap_write(map, 8, 9), 0);
	ck_assert_int_eq(regmap_read(map, 8, &val), 0);
	ck_assert_uint_eq(val, 9);
	regmap_exit(map);
}
END_TEST

START_TEST(several_go_at_once)
{
	struct regmap *map = map_of(16, 4);
	const u16 in[3] = { 0x102, 0x304, 0x506 };
	u16 out[3];

	ck_assert_int_eq(regmap_bulk_write(map, 4, in, 3), 0);
	ck_assert_mem_eq(regs + 4, "\x02\x01", 2);
	ck_assert_mem_eq(regs + 12, "\x06\x05", 2);
	ck_assert_int_eq(regmap_bulk_read(map, 4, out, 3), 0);
	ck_assert_mem_eq(in, out, sizeof(in));
}
END_TEST

START_TEST(what_makes_no_sense_is_refused)
{
	ck_assert_int_eq(PTR_ERR(map_of(12, 4)), -EINVAL);
	ck_assert_int_eq(PTR_ERR(map_of(0, 4)), -EINVAL);
	ck_assert_int_eq(PTR_ERR(map_of(32, 2)), -EINVAL);
	ck_assert_int_eq(PTR_ERR(map_of(16, 0)), -EINVAL);
	ck_assert_int_eq(PTR_ERR(map_of(8, -1)), -EINVAL);
	ck_assert(!IS_ERR(map_of(8, 0)));
}
END_TEST

#define ROUNDS 20000

static void *flip(void *arg)
{
	struct regmap *map = arg;

	for (int i = 0; i < ROUNDS; i++)
		regmap_update_bits(map, 0, 2, i % 2 ? 0 : 2);

	return NULL;
}

START_TEST(two_change_bits_of_one)
{
	struct regmap *map = map_of(32, 4);
	unsigned int val, lost = 0;
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, flip, map), 0);
	for (int i = 0; i < ROUNDS; i++) {
		regmap_update_bits(map, 0, 1, (unsigned int)i % 2);
		regmap_read(map, 0, &val);
		lost += (val & 1) != (unsigned int)i % 2;
	}
	pthread_join(thread, NULL);
	ck_assert_uint_eq(lost, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bus/regmap");
	TCase *tcase = tcase_create("regmap");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, a_register_is_as_wide_as_it_is_said_to_be, 0,
			    4);
	tcase_add_test(tcase, bits_are_changed_alone);
	tcase_add_test(tcase, others_are_not_touched);
	tcase_add_test(tcase, several_go_at_once);
	tcase_add_test(tcase, what_makes_no_sense_is_refused);
	tcase_add_test(tcase, two_change_bits_of_one);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}
