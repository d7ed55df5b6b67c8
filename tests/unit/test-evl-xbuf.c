/* SPDX-License-Identifier: MIT */
/* Cross-buffers as drivers have them: found by a descriptor, read and written
 * from threads of several priorities. */
#include "core/kthread.h"
#include "core/xbuf.h"
#include "kapi/task.h"
#include "thread-rig.h"
#include "vfs/file.h"
#include "vfs/files.h"
#include "vfs/node.h"
#include "vfs/request.h"

#include <errno.h>
#include <evl/file.h>
#include <evl/xbuf.h>
#include <fcntl.h>
#include <string.h>
#include <uapi/evl/xbuf.h>
#include <wire/bind.h>

#define SIZE	8
#define FD	5    /* of the cross-buffer's file, in the process called for */
#define NOT_YET 1000 /* nobody reads or writes as much */

static struct files_struct *files;
static struct open_file *file;
static struct evl_file *efilp;
static struct evl_xbuf *xbuf;

/* In-band requests. */

struct call {
	struct vfs_request rq;
	struct bind_clone clone;
	bool freed;
};

static void note_done(struct vfs_request *rq)
{
}

static void note_free(struct vfs_request *rq)
{
	container_of(rq, struct call, rq)->freed = true;
}

static bool submit(struct call *call)
{
	call->rq.done = note_done;
	call->rq.free = note_free;
	call->freed = false;
	vfs_submit(&call->rq);
	rig_step();

	return call->freed;
}

static struct open_file *open_node(const char *path)
{
	struct call call = {
		.rq = { .op = VFS_OPEN,
			.node = node_find(path),
			.flags = O_RDWR },
	};

	ck_assert_ptr_nonnull(call.rq.node);
	ck_assert(submit(&call));
	ck_assert_int_eq(call.rq.result, 0);

	return call.rq.file;
}

static ssize_t make_xbuf(struct open_file *of, u32 in, u32 out)
{
	const struct evl_xbuf_attrs attrs = { .i_bufsz = in, .o_bufsz = out };
	struct call call = {
		.rq = {
			.op = VFS_IOCTL,
			.file = of,
			.cmd = BIND_IOC_CLONE,
			.arg = 4096,
			.in = &call.clone,
			.in_size = sizeof(call.clone),
			.out = &call.clone,
			.out_size = sizeof(call.clone),
		},
		.clone = { .attrs_len = sizeof(attrs) },
	};

	memcpy(call.clone.attrs, &attrs, sizeof(attrs));
	ck_assert(submit(&call));

	return call.rq.result;
}

/* True: its release is through. */
static struct call closing;

static bool close_file(struct open_file *of)
{
	closing.rq = (struct vfs_request){ .op = VFS_RELEASE, .file = of };

	return submit(&closing);
}

/* What a handler which works for the process finds. */

static struct {
	int fd;
	struct files_struct *files;
	struct evl_xbuf *xbuf;
	struct evl_file *efilp;
} found;

static void find(void *arg)
{
	struct task_struct task = {
		.tgid = 1000,
		.files = found.files,
		.identified = true,
	};

	task_set(fiber_current(), &task);
	found.xbuf = evl_get_xbuf(found.fd, &found.efilp);
	task_set(fiber_current(), NULL);
}

static struct evl_xbuf *get(int fd, struct files_struct *whose)
{
	found.fd = fd;
	found.files = whose;
	found.xbuf = NULL;
	found.efilp = NULL;
	rig_inband(find, NULL);

	return found.xbuf;
}

static void start_class(void *arg)
{
	ck_assert_int_eq(xbuf_init(16, 1 << 20), 0);
}

static void end_class(void *arg)
{
	xbuf_exit();
}

