/* SPDX-License-Identifier: MIT */
/*
 * What a driver keeps its books with: hash table, xarray, red-black tree, lists, idr
 * and ida, slabs, guards. Its init function fails if they do not add up.
 * Written as for a kernel, and nothing changed.
 */
#include <linux/cleanup.h>
#include <linux/hashtable.h>
#include <linux/idr.h>
#include <linux/jiffies.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/list_sort.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/rbtree.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/xarray.h>

struct item {
	struct rb_node node;
	struct hlist_node hash;
	struct list_head list;
	struct kref ref;
	u32 id;
	u64 key;
	char *name;
} __randomize_layout;

static DEFINE_HASHTABLE(by_name, 6);
static DEFINE_XARRAY_ALLOC(by_id);
static DEFINE_IDA(ida);
static DEFINE_IDR(idr);
static DEFINE_MUTEX(lock);
static DEFINE_SPINLOCK(list_lock);
static LIST_HEAD(all);
static struct rb_root by_key = RB_ROOT;
static struct kmem_cache *cache;

static void item_free(struct item *it)
{
	if (!it)
		return;
	kfree(it->name);
	kmem_cache_free(cache, it);
}
DEFINE_FREE(item, struct item *, item_free(_T))

static void item_release(struct kref *ref)
{
	struct item *it = container_of(ref, struct item, ref);

	ida_free(&ida, it->id & 0xff);
	item_free(it);
}

static u32 name_hash(const char *s)
{
	u32 h = 5381;

	while (*s)
		h = h * 33 + (u8)*s++;
	return h;
}

static struct item *item_new(const char *name)
{
	struct item *it __free(item) = kmem_cache_zalloc(cache, GFP_KERNEL);
	struct rb_node **link, *parent = NULL;
	int ret;

	if (!it)
		return ERR_PTR(-ENOMEM);
	it->name = kasprintf(GFP_KERNEL, "%s-%lu", name, jiffies);
	if (!it->name)
		return ERR_PTR(-ENOMEM);
	kref_init(&it->ref);
	it->key = get_random_u64();

	guard(mutex)(&lock);
	ret = xa_alloc(&by_id, &it->id, it, xa_limit_16b, GFP_KERNEL);
	if (ret)
		return ERR_PTR(ret);
	ret = ida_alloc(&ida, GFP_KERNEL);
	if (ret < 0) {
		xa_erase(&by_id, it->id);
		return ERR_PTR(ret);
	}
	hash_add(by_name, &it->hash, name_hash(it->name));
	for (link = &by_key.rb_node; *link;) {
		parent = *link;
		link = it->key < rb_entry(parent, struct item, node)->key
			       ? &parent->rb_left
			       : &parent->rb_right;
	}
	rb_link_node(&it->node, parent, link);
	rb_insert_color(&it->node, &by_key);
	scoped_guard(spinlock_irqsave, &list_lock)
		list_add_tail(&it->list, &all);
	return_ptr(it);
}

static void item_del(struct item *it)
{
	guard(mutex)(&lock);
	xa_erase(&by_id, it->id);
	hash_del(&it->hash);
	rb_erase(&it->node, &by_key);
	scoped_guard(spinlock_irqsave, &list_lock) list_del_init(&it->list);
	kref_put(&it->ref, item_release);
}

static int by_key_cmp(void *priv, const struct list_head *a,
		      const struct list_head *b)
{
	u64 ka = list_entry(a, struct item, list)->key,
	    kb = list_entry(b, struct item, list)->key;

	return ka < kb ? -1 : ka > kb;
}

static int __init book_init(void)
{
	struct item *it, *tmp;
	struct rb_node *node;
	unsigned long index;
	u64 last = 0;
	int i, bkt, n = 0, id;

	cache = KMEM_CACHE(item, SLAB_HWCACHE_ALIGN);
	if (!cache)
		return -ENOMEM;
	for (i = 0; i < 50; i++) {
		it = item_new("item");
		if (IS_ERR(it))
			return PTR_ERR(it);
	}
	for (node = rb_first(&by_key); node; node = rb_next(node), n++) {
		it = rb_entry(node, struct item, node);
		if (WARN_ON(it->key < last))
			return -EINVAL;
		last = it->key;
	}
	if (n != 50)
		return -EINVAL;
	list_sort(NULL, &all, by_key_cmp);
	last = 0;
	list_for_each_entry(it, &all, list) {
		if (it->key < last)
			return -EINVAL;
		last = it->key;
	}
	hash_for_each(by_name, bkt, it, hash) n++;
	xa_for_each(&by_id, index, it) n += it->id == index;
	if (n != 150)
		return -EINVAL;
	id = idr_alloc(&idr, &all, 1, 0, GFP_KERNEL);
	if (id != 1 || idr_find(&idr, id) != &all)
		return -EINVAL;
	idr_destroy(&idr);
	list_for_each_entry_safe(it, tmp, &all, list)
		item_del(it);
	pr_info("books: all %d in their places, %s\n", n / 3,
		xa_empty(&by_id) && hash_empty(by_name) ? "none left"
							: "some left");
	return 0;
}

static void __exit book_exit(void)
{
	xa_destroy(&by_id);
	ida_destroy(&ida);
	kmem_cache_destroy(cache);
}
module_init(book_init);
module_exit(book_exit);
MODULE_LICENSE("GPL");
