/* SPDX-License-Identifier: MIT */
/*
 * What a header brings along, which comes by -include: names that drivers use
 * without asking, as BROUGHT_* say.
 */
struct brought {
#ifdef BROUGHT_HRTIMER
	struct hrtimer timer;
#endif
#ifdef BROUGHT_KREF
	struct kref ref;
#endif
#ifdef BROUGHT_RCU
	struct rcu_head rcu;
#endif
#ifdef BROUGHT_RWSEM
	struct rw_semaphore sem;
#endif
#ifdef BROUGHT_XARRAY
	struct xarray array;
#endif
	int last;
};

int use_brought(struct brought *all);

int use_brought(struct brought *all)
{
#ifdef BROUGHT_CAPABLE
	if (!capable(CAP_SYS_ADMIN))
		return -1;
#endif
#ifdef BROUGHT_HRTIMER
	hrtimer_cancel(&all->timer);
#endif
#ifdef BROUGHT_KREF
	kref_get(&all->ref);
#endif
#ifdef BROUGHT_RWSEM
	down_read(&all->sem);
	up_read(&all->sem);
#endif
#ifdef BROUGHT_XARRAY
	if (xa_load(&all->array, 1))
		return 1;
#endif
#ifdef BROUGHT_RCU
	kfree_rcu(all, rcu);
#endif

	return all->last;
}