static void setup(void)
{
	rig_setup();
	rig_inband(start_class, NULL);
	ck_assert_int_eq(files_new(1000, &files), 0);
	file = open_node("evl/xbuf/clone");
	ck_assert_int_eq(make_xbuf(file, SIZE, SIZE), 0);
	ck_assert_int_eq(files_bind(files, FD, file, 16), 0);
	xbuf = get(FD, files);
	efilp = found.efilp;
	ck_assert_ptr_nonnull(xbuf);
}

static void teardown(void)
{
	if (efilp) {
		evl_put_xbuf(efilp);
		ck_assert(close_file(file));
	}
	files = files_free(files);
	ck_assert_uint_eq(open_file_count(), 0);
	rig_inband(end_class, NULL);
	rig_teardown();
}

START_TEST(a_descriptor_of_one_finds_it)
{
	ck_assert_ptr_eq(efilp->filp, &file->filp);
	ck_assert_ptr_eq(get(FD, files), xbuf);
	evl_put_xbuf(found.efilp);
}
END_TEST

/* A file which takes out-of-band requests, and is no cross-buffer's. */

static struct evl_file foreign_efile;

static int foreign_open(struct inode *inode, struct file *filp)
{
	return evl_open_file(&foreign_efile, filp);
}

static int foreign_release(struct inode *inode, struct file *filp)
{
	evl_release_file(&foreign_efile);

	return 0;
}

START_TEST(others_do_not)
{
	static const struct file_operations fops = {
		.open = foreign_open,
		.release = foreign_release,
	};
	static const int bad[] = { -1, 0, FD + 1, INT_MAX, INT_MIN };
	static struct node node;
	struct open_file *foreign;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_ptr_null(get(bad[i], files));
		ck_assert_ptr_null(found.efilp);
	}
	ck_assert_ptr_null(get(FD, NULL)); /* a caller of no process's */

	ck_assert_int_eq(node_init(&node, "foreign", &fops, "test"), 0);
	ck_assert_int_eq(node_add(&node), 0);
	foreign = open_node("foreign");
	ck_assert_int_eq(files_bind(files, FD + 1, foreign, 16), 0);
	ck_assert_ptr_null(get(FD + 1, files));
	ck_assert_ptr_null(found.efilp);
	ck_assert(close_file(foreign)); /* nobody has it */
	node_remove(&node);
}
END_TEST

START_TEST(it_is_closed_when_it_is_put)
{
	ck_assert(!close_file(file));
	/* Nobody finds it any more, who has it goes on. */
	ck_assert_ptr_null(get(FD, files));
	ck_assert_int_eq(evl_write_xbuf(xbuf, "x", 1, O_NONBLOCK), 1);
	evl_put_xbuf(efilp);
	rig_step();
	ck_assert(closing.freed);
	efilp = NULL;
}
END_TEST

/* What the application does in-band, without waiting. */
static void app_writes(const char *text)
{
	struct call call = { .rq = {
				     .op = VFS_WRITE,
				     .file = file,
				     .flags = O_RDWR | O_NONBLOCK,
				     .buf = (char *)text,
				     .count = strlen(text),
			     } };

	ck_assert(submit(&call));
	ck_assert_int_eq(call.rq.result, strlen(text));
}

static const char *app_reads(size_t count)
{
	static char buf[SIZE + 1];
	struct call call = { .rq = {
				     .op = VFS_READ,
				     .file = file,
				     .flags = O_RDWR | O_NONBLOCK,
				     .buf = buf,
				     .count = count,
			     } };

	ck_assert(submit(&call));
	ck_assert_int_ge(call.rq.result, 0);
	buf[call.rq.result] = '\0';

	return buf;
}

static char got[SIZE + 1];

static ssize_t read_now(size_t count)
{
	memset(got, 0, sizeof(got));

	return evl_read_xbuf(xbuf, got, count, O_NONBLOCK);
}

