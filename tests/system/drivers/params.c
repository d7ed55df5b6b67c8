/* SPDX-License-Identifier: MIT */
/* A driver with a parameter of every type: read(2) of /dev/params shows them. */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/uaccess.h>

static u8 a_byte = 1;
module_param_named(byte, a_byte, byte, 0444);
static short a_short = 2;
module_param_named(short, a_short, short, 0444);
static ushort a_ushort = 3;
module_param_named(ushort, a_ushort, ushort, 0444);
static int an_int = 4;
module_param_named(int, an_int, int, 0444);
MODULE_PARM_DESC(int, "a number = any");
static uint a_uint = 5;
module_param_named(uint, a_uint, uint, 0444);
static long a_long = 6;
module_param_named(long, a_long, long, 0444);
static ulong a_ulong = 7;
module_param_named(ulong, a_ulong, ulong, 0444);
static unsigned long long a_ullong = 8;
module_param_named(ullong, a_ullong, ullong, 0444);
static bool a_bool;
module_param_named(yesno, a_bool, bool, 0444);
static bool an_invbool;
module_param_named(invbool, an_invbool, invbool, 0444);
static char *text = "none";
module_param_named(charp, text, charp, 0444);
static char word[16] = "none";
module_param_string(string, word, sizeof(word), 0444);
static int numbers[4];
static unsigned int nr_numbers;
module_param_array(numbers, int, &nr_numbers, 0444);

static ssize_t params_read(struct file *filp, char __user *u_buf, size_t count,
			   loff_t *ppos)
{
	char buf[256];
	int len;

	len = snprintf(buf, sizeof(buf),
		       "%u %d %u %d %u %ld %lu %llu %d %d %s %s %u:%d:%d:%d",
		       a_byte, a_short, a_ushort, an_int, a_uint, a_long,
		       a_ulong, a_ullong, a_bool, an_invbool, text, word,
		       nr_numbers, numbers[0], numbers[1], numbers[2]);
	if (count < (size_t)len)
		return -EINVAL;

	return copy_to_user(u_buf, buf, (size_t)len) ? -EFAULT : len;
}

static const struct file_operations params_fops = {
	.owner = THIS_MODULE,
	.read = params_read,
};

static struct miscdevice params_dev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "params",
	.fops = &params_fops,
};

module_misc_device(params_dev);
MODULE_LICENSE("MIT");
MODULE_AUTHOR("A. Writer");
MODULE_DESCRIPTION("Shows its parameters");
MODULE_VERSION("1.2");
MODULE_ALIAS("one");
MODULE_ALIAS("another");
MODULE_SOFTDEP("pre: loopback");
