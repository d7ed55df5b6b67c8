/* SPDX-License-Identifier: MIT */
/* What was configured of a device, as numbers and strings. */
#include "bus/firmware.h"
#include "inband-rig.h"

#include <errno.h>
#include <linux/device.h>
#include <linux/of_device.h>
#include <linux/property.h>
#include <string.h>

static const struct firmware_property props[] = {
	{ "one", "7" },
	{ "many", "1, 0x10,010 255" },
	{ "large", "256" },
	{ "huge", "18446744073709551615" },
	{ "too-huge", "18446744073709551616" },
	{ "negative", "-128" },
	{ "too-negative", "-129" },
	{ "words", "1 two 3" },
	{ "double", "--1" },
	{ "empty", "" },
	{ "label", "Front panel" },
	{ "list", "one,two, three ,\t\"four, five\" , six" },
	{ "quote", "a \"quoted\" word" },
	{ "open", "\"open" },
	{ "compatible", "acme,servo-2, acme,servo" },
	{ "fast", "yes" },
	{ "slow", "No" },
};

static struct device dev;
static struct device nothing;

static void setup(void)
{
	ck_assert_int_eq(firmware_new("servo.3", props,
				      sizeof(props) / sizeof(props[0]),
				      &dev.of_node),
			 0);
}

static void teardown(void)
{
	dev.of_node = firmware_free(dev.of_node);
}

START_TEST(a_number_is_read_as_wide_as_it_is_wanted)
{
	u8 byte = 99;
	u16 word;
	u32 number;
	u64 huge;
	s32 negative;

	ck_assert_int_eq(device_property_read_u8(&dev, "one", &byte), 0);
	ck_assert_uint_eq(byte, 7);
	ck_assert_int_eq(device_property_read_u8(&dev, "large", &byte),
			 -EOVERFLOW);
	ck_assert_uint_eq(byte, 7);
	ck_assert_int_eq(device_property_read_u16(&dev, "large", &word), 0);
	ck_assert_uint_eq(word, 256);
	ck_assert_int_eq(device_property_read_u32(&dev, "large", &number), 0);
	ck_assert_uint_eq(number, 256);
	ck_assert_int_eq(device_property_read_u32(&dev, "huge", &number),
			 -EOVERFLOW);
	ck_assert_int_eq(device_property_read_u64(&dev, "huge", &huge), 0);
	ck_assert_uint_eq(huge, UINT64_MAX);
	ck_assert_int_eq(device_property_read_u64(&dev, "too-huge", &huge),
			 -EOVERFLOW);

	ck_assert_int_eq(
		of_property_read_s32(dev.of_node, "negative", &negative), 0);
	ck_assert_int_eq(negative, -128);
	ck_assert_int_eq(of_property_read_u8(dev.of_node, "negative", &byte),
			 0);
	ck_assert_uint_eq(byte, 0x80);
	ck_assert_int_eq(
		of_property_read_u8(dev.of_node, "too-negative", &byte),
		-EOVERFLOW);
}
END_TEST

START_TEST(several_numbers_are_an_array)
{
	u32 many[5] = { 0 }, nth;
	u16 words[2];

	ck_assert_int_eq(device_property_count_u32(&dev, "many"), 4);
	ck_assert_int_eq(of_property_count_u32_elems(dev.of_node, "many"), 4);
	ck_assert_int_eq(device_property_read_u32_array(&dev, "many", many, 4),
			 0);
	ck_assert_uint_eq(many[0], 1);
	ck_assert_uint_eq(many[1], 16);
	ck_assert_uint_eq(many[2], 8);
	ck_assert_uint_eq(many[3], 255);
	/* The first ones. */
	ck_assert_int_eq(device_property_read_u16_array(&dev, "many", words, 2),
			 0);
	ck_assert_uint_eq(words[1], 16);
	many[0] = 77;
	ck_assert_int_eq(device_property_read_u32_array(&dev, "many", many, 5),
			 -EOVERFLOW);
	ck_assert_uint_eq(many[0], 77);
	ck_assert_int_eq(
		of_property_read_u32_index(dev.of_node, "many", 3, &nth), 0);
	ck_assert_uint_eq(nth, 255);
	ck_assert_int_eq(
		of_property_read_u32_index(dev.of_node, "many", 4, &nth),
		-EOVERFLOW);
}
END_TEST

START_TEST(what_is_no_number_is_told)
{
	u32 number = 5, numbers[2] = { 5, 5 };

	ck_assert_int_eq(device_property_read_u32(&dev, "none", &number),
			 -EINVAL);
	ck_assert_int_eq(device_property_read_u32(&dev, "empty", &number),
			 -ENODATA);
	ck_assert_int_eq(device_property_read_u32(&dev, "label", &number),
			 -EPROTO);
	ck_assert_int_eq(device_property_read_u32(&dev, "double", &number),
			 -EPROTO);
	ck_assert_int_eq(
		device_property_read_u32_array(&dev, "words", numbers, 2),
		-EPROTO);
	ck_assert_uint_eq(numbers[0], 5);
	ck_assert_int_eq(device_property_count_u32(&dev, "words"), -EPROTO);
	ck_assert_int_eq(device_property_read_u32(&nothing, "one", &number),
			 -EINVAL);
	ck_assert_int_eq(of_property_read_u32(NULL, "one", &number), -EINVAL);
	ck_assert_uint_eq(number, 5);
}
END_TEST

