/* SPDX-License-Identifier: MIT */
/*
 * The names on the FUSE mount: paths, inodes, attributes, listings. What the
 * tree answers goes to functions of ours, in libfuse's stead.
 */
#include "front/fuse-tree.h"
#include "suite.h"
#include "vfs/node.h"

#include <errno.h>
#include <linux/fuse.h>
#include <string.h>

#define NR_NODES 8

/* The last answer. */
static struct {
	int error;
	struct fuse_entry_param entry;
	struct stat attr;
	double timeout;
	char buf[4096];
	size_t size;
} answer;

int fuse_reply_err(fuse_req_t req, int error)
{
	answer.error = error;

	return 0;
}

int fuse_reply_entry(fuse_req_t req, const struct fuse_entry_param *entry)
{
	answer.error = 0;
	answer.entry = *entry;

	return 0;
}

int fuse_reply_attr(fuse_req_t req, const struct stat *attr, double timeout)
{
	answer.error = 0;
	answer.attr = *attr;
	answer.timeout = timeout;

	return 0;
}

int fuse_reply_buf(fuse_req_t req, const char *buf, size_t size)
{
	ck_assert_uint_le(size, sizeof(answer.buf));
	answer.error = 0;
	answer.size = size;
	if (size)
		memcpy(answer.buf, buf, size);

	return 0;
}

static struct node nodes[NR_NODES];
static unsigned int nr_nodes;

static void setup(void)
{
	node_set_defaults(0660, 5, 6);
	tree_init();
}

static void teardown(void)
{
	while (nr_nodes)
		tree_remove(&nodes[--nr_nodes]);
	tree_clear();
	ck_assert_uint_eq(tree_count(), 0);
}

static int try_add(const char *path)
{
	struct node *node = &nodes[nr_nodes];
	int ret;

	ck_assert_uint_lt(nr_nodes, NR_NODES);
	ck_assert_int_eq(node_init(node, path, NULL, "test"), 0);
	ret = tree_add(node);
	if (ret == 0)
		nr_nodes++;

	return ret;
}

static struct node *add(const char *path)
{
	ck_assert_int_eq(try_add(path), 0);

	return &nodes[nr_nodes - 1];
}

static fuse_ino_t lookup(fuse_ino_t parent, const char *name)
{
	tree_lookup(NULL, parent, name);

	return answer.error ? 0 : answer.entry.ino;
}

/* Along a path with two directories. */
static fuse_ino_t walk(const char *one, const char *two, const char *name)
{
	return lookup(lookup(lookup(FUSE_ROOT_ID, one), two), name);
}

START_TEST(a_node_brings_its_directories_and_takes_them_along)
{
	struct node *one = add("evl/xbuf/one"), *two = add("evl/thread/two");

	add("loopback");
	ck_assert_uint_eq(tree_count(), 3);
	ck_assert(tree_has("evl"));
	ck_assert(tree_has("loopback"));
	ck_assert(!tree_has("ev"));
	ck_assert(!tree_has("evl/xbuf"));
	ck_assert_ptr_eq(tree_node(walk("evl", "xbuf", "one")), one);
	ck_assert_ptr_eq(tree_node(walk("evl", "thread", "two")), two);

	tree_remove(one);
	tree_remove(one);
	ck_assert_uint_eq(tree_count(), 2);
	ck_assert(tree_has("evl"));
	ck_assert_uint_eq(lookup(lookup(FUSE_ROOT_ID, "evl"), "xbuf"), 0);
	ck_assert_int_eq(answer.error, ENOENT);
	tree_remove(two);
	ck_assert(!tree_has("evl"));
	ck_assert(tree_has("loopback"));
}
END_TEST

START_TEST(a_name_is_taken_once)
{
	struct node *one = add("evl/one");

	ck_assert_int_eq(try_add("evl/one"), -EEXIST);
	ck_assert_int_eq(try_add("evl"), -EEXIST);
	ck_assert_int_eq(try_add("evl/one/two"), -ENOTDIR);
	ck_assert_int_eq(try_add("evl/one/two/three"), -ENOTDIR);
	ck_assert_uint_eq(tree_count(), 1);

	/* Of a name which begins alike nothing is taken. */
	add("evl/on");
	add("evl/one1");
	tree_remove(one);
	ck_assert_int_eq(try_add("evl/one"), 0);
}
END_TEST