START_TEST(bytes_go_both_ways)
{
	app_writes("abcde");
	ck_assert_int_eq(read_now(3), 3);
	ck_assert_str_eq(got, "abc");
	ck_assert_int_eq(read_now(2), 2);
	ck_assert_str_eq(got, "de");

	ck_assert_int_eq(evl_write_xbuf(xbuf, "123", 3, O_NONBLOCK), 3);
	ck_assert_int_eq(evl_write_xbuf(xbuf, "45", 2, O_NONBLOCK), 2);
	ck_assert_str_eq(app_reads(SIZE), "12345");
}
END_TEST

START_TEST(without_waiting_it_is_all_or_nothing)
{
	ck_assert_int_eq(read_now(1), -EAGAIN);
	app_writes("abc");
	ck_assert_int_eq(read_now(4), -EAGAIN);
	ck_assert_int_eq(read_now(3), 3);
	ck_assert_int_eq(read_now(0), 0);

	ck_assert_int_eq(evl_write_xbuf(xbuf, "12345", 5, O_NONBLOCK), 5);
	ck_assert_int_eq(evl_write_xbuf(xbuf, "6789", 4, O_NONBLOCK), -EAGAIN);
	ck_assert_int_eq(evl_write_xbuf(xbuf, "678", 3, O_NONBLOCK), 3);
	ck_assert_str_eq(app_reads(SIZE), "12345678");
}
END_TEST

/* A thread of a driver's. */
static struct rig_io {
	struct evl_kthread kthread;
	bool writes;
	const char *text;
	size_t count;
	char buf[SIZE + 4];
	ssize_t ret;
	char name;
} ios[3];

static char order[8];

static void do_io(void *arg)
{
	struct rig_io *io = arg;
	size_t n;

	if (io->writes)
		io->ret = evl_write_xbuf(xbuf, io->text, io->count, 0);
	else
		io->ret = evl_read_xbuf(xbuf, io->buf, io->count, 0);
	n = strlen(order);
	order[n] = io->name;
}

static void start(int i, int prio, const char *text, size_t count)
{
	ios[i] = (struct rig_io){
		.writes = text != NULL,
		.text = text,
		.count = count,
		.ret = NOT_YET,
		.name = (char)('a' + i),
	};
	ck_assert_int_eq(rig_run(&ios[i].kthread, 0, do_io, &ios[i], prio), 0);
}

START_TEST(a_reader_waits_for_all_of_it)
{
	start(0, 10, NULL, 6);
	app_writes("abc");
	ck_assert_int_eq(ios[0].ret, NOT_YET);
	app_writes("defg");
	ck_assert_int_eq(ios[0].ret, 6);
	ck_assert_mem_eq(ios[0].buf, "abcdef", 6);
}
END_TEST

START_TEST(readers_go_by_priority)
{
	static const int prios[] = { 10, 30, 20 };

	for (int i = 0; i < 3; i++)
		start(i, prios[i], NULL, 2);
	for (int i = 0; i < 3; i++)
		app_writes("xy");
	ck_assert_str_eq(order, "bca");
}
END_TEST

START_TEST(a_writer_waits_for_room)
{
	ck_assert_int_eq(evl_write_xbuf(xbuf, "12345678", 8, O_NONBLOCK), 8);
	start(0, 10, "9abc", 4);
	ck_assert_str_eq(app_reads(3), "123");
	ck_assert_int_eq(ios[0].ret, NOT_YET);
	ck_assert_str_eq(app_reads(1), "4");
	ck_assert_int_eq(ios[0].ret, 4);
	ck_assert_str_eq(app_reads(SIZE), "56789abc");
}
END_TEST

START_TEST(more_than_the_ring_is_invalid)
{
	char text[SIZE + 1] = "";

	start(0, 10, NULL, SIZE + 1);
	ck_assert_int_eq(ios[0].ret, -EINVAL);
	start(0, 10, text, SIZE + 1);
	ck_assert_int_eq(ios[0].ret, -EINVAL);
}
END_TEST

static void fill_inbound(void)
{
	ck_assert_int_eq(evl_write_xbuf(xbuf, "12345678", 8, O_NONBLOCK), 8);
}

