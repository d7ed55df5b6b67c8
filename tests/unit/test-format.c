/* SPDX-License-Identifier: MIT */
/* What drivers print with: the C library's conversions, the kernel's, dumps. */
#include "suite.h"

#include "base/log.h"
#include "kapi/format.h"

#include <errno.h>
#include <linux/err.h>
#include <linux/ioport.h>
#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const unsigned char bytes[16] = { 0x00, 0x1b, 0x21, 0xa0, 0xff, 0x41,
					 0x42, 0x43, 0x7e, 0x7f, 0x80, 0x20,
					 0x31, 0x32, 0x33, 0x34 };

#pragma GCC diagnostic ignored "-Wformat-nonliteral"

/* What @fmt makes of its arguments. */
static const char *made(const char *fmt, ...)
{
	static char text[300];
	va_list ap;

	va_start(ap, fmt);
	ck_assert_int_eq(format_text(text, sizeof(text), fmt, ap),
			 strlen(text));
	va_end(ap);

	return text;
}

/* The C library says what is right. */
#define SAME(...)                                                        \
	do {                                                             \
		char same[300];                                          \
                                                                         \
		ck_assert_int_ge((snprintf)(same, 300, __VA_ARGS__), 0); \
		ck_assert_str_eq(made(__VA_ARGS__), same);               \
	} while (0)

START_TEST(plain_conversions_are_those_of_the_c_library)
{
	SAME("nothing");
	SAME("%d %i %u %o %x %X %c %s%%", -1, 2, 3U, 8U, 0xabU, 0xcdU, 'c',
	     "str");
	SAME("%hhd %hd %ld %lld %zd %jd %td", (signed char)-1, (short)-2, -3L,
	     -4LL, (ssize_t)-5, (intmax_t)-6, (ptrdiff_t)-7);
	SAME("%hhu %hu %lu %llu %zu", (unsigned char)255, (unsigned short)65535,
	     ULONG_MAX, ULLONG_MAX, SIZE_MAX);
	SAME("[%5d] [%-5d] [%05d] [%+d] [% d] [%#x] [%#o]", 42, 42, 42, 42, 42,
	     42U, 8U);
	SAME("[%*d] [%-*d] [%*d] [%.*d]", 5, 42, 5, 42, -5, 42, 3, 7);
	SAME("[%8.3s] [%-8.*s] [%.0s]", "abcdef", 2, "xyz", "no");
	SAME("%p %8.3f %e %g", (void *)bytes, 3.14159, 2.5, 0.1);
	SAME("%u %d", 4000000000U, INT_MIN);
	ck_assert_str_eq(made("%s", (char *)NULL), "(null)");
	/* Nothing is written where %n says. */
	ck_assert_str_eq(made("%n|%d", 5), "%n|5");
	ck_assert_str_eq(made("%"), "%");
	ck_assert_str_eq(made("100%"), "100%");
}
END_TEST

START_TEST(what_does_not_fit_is_counted)
{
	char text[5] = "xxxx";

	ck_assert_int_eq(__kernel_snprintf(text, 5, "%s-%d", "abc", 123), 7);
	ck_assert_str_eq(text, "abc-");
	ck_assert_int_eq(scnprintf(text, 5, "%s-%d", "abc", 123), 4);
	ck_assert_int_eq(__kernel_snprintf(NULL, 0, "%*ph", 3, bytes), 8);
	ck_assert_int_eq(__kernel_snprintf(text, 1, "abc"), 3);
	ck_assert_str_eq(text, "");
	ck_assert_int_eq(scnprintf(text, 0, "abc"), 0);
}
END_TEST