START_TEST(strings_have_a_comma_and_a_blank_between_them)
{
	static const char *const list[] = { "one,two", "three ", "four, five",
					    "six" };
	const char *text, *texts[5];

	ck_assert_int_eq(device_property_read_string(&dev, "label", &text), 0);
	ck_assert_str_eq(text, "Front panel");
	ck_assert_int_eq(device_property_string_array_count(&dev, "list"), 4);
	ck_assert_int_eq(
		device_property_read_string_array(&dev, "list", texts, 5), 4);
	for (int i = 0; i < 4; i++)
		ck_assert_str_eq(texts[i], list[i]);
	ck_assert_int_eq(
		device_property_read_string_array(&dev, "list", texts, 2), 2);
	ck_assert_int_eq(
		device_property_match_string(&dev, "list", "four, five"), 2);
	ck_assert_int_eq(device_property_match_string(&dev, "list", "two"),
			 -ENODATA);
	ck_assert_int_eq(device_property_match_string(&dev, "none", "two"),
			 -EINVAL);

	ck_assert_int_eq(of_property_count_strings(dev.of_node, "list"), 4);
	ck_assert_int_eq(
		of_property_read_string_index(dev.of_node, "list", 3, &text),
		0);
	ck_assert_str_eq(text, "six");
	ck_assert_int_eq(
		of_property_read_string_index(dev.of_node, "list", 4, &text),
		-ENODATA);
	ck_assert_int_eq(
		of_property_read_string_index(dev.of_node, "list", -1, &text),
		-ENODATA);
	device_property_read_string(&dev, "quote", &text);
	ck_assert_str_eq(text, "a \"quoted\" word");
	device_property_read_string(&dev, "open", &text);
	ck_assert_str_eq(text, "\"open");
	ck_assert_int_eq(device_property_read_string(&dev, "empty", &text),
			 -ENODATA);
	ck_assert_int_eq(device_property_read_string(&dev, "none", &text),
			 -EINVAL);
	ck_assert_int_eq(of_property_count_strings(dev.of_node, "empty"),
			 -ENODATA);
}
END_TEST

START_TEST(what_is_there_is_true_unless_it_says_no)
{
	ck_assert(device_property_present(&dev, "empty"));
	ck_assert(device_property_read_bool(&dev, "empty"));
	ck_assert(device_property_read_bool(&dev, "fast"));
	ck_assert(device_property_read_bool(&dev, "one"));
	ck_assert(device_property_present(&dev, "slow"));
	ck_assert(!device_property_read_bool(&dev, "slow"));
	ck_assert(!device_property_present(&dev, "none"));
	ck_assert(!device_property_read_bool(&dev, "none"));
	ck_assert(!device_property_read_bool(&nothing, "one"));
	ck_assert(!of_property_present(NULL, "one"));
}
END_TEST

START_TEST(a_device_is_what_its_compatible_strings_say)
{
	const struct of_device_id table[] = {
		{ .compatible = "acme,motor" },
		{ .name = "other", .compatible = "acme,servo" },
		{ .compatible = "acme,servo", .data = "servo" },
		{ .compatible = "acme,servo-2", .data = "servo 2" },
		{},
	};
	const struct of_device_id by_name[] = { { .name = "servo" }, {} };

	ck_assert_str_eq(dev.of_node->full_name, "servo.3");
	ck_assert_str_eq(dev.of_node->name, "servo");
	ck_assert(of_device_is_compatible(dev.of_node, "acme,servo"));
	ck_assert(!of_device_is_compatible(dev.of_node, "acme"));
	ck_assert_ptr_eq(of_match_node(table, dev.of_node), &table[2]);
	ck_assert_ptr_eq(of_match_device(table, &dev), &table[2]);
	ck_assert_ptr_eq(of_match_device(by_name, &dev), &by_name[0]);
	ck_assert_ptr_null(of_match_device(table, &nothing));
	ck_assert_ptr_null(of_match_node(NULL, dev.of_node));
	ck_assert_ptr_null(device_get_match_data(&dev)); /* no driver has it */
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bus/property");
	TCase *tcase = tcase_create("property");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_number_is_read_as_wide_as_it_is_wanted);
	tcase_add_test(tcase, several_numbers_are_an_array);
	tcase_add_test(tcase, what_is_no_number_is_told);
	tcase_add_test(tcase, strings_have_a_comma_and_a_blank_between_them);
	tcase_add_test(tcase, what_is_there_is_true_unless_it_says_no);
	tcase_add_test(tcase, a_device_is_what_its_compatible_strings_say);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}
