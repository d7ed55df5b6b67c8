/* SPDX-License-Identifier: MIT */
/* Who waits for work items: cancelling for sure, flushing, draining. */
#include "work-rig.h"

/* What a fiber calls, and what came of it. */
struct call {
	int n; /* item */
	bool ret, done;
};

static void call_cancel_sync(void *arg)
{
	struct call *call = arg;

	call->ret = cancel_work_sync(&rig_items[call->n].work);
	call->done = true;
}

static void call_cancel_delayed_sync(void *arg)
{
	struct call *call = arg;

	call->ret = cancel_delayed_work_sync(&rig_items[call->n].dwork);
	call->done = true;
}

static void call_flush(void *arg)
{
	struct call *call = arg;

	call->ret = flush_work(&rig_items[call->n].work);
	call->done = true;
}

static void call_flush_delayed(void *arg)
{
	struct call *call = arg;

	call->ret = flush_delayed_work(&rig_items[call->n].dwork);
	call->done = true;
}

static void call_flush_queue(void *arg)
{
	struct call *call = arg;

	flush_workqueue(rig_wq);
	call->done = true;
}

static void call_drain(void *arg)
{
	struct call *call = arg;

	drain_workqueue(rig_wq);
	call->done = true;
}

static void start(void (*entry)(void *arg), struct call *call)
{
	inband_fiber(entry, call);
	inband_step();
}

START_TEST(who_cancels_for_sure_waits_for_the_end)
{
	struct call call = { .n = 0 };

	start(call_cancel_sync, &call);
	ck_assert(call.done && !call.ret);

	call.done = false;
	rig_items[0].stays = true;
	queue_work(rig_wq, &rig_items[0].work);
	inband_step();
	queue_work(rig_wq, &rig_items[0].work);
	inband_step();
	start(call_cancel_sync, &call);
	ck_assert(!call.done);
	/* Nobody queues it meanwhile. */
	ck_assert(!queue_work(rig_wq, &rig_items[0].work));
	complete_all(&rig_items[0].go);
	inband_step();
	ck_assert(call.done && call.ret);
	ck_assert_str_eq(rig_order, "aA");
	ck_assert(queue_work(rig_wq, &rig_items[0].work));
	inband_step();
	ck_assert_int_eq(rig_items[0].ended, 2);
}
END_TEST

START_TEST(who_cancels_a_delay_for_sure_waits_too)
{
	struct call call = { .n = 0 };

	queue_delayed_work(rig_wq, &rig_items[0].dwork, 100 * HZ);
	start(call_cancel_delayed_sync, &call);
	ck_assert(call.done && call.ret);

	call.done = false;
	rig_items[0].stays = true;
	queue_delayed_work(rig_wq, &rig_items[0].dwork, 0);
	inband_step();
	start(call_cancel_delayed_sync, &call);
	ck_assert(!call.done);
	complete(&rig_items[0].go);
	inband_step();
	ck_assert(call.done && !call.ret);
}
END_TEST

START_TEST(who_flushes_waits_for_what_was_queued)
{
	struct call call = { .n = 0 };

	start(call_flush, &call);
	ck_assert(call.done && !call.ret);

	call.done = false;
	rig_items[0].stays = true;
	queue_work(rig_wq, &rig_items[0].work);
	inband_step();
	start(call_flush, &call);
	ck_assert(!call.done);
	/* Not for the time after this one. */
	queue_work(rig_wq, &rig_items[0].work);
	complete(&rig_items[0].go);
	inband_step();
	ck_assert(call.done && call.ret);
	ck_assert_str_eq(rig_order, "aAa");

	/* Pending behind the one that runs: that is waited for. */
	call.done = false;
	queue_work(rig_wq, &rig_items[0].work);
	start(call_flush, &call);
	complete(&rig_items[0].go);
	inband_step();
	ck_assert(!call.done);
	complete(&rig_items[0].go);
	inband_step();
	ck_assert(call.done);
}
END_TEST

