/* SPDX-License-Identifier: MIT */
/*
 * Drivers which lend to each other and borrow, for test-linking.c, in variants:
 * LEND_x exports, USE_x calls, CALL is the function the test calls. All of them
 * have global symbols of the same names, each with its own DATA.
 */
#include <linux/completion.h>
#include <linux/module.h>

int data = DATA;
int *where = &data;

int get_data(void);
int get_data(void)
{
	return *where;
}

int lend_a(void);
int lend_b(void);
int keep_c(void);

#ifdef LEND_A
int lend_a(void)
{
	return data;
}
EXPORT_SYMBOL(lend_a);

int lent_value = DATA;
EXPORT_SYMBOL_GPL(lent_value);
#else
extern int lent_value;
#endif

#ifdef LEND_B
int lend_b(void)
{
	return get_data() + 1;
}
EXPORT_SYMBOL_GPL(lend_b);
#endif

#ifdef LEND_WEAK
int lend_weak(void);
int lend_weak(void)
{
	return 1000;
}
EXPORT_SYMBOL(lend_weak);
#else
int lend_weak(void) __attribute__((weak));
#endif

/* Not lent to anybody. */
#ifdef KEEP_C
int keep_c(void)
{
	return data;
}
#endif

/* What the C library calls so is another thing. */
const char *gnu_get_libc_version(void);
#ifdef OWN_VERSION
const char *gnu_get_libc_version(void)
{
	return "own";
}
#endif
#ifdef CLAIM
EXPORT_SYMBOL(gnu_get_libc_version);
#endif

int CALL(void);
int CALL(void)
{
	int ret = get_data();

#ifdef USE_A
	ret += lend_a() + lent_value++;
#endif
#ifdef USE_B
	ret += lend_b();
#endif
#ifdef OWN_VERSION
	if (strcmp(gnu_get_libc_version(), "own") == 0)
		ret += 500;
#endif
#ifdef USE_C
	ret += keep_c();
#endif
#ifndef LEND_WEAK
	if (lend_weak)
		ret += lend_weak();
#endif

	return ret;
}
EXPORT_SYMBOL(CALL);

#if defined SLEEPY || defined LINGERING
static DECLARE_COMPLETION(dawn);

void wake_sleepy(void);
void wake_sleepy(void)
{
	complete(&dawn);
}
EXPORT_SYMBOL(wake_sleepy);
#endif

static int __init lender_init(void)
{
#ifdef SLEEPY
	return wait_for_completion_interruptible(&dawn);
#else
	return 0;
#endif
}
module_init(lender_init);

#ifndef STAYING
static void __exit lender_exit(void)
{
#ifdef LINGERING
	wait_for_completion(&dawn);
#endif
	data = -1;
}
module_exit(lender_exit);
#endif