START_TEST(pointers_say_what_they_point_to)
{
	unsigned long map[2] = { 0x8f, 1 };
	struct resource mem = { .start = 0x1000,
				.end = 0x1fff,
				.flags = IORESOURCE_MEM };
	struct resource irq = { .start = 9, .end = 9, .flags = IORESOURCE_IRQ };
	phys_addr_t addr = 0x40000000;
	char right[40];

	ck_assert_str_eq(made("%pe|", ERR_PTR(-ENOMEM)), "-ENOMEM|");
	ck_assert_str_eq(made("%pe", ERR_PTR(-EPROBE_DEFER)), "-517");
	ck_assert_str_eq(made("[%*ph]", 3, bytes), "[00 1b 21]");
	ck_assert_str_eq(made("%4phC %4phD %4phN", bytes, bytes, bytes),
			 "00:1b:21:a0 00-1b-21-a0 001b21a0");
	ck_assert_str_eq(made("%pM %pm %pMR %pMF", bytes, bytes, bytes, bytes),
			 "00:1b:21:a0:ff:41 001b21a0ff41 41:ff:a0:21:1b:00 "
			 "00-1b-21-a0-ff-41");
	ck_assert_str_eq(made("%pI4 %pi4", bytes, bytes),
			 "0.27.33.160 000.027.033.160");
	ck_assert_str_eq(made("%pUb", bytes),
			 "001b21a0-ff41-4243-7e7f-802031323334");
	ck_assert_str_eq(made("%pUl", bytes),
			 "a0211b00-41ff-4342-7e7f-802031323334");
	ck_assert_str_eq(made("%pa %pad", &addr, &addr),
			 "0x0000000040000000 0x0000000040000000");
	ck_assert_str_eq(made("%pR %pr", &mem, &irq),
			 "[mem 0x00001000-0x00001fff] [irq 9]");
	ck_assert_str_eq(made("%*pbl", 70, map), "0-3,7,64");
	ck_assert_str_eq(made("%*pb", 70, map), "01,00000000,0000008f");
	(snprintf)(right, sizeof(right), "%p|%016lx", (void *)bytes,
		   (unsigned long)bytes);
	ck_assert_str_eq(made("%pK|%px", bytes, bytes), right);

	/* No pointers. */
	ck_assert_str_eq(made("%pM %*ph %pR", NULL, 2, ERR_PTR(-EIO), NULL),
			 "(null) (einval) (null)");
	/* And no extension: as the C library has it. */
	SAME("%p.", (void *)bytes);
}
END_TEST

static void tell(const char *fmt, ...)
{
	struct va_format vaf = { .fmt = fmt };
	va_list ap;

	va_start(ap, fmt);
	vaf.va = &ap;
	ck_assert_str_eq(made("<%pV> %d", &vaf, 3), "<a 1 b> 3");
	va_end(ap);
}

START_TEST(a_format_may_be_within_another)
{
	tell("%c %d %s", 'a', 1, "b");
}
END_TEST

START_TEST(strings_are_made_to_measure)
{
	char *str = kasprintf(GFP_KERNEL, "%*ph=%d", 2, bytes, 5);

	ck_assert_str_eq(str, "00 1b=5");
	kfree(str);
}
END_TEST

START_TEST(memory_is_shown_in_rows)
{
	char line[100];

	ck_assert_int_eq(hex_dump_to_buffer(bytes, 16, 16, 1, line, 100, true),
			 65);
	ck_assert_str_eq(line, "00 1b 21 a0 ff 41 42 43 7e 7f 80 20 31 32 33 "
			       "34  ..!..ABC~.. 1234");
	hex_dump_to_buffer(bytes, 4, 16, 4, line, 100, false);
	ck_assert_str_eq(line, "a0211b00");
	/* No multiple of a group: bytes. */
	hex_dump_to_buffer(bytes, 3, 16, 4, line, 100, false);
	ck_assert_str_eq(line, "00 1b 21");
	ck_assert_int_eq(hex_dump_to_buffer(bytes, 16, 16, 1, line, 4, false),
			 47);
	ck_assert_str_eq(line, "00 ");
	ck_assert_int_eq(hex_dump_to_buffer(bytes, 0, 16, 1, line, 4, true), 0);
	ck_assert_str_eq(line, "");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kapi/format");
	TCase *tc = tcase_create("format");

	tcase_add_test(tc, plain_conversions_are_those_of_the_c_library);
	tcase_add_test(tc, what_does_not_fit_is_counted);
	tcase_add_test(tc, pointers_say_what_they_point_to);
	tcase_add_test(tc, a_format_may_be_within_another);
	tcase_add_test(tc, strings_are_made_to_measure);
	tcase_add_test(tc, memory_is_shown_in_rows);
	suite_add_tcase(suite, tc);

	return suite_run(suite);
}