START_TEST(who_flushes_what_is_cancelled_goes_on)
{
	struct call call = { .n = 1 };

	rig_items[0].stays = true;
	queue_work(rig_ordered, &rig_items[0].work);
	queue_work(rig_ordered, &rig_items[1].work);
	start(call_flush, &call);
	ck_assert(!call.done);
	ck_assert(cancel_work(&rig_items[1].work));
	inband_step();
	ck_assert(call.done);
}
END_TEST

START_TEST(who_flushes_a_delay_ends_it)
{
	struct call call = { .n = 0 };

	queue_delayed_work(rig_wq, &rig_items[0].dwork, 100 * HZ);
	start(call_flush_delayed, &call);
	ck_assert(call.done && call.ret);
	ck_assert_int_eq(rig_items[0].ended, 1);
}
END_TEST

START_TEST(who_flushes_a_queue_waits_for_all_that_is_in_it)
{
	struct call call = { .n = 0 };

	start(call_flush_queue, &call);
	ck_assert(call.done);

	call.done = false;
	rig_items[0].stays = rig_items[1].stays = true;
	queue_work(rig_wq, &rig_items[0].work);
	queue_work(rig_wq, &rig_items[1].work);
	start(call_flush_queue, &call);
	rig_items[2].stays = true;
	queue_work(rig_wq, &rig_items[2].work);
	complete(&rig_items[1].go);
	inband_step();
	ck_assert(!call.done);
	complete(&rig_items[0].go);
	inband_step();
	ck_assert(call.done);
	ck_assert_int_eq(rig_items[2].ended, 0);
}
END_TEST

static void queue_other(struct work_struct *work)
{
	wait_for_completion(&rig_items[0].go);
	ck_assert(queue_work(rig_wq, &rig_items[1].work));
}

START_TEST(a_queue_is_drained_with_what_its_items_queue)
{
	struct call call = { .n = 0 };

	INIT_WORK(&rig_items[0].work, queue_other);
	queue_work(rig_wq, &rig_items[0].work);
	start(call_drain, &call);
	/* Anybody else is refused. */
	ck_assert(!queue_work(rig_wq, &rig_items[2].work));
	ck_assert(!queue_delayed_work(rig_wq, &rig_items[2].dwork, 0));
	complete(&rig_items[0].go);
	inband_step();
	ck_assert(call.done);
	ck_assert_str_eq(rig_order, "bB");
	ck_assert(queue_work(rig_wq, &rig_items[2].work));
}
END_TEST

static void wait_for_self(struct work_struct *work)
{
	ck_assert(!flush_work(work));
	ck_assert(!cancel_work_sync(work));
	flush_workqueue(rig_wq);
	drain_workqueue(rig_wq);
	destroy_workqueue(rig_wq);
	rig_note('s');
}

START_TEST(an_item_that_waits_for_itself_is_not_stuck)
{
	INIT_WORK(&rig_items[0].work, wait_for_self);
	queue_work(rig_wq, &rig_items[0].work);
	inband_step();
	ck_assert_str_eq(rig_order, "s");
}
END_TEST

START_TEST(nobody_waits_where_nobody_can)
{
	rig_items[0].stays = true;
	queue_work(rig_wq, &rig_items[0].work);
	inband_step();
	ck_assert(!flush_work(&rig_items[0].work));
	ck_assert(!cancel_work_sync(&rig_items[0].work));
	flush_workqueue(rig_wq);
	ck_assert_int_eq(rig_items[0].ended, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kapi/work-flush");
	TCase *tcase = tcase_create("items");

	tcase_add_checked_fixture(tcase, rig_setup, rig_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, who_cancels_for_sure_waits_for_the_end);
	tcase_add_test(tcase, who_cancels_a_delay_for_sure_waits_too);
	tcase_add_test(tcase, who_flushes_waits_for_what_was_queued);
	tcase_add_test(tcase, who_flushes_what_is_cancelled_goes_on);
	tcase_add_test(tcase, who_flushes_a_delay_ends_it);
	tcase_add_test(tcase, who_flushes_a_queue_waits_for_all_that_is_in_it);
	tcase_add_test(tcase, a_queue_is_drained_with_what_its_items_queue);
	tcase_add_test(tcase, an_item_that_waits_for_itself_is_not_stuck);
	tcase_add_test(tcase, nobody_waits_where_nobody_can);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}