START_TEST(a_directory_has_one_inode_and_a_file_one_a_lookup)
{
	fuse_ino_t dir, first, second;
	ino_t number;

	add("evl/one");
	dir = lookup(FUSE_ROOT_ID, "evl");
	ck_assert_uint_eq(lookup(FUSE_ROOT_ID, "evl"), dir);
	first = lookup(dir, "one");
	number = answer.entry.attr.st_ino;
	second = lookup(dir, "one");
	ck_assert_uint_ne(first, second);
	/* To people it is the same file. */
	ck_assert_uint_eq(answer.entry.attr.st_ino, number);
	ck_assert_ptr_eq(tree_node(first), tree_node(second));
}
END_TEST

START_TEST(an_inode_lives_until_it_is_forgotten_as_often)
{
	struct node *node = add("evl/one");
	fuse_ino_t dir = lookup(FUSE_ROOT_ID, "evl"), file;

	for (int i = 0; i < 4; i++)
		lookup(FUSE_ROOT_ID, "evl");
	file = lookup(dir, "one");
	tree_forget(dir, 3);
	tree_forget(dir, 1);
	tree_remove(node);
	/* It is no name any more, but the kernel still holds it. */
	ck_assert(!tree_has("evl"));
	tree_getattr(NULL, dir, NULL);
	ck_assert_int_eq(answer.error, 0);
	ck_assert(S_ISDIR(answer.attr.st_mode));
	ck_assert_uint_eq(lookup(dir, "one"), 0);

	tree_forget(dir, 1);
	tree_forget(file, 100);
	tree_forget(FUSE_ROOT_ID, 100);
	add("evl/two");
	ck_assert_ptr_nonnull(
		tree_node(lookup(lookup(FUSE_ROOT_ID, "evl"), "two")));
}
END_TEST

START_TEST(a_file_outlives_its_name)
{
	struct stat attr = { .st_mode = 0600 };
	struct node *node = add("one");
	fuse_ino_t ino = lookup(FUSE_ROOT_ID, "one");

	tree_getattr(NULL, ino, NULL);
	ck_assert_uint_eq(answer.attr.st_nlink, 1);
	node->mode = 0640;
	node->uid = 7;
	tree_remove(node);
	memset(node, 0xff, sizeof(*node));
	nr_nodes--;

	ck_assert_ptr_null(tree_node(ino));
	tree_getattr(NULL, ino, NULL);
	ck_assert_uint_eq(answer.attr.st_mode, S_IFREG | 0640);
	ck_assert_uint_eq(answer.attr.st_uid, 7);
	ck_assert_uint_eq(answer.attr.st_gid, 6);
	ck_assert_uint_eq(answer.attr.st_nlink, 0);
	tree_setattr(NULL, ino, &attr, FUSE_SET_ATTR_MODE, NULL);
	/* Who has it open still sees it. */
	ck_assert_uint_eq(answer.attr.st_mode, S_IFREG | 0600);

	/* The next of that name is another one. */
	node = add("one");
	ck_assert_ptr_null(tree_node(ino));
	ck_assert_ptr_eq(tree_node(lookup(FUSE_ROOT_ID, "one")), node);
}
END_TEST

