/* SPDX-License-Identifier: MIT */
/*
 * Whatever a driver says, by every macro there is, and what it says it with.
 * Written as for a kernel, and nothing changed.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt
#define DEBUG
#include <linux/bug.h>
#include <linux/device.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/string_choices.h>

static u8 mac[6] = { 2, 0, 0xaa, 0xbb, 0xcc, 1 };

static void __printf(2, 3) my_printk(const char *level, const char *fmt, ...)
{
	struct va_format vaf;
	va_list args;

	va_start(args, fmt);
	vaf.fmt = fmt;
	vaf.va = &args;
	printk("%s" KBUILD_MODNAME ": <%pV>\n", level, &vaf);
	va_end(args);
}

static int __init words_init(void)
{
	static DEFINE_RATELIMIT_STATE(rs, 5 * HZ, 3);
	char buf[64];
	phys_addr_t pa = 0x1000;
	loff_t off = -1;
	int i;

	pr_emerg("emerg\n");
	pr_alert("alert\n");
	pr_crit("crit\n");
	pr_err("err\n");
	pr_warn("warn\n");
	pr_notice("notice\n");
	pr_info("info");
	pr_cont(" and more\n");
	pr_debug("debug\n");
	pr_devel("devel\n");
	dev_err(NULL, "no device %pe\n", ERR_PTR(-ENODEV));
	pr_info("%pM [%*ph] [%*phC] %pa %pK %lld\n", mac, 6, mac, 3, mac, &pa,
		mac, off);
	pr_info("%ps %pS\n", words_init, words_init);
	snprintf(buf, sizeof(buf), "%pM %s", mac, str_yes_no(true));
	pr_info("%s\n", buf);
	my_printk(KERN_WARNING, "%d %s", 1, "two");
	for (i = 0; i < 20; i++) {
		pr_info_once("once\n");
		pr_warn_ratelimited("limited %d\n", i);
		if (__ratelimit(&rs))
			printk(KERN_INFO "rs %d\n", i);
		if (printk_ratelimit())
			printk(KERN_DEBUG "%s: %d\n", __func__, i);
	}
	print_hex_dump(KERN_INFO, KBUILD_MODNAME ": ", DUMP_PREFIX_OFFSET, 16,
		       2, buf, sizeof(buf), true);
	print_hex_dump_bytes("", DUMP_PREFIX_NONE, mac, sizeof(mac));
	WARN_ON_ONCE(off > 0);
	WARN(off < 0, "offset %lld\n", off);
	if (in_interrupt() || irqs_disabled()) {
		dump_stack();
		panic("in interrupt\n");
	}
	return 0;
}
static void __exit words_exit(void)
{
}
module_init(words_init);
module_exit(words_exit);
MODULE_LICENSE("Dual BSD/GPL");
