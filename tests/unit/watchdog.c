/* When a run that stands still is reported, and when it is ended; and what a watchdog sees of it. */
#include "cli/watchdog.h"

#include "base/heartbeat.h"

#include "support/unit.h"

/* Ticks until an event other than WATCH_NOTHING; at most `most`, 0: there was none. */
static int64_t ticks_to_event(struct watch *watch, unsigned beats, bool signalled, int64_t most,
    enum watch_event *event, int64_t *lasted)
{
    for (int64_t tick = 1; tick <= most; tick++) {
        *event = watch_tick(watch, beats, signalled, lasted);
        if (*event != WATCH_NOTHING)
            return tick;
    }
    return 0;
}

TEST(warns_after_a_minute_and_then_ten_times_as_late)
{
    struct watch watch = {.warn = 60};
    enum watch_event event;
    int64_t lasted;
    assert_int_equal(60, ticks_to_event(&watch, 0, false, 1000, &event, &lasted));
    assert_int_equal(WATCH_STALL, event);
    assert_int_equal(540, ticks_to_event(&watch, 0, false, 1000, &event, &lasted));
    assert_int_equal(WATCH_STALL, event);
    assert_int_equal(5400, ticks_to_event(&watch, 0, false, 10000, &event, &lasted));
    assert_int_equal(WATCH_PROGRESS, watch_tick(&watch, 1, false, &lasted));
    assert_int_equal(6000, lasted);
    /* A stall that was reported is no measure of a step. */
    assert_int_equal(60, ticks_to_event(&watch, 1, false, 1000, &event, &lasted));
    assert_int_equal(WATCH_STALL, event);
}

TEST(waits_five_times_the_slowest_step)
{
    struct watch watch = {.warn = 60};
    enum watch_event event;
    int64_t lasted;
    assert_int_equal(0, ticks_to_event(&watch, 0, false, 30, &event, &lasted));
    assert_int_equal(WATCH_NOTHING, watch_tick(&watch, 1, false, &lasted));
    assert_int_equal(150, ticks_to_event(&watch, 1, false, 1000, &event, &lasted));
    assert_int_equal(WATCH_STALL, event);
}

TEST(never_warns_where_it_is_told_so)
{
    struct watch watch = {.warn = 0};
    enum watch_event event;
    int64_t lasted;
    assert_int_equal(0, ticks_to_event(&watch, 0, false, 100000, &event, &lasted));
}

TEST(ends_after_the_timeout_whatever_the_steps)
{
    struct watch watch = {.warn = 60, .timeout = 90, .slowest = 1000};
    enum watch_event event;
    int64_t lasted;
    assert_int_equal(90, ticks_to_event(&watch, 0, false, 1000, &event, &lasted));
    assert_int_equal(WATCH_TIMEOUT, event);
}

/* The run may go on beating meanwhile, as through a long evaluation: nobody has heard the signal. */
TEST(ends_by_a_signal_that_nobody_answers)
{
    struct watch watch = {.warn = 60};
    enum watch_event event = WATCH_NOTHING;
    int64_t lasted, ticks = 0;
    for (unsigned beats = 1; event == WATCH_NOTHING && ticks < 1000; beats++, ticks++)
        event = watch_tick(&watch, beats, true, &lasted);
    assert_int_equal(WATCH_SIGNAL, event);
    assert_int_equal(61, ticks);

    watch = (struct watch){.warn = 60, .slowest = 20};
    assert_int_equal(100, ticks_to_event(&watch, 0, true, 1000, &event, &lasted));
    assert_int_equal(WATCH_STALL, event);
    assert_int_equal(1, ticks_to_event(&watch, 0, true, 1000, &event, &lasted));
    assert_int_equal(WATCH_SIGNAL, event);

    watch = (struct watch){.warn = 60}; /* it was answered in time */
    assert_int_equal(0, ticks_to_event(&watch, 0, true, 59, &event, &lasted));
    assert_int_equal(0, ticks_to_event(&watch, 1, false, 59, &event, &lasted));
}

/* --- what is seen -------------------------------------------------------------------------- */

/* There is one heartbeat for all tests, which leave no team behind. */
static struct heartbeat_view look(void)
{
    struct heartbeat_view view;
    heartbeat_look(&view);
    return view;
}

TEST(all_that_works_beats)
{
    unsigned before = look().beats;
    heartbeat_beat();
    heartbeat_doing("testing");
    heartbeat_step(7);
    heartbeat_wait("in a test", 4);
    struct heartbeat_view view = look();
    assert_int_equal(before + 3, view.beats);
    assert_string_equal("training", view.activity);
    assert_int_equal(7, view.step);
    assert_string_equal("in a test", view.wait);
    assert_int_equal(4, view.peer);
    assert_true(view.reports);
    heartbeat_wait_over();
    assert_int_equal(before + 4, look().beats);
    assert_null(look().wait);
}

/* Ranks 2, 5, 6 and 9 of a job; this one is 6. The others' part is written here as they would. */
TEST(names_who_is_late_and_lets_one_speak)
{
    static struct pulse pulse[4];
    static const int rank[4] = {2, 5, 6, 9};
    heartbeat_join(pulse, rank, 4, 2);
    heartbeat_arrive();
    heartbeat_meet();
    struct heartbeat_view view = look();
    assert_int_equal(3, view.n_late);
    assert_int_equal(2, view.late[0]);
    assert_int_equal(5, view.late[1]);
    assert_int_equal(9, view.late[2]);
    assert_true(view.reports); /* of those that came it is the lowest */

    atomic_store(&pulse[0].meetings, 1);
    view = look();
    assert_int_equal(2, view.n_late);
    assert_false(view.reports); /* rank 2 does */

    atomic_store(&pulse[0].meetings, 0);
    atomic_store(&pulse[0].talks, true);
    assert_true(look().reports); /* 2 waits for another team, but 5 and 9 are silent */
    atomic_store(&pulse[1].meetings, 1);
    atomic_store(&pulse[3].meetings, 1);
    assert_int_equal(1, look().n_late);
    assert_false(look().reports); /* 2 itself does */

    atomic_store(&pulse[0].meetings, 1);
    atomic_store(&pulse[0].talks, false);
    view = look();
    assert_int_equal(0, view.n_late); /* all ranks came, but a thread of theirs did not */
    heartbeat_wait_over();

    unsigned before = look().beats;
    atomic_fetch_add(&pulse[3].beats, 1); /* where any rank of a team goes on, it does */
    assert_int_equal(before + 1, look().beats);

    heartbeat_wait("in an allgather", -1);
    assert_true(look().reports);
    atomic_store(&pulse[1].talks, true);
    assert_false(look().reports);
    heartbeat_wait_over();

    heartbeat_leave(pulse + 1); /* another's team */
    assert_int_equal(before + 2, look().beats);
    heartbeat_leave(pulse);
    heartbeat_arrive();
    heartbeat_meet();
    assert_int_equal(0, look().n_late);
    heartbeat_wait_over();
}

TEST(the_counts_may_wrap)
{
    static struct pulse pulse[2];
    static const int rank[2] = {0, 1};
    atomic_store(&pulse[0].meetings, UINT32_MAX);
    atomic_store(&pulse[1].meetings, UINT32_MAX);
    heartbeat_join(pulse, rank, 2, 0);
    heartbeat_arrive();
    heartbeat_meet();
    assert_int_equal(1, look().n_late);
    atomic_fetch_add(&pulse[1].meetings, 1);
    assert_int_equal(0, look().n_late);
    heartbeat_wait_over();
    heartbeat_leave(pulse);
}
