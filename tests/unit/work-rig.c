/* SPDX-License-Identifier: MIT */
#include "work-rig.h"

#include <string.h>

struct item rig_items[4];
char rig_order[64]; /* which began, which ended: "a", "A" */
struct workqueue_struct *rig_wq, *rig_ordered;

void rig_note(char c)
{
	rig_order[strlen(rig_order)] = c;
}

static void run(struct item *item)
{
	const char letter = (char)('a' + (item - rig_items));

	ck_assert_int_eq(item->inside++, 0); /* never beside itself */
	item->begun++;
	rig_note(letter);
	if (item->stays)
		wait_for_completion(&item->go);
	rig_note((char)(letter - 'a' + 'A'));
	item->ended++;
	item->inside--;
}

void rig_run_work(struct work_struct *work)
{
	ck_assert_ptr_eq(current_work(), work);
	run(container_of(work, struct item, work));
}

static void run_dwork(struct work_struct *work)
{
	run(container_of(to_delayed_work(work), struct item, dwork));
}

void rig_setup(void)
{
	inband_setup();
	for (int i = 0; i < 4; i++) {
		INIT_WORK(&rig_items[i].work, rig_run_work);
		INIT_DELAYED_WORK(&rig_items[i].dwork, run_dwork);
		init_completion(&rig_items[i].go);
	}
	rig_wq = alloc_workqueue("some-%d", WQ_UNBOUND, 0, 1);
	rig_ordered = alloc_ordered_workqueue("ordered", 0);
	ck_assert(rig_wq && rig_ordered);
}

static void destroy_queues(void *arg)
{
	destroy_workqueue(rig_wq);
	destroy_workqueue(rig_ordered);
	*(bool *)arg = true;
}

void rig_teardown(void)
{
	bool done = false;

	for (int i = 0; i < 4; i++)
		complete_all(&rig_items[i].go);
	inband_fiber(destroy_queues, &done);
	inband_await(&done);
	inband_teardown();
}