START_TEST(a_wait_can_be_broken)
{
	fill_inbound();
	start(0, 10, NULL, 1);
	start(1, 20, "x", 1);
	evl_unblock_kthread(&ios[0].kthread, EVL_T_BREAK);
	rig_stop(&ios[1].kthread);
	ck_assert_int_eq(ios[0].ret, -EINTR);
	ck_assert_int_eq(ios[1].ret, -EINTR);
	/* It is as it was. */
	ck_assert_str_eq(app_reads(SIZE), "12345678");
	app_writes("a");
	ck_assert_int_eq(read_now(1), 1);
}
END_TEST

START_TEST(who_waits_is_removed_when_it_is_closed)
{
	fill_inbound();
	start(0, 10, NULL, 1);
	start(1, 20, "x", 1);
	ck_assert(!close_file(file));
	ck_assert_int_eq(ios[0].ret, -EIDRM);
	ck_assert_int_eq(ios[1].ret, -EIDRM);
	evl_put_xbuf(efilp);
	rig_step();
	ck_assert(closing.freed);
	efilp = NULL;
}
END_TEST

START_TEST(a_way_without_a_ring_takes_and_gives_nothing)
{
	struct open_file *other = open_node("evl/xbuf/clone");
	struct evl_xbuf *half;

	ck_assert_int_eq(make_xbuf(other, _i ? SIZE : 0, _i ? 0 : SIZE), 0);
	ck_assert_int_eq(files_bind(files, FD + 1, other, 16), 0);
	half = get(FD + 1, files);
	ck_assert_ptr_nonnull(half);
	if (_i)
		ck_assert_int_eq(evl_read_xbuf(half, got, 1, O_NONBLOCK),
				 -ENOBUFS);
	else
		ck_assert_int_eq(evl_write_xbuf(half, "x", 1, O_NONBLOCK),
				 -ENOBUFS);
	evl_put_xbuf(found.efilp);
	ck_assert(close_file(other));
}
END_TEST

/* Making them. */

START_TEST(sizes_have_limits)
{
	struct open_file *other = open_node("evl/xbuf/clone");

	ck_assert_int_eq(make_xbuf(other, 0, 0), -EINVAL);
	ck_assert_int_eq(make_xbuf(other, EVL_XBUF_MAX_SIZE + 1, 1), -EINVAL);
	ck_assert_int_eq(make_xbuf(other, 1, EVL_XBUF_MAX_SIZE + 1), -EINVAL);
	ck_assert_int_eq(make_xbuf(other, 1, 1), 0);
	ck_assert_int_eq(EVL_XBUF_MAX_SIZE, 1 << 30);
	ck_assert(close_file(other));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core/xbuf");
	TCase *tc;

#define begin_case(name)            \
	tc = tcase_create(name);    \
	suite_add_tcase(suite, tc); \
	tcase_set_timeout(tc, 60);  \
	tcase_add_checked_fixture(tc, setup, teardown)

	begin_case("files");
	tcase_add_test(tc, a_descriptor_of_one_finds_it);
	tcase_add_test(tc, others_do_not);
	tcase_add_test(tc, it_is_closed_when_it_is_put);
	tcase_add_test(tc, sizes_have_limits);

	begin_case("bytes");
	tcase_add_test(tc, bytes_go_both_ways);
	tcase_add_test(tc, without_waiting_it_is_all_or_nothing);
	tcase_add_test(tc, more_than_the_ring_is_invalid);
	tcase_add_loop_test(tc, a_way_without_a_ring_takes_and_gives_nothing, 0,
			    2);

	begin_case("waits");
	tcase_add_test(tc, a_reader_waits_for_all_of_it);
	tcase_add_test(tc, readers_go_by_priority);
	tcase_add_test(tc, a_writer_waits_for_room);
	tcase_add_test(tc, a_wait_can_be_broken);
	tcase_add_test(tc, who_waits_is_removed_when_it_is_closed);

	return suite_run(suite);
}