START_TEST(files_have_the_owner_and_mode_of_their_node)
{
	const int owner =
		FUSE_SET_ATTR_MODE | FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID;
	struct stat attr = {
		.st_mode = S_IFREG | 07604,
		.st_uid = 8,
		.st_gid = 9,
		.st_size = 1,
	};
	struct node *node = add("evl/one");
	fuse_ino_t dir = lookup(FUSE_ROOT_ID, "evl"), ino = lookup(dir, "one");

	/* No attribute of a file is kept, and no write is past its end. */
	ck_assert(answer.entry.attr_timeout == 0.);
	ck_assert(answer.entry.entry_timeout == 0.);
	ck_assert_uint_eq(answer.entry.attr.st_mode, S_IFREG | 0660);
	ck_assert_uint_eq(answer.entry.attr.st_uid, 5);
	ck_assert_int_gt(answer.entry.attr.st_size, INT64_C(1) << 61);

	tree_setattr(NULL, ino, &attr, owner | FUSE_SET_ATTR_SIZE, NULL);
	ck_assert_int_eq(answer.error, 0);
	ck_assert_uint_eq(node->mode, 0604);
	ck_assert_uint_eq(node->uid, 8);
	ck_assert_uint_eq(node->gid, 9);
	ck_assert_uint_eq(answer.attr.st_mode, S_IFREG | 0604);
	ck_assert_int_gt(answer.attr.st_size, INT64_C(1) << 61);

	/* Only what is asked for. */
	tree_setattr(NULL, ino, &(struct stat){ .st_uid = 1 },
		     FUSE_SET_ATTR_UID, NULL);
	ck_assert_uint_eq(node->uid, 1);
	ck_assert_uint_eq(node->mode, 0604);

	tree_setattr(NULL, dir, &attr, FUSE_SET_ATTR_MODE, NULL);
	ck_assert_int_eq(answer.error, EPERM);
}
END_TEST

/* The names of @ino in one line, in listings of at most @size bytes; before
 * the second, @gone is removed. */
static const char *list(fuse_ino_t ino, size_t size, struct node *gone)
{
	static char names[256];
	const struct fuse_dirent *dirent;
	off_t offset = 0;
	size_t pos;

	names[0] = '\0';
	for (;;) {
		tree_readdir(NULL, ino, size, offset, NULL);
		ck_assert_int_eq(answer.error, 0);
		ck_assert_uint_le(answer.size, size);
		if (answer.size == 0)
			return names;
		for (pos = 0; pos < answer.size;
		     pos += FUSE_DIRENT_SIZE(dirent)) {
			dirent = (const void *)(answer.buf + pos);
			strncat(names, dirent->name, dirent->namelen);
			strcat(names, " ");
			offset = (off_t)dirent->off;
		}
		if (gone)
			tree_remove(gone);
		gone = NULL;
	}
}

START_TEST(a_listing_has_every_name_once)
{
	fuse_ino_t dir;

	add("evl/one");
	add("evl/two");
	add("evl/deep/three");
	add("other");
	dir = lookup(FUSE_ROOT_ID, "evl");
	ck_assert_str_eq(list(FUSE_ROOT_ID, 4096, NULL), ". .. evl other ");
	ck_assert_str_eq(list(dir, 4096, NULL), ". .. one two deep ");
	/* In pieces of one name. */
	ck_assert_str_eq(list(dir, 40, NULL), ". .. one two deep ");
	/* Nothing fits: that is for the kernel to see. */
	ck_assert_str_eq(list(dir, 8, NULL), "");
}
END_TEST

START_TEST(a_listing_goes_on_where_it_stopped)
{
	struct node *one = add("evl/one");
	fuse_ino_t dir = lookup(FUSE_ROOT_ID, "evl");

	add("evl/two");
	add("evl/three");
	/* ". .. one", then two and three, although one is gone. */
	ck_assert_str_eq(list(dir, 3 * 32, one), ". .. one two three ");
	ck_assert_str_eq(list(dir, 4096, NULL), ". .. two three ");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("front/fuse-tree");
	TCase *tc = tcase_create("fuse-tree");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_node_brings_its_directories_and_takes_them_along);
	tcase_add_test(tc, a_name_is_taken_once);
	tcase_add_test(tc, a_directory_has_one_inode_and_a_file_one_a_lookup);
	tcase_add_test(tc, an_inode_lives_until_it_is_forgotten_as_often);
	tcase_add_test(tc, a_file_outlives_its_name);
	tcase_add_test(tc, files_have_the_owner_and_mode_of_their_node);
	tcase_add_test(tc, a_listing_has_every_name_once);
	tcase_add_test(tc, a_listing_goes_on_where_it_stopped);
	suite_add_tcase(suite, tc);

	return suite_run(suite);
}
