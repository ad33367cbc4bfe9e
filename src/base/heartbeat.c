#include "base/heartbeat.h"

#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* The heartbeat of this process. */
static struct {
    struct pulse own;             /* used outside a team */
    _Atomic(struct pulse *) mine; /* `own`, or this rank's pulse in the team's memory */
    pthread_mutex_t lock;         /* protects `team`, `rank`, `size`, `index` and `run` */
    struct pulse *team;           /* [size]; NULL: none */
    const int *rank;              /* [size]: the ranks of the team, ascending */
    int size, index;

    _Atomic(const char *) activity; /* e.g. "training"; a static string; NULL: none yet */
    _Atomic(const char *) wait;     /* e.g. "for a message from"; NULL: not waiting */
    atomic_int peer;                /* the rank that this rank waits for; -1: several */
    atomic_llong step;              /* the last step begun; 0: none */
    atomic_llong saved;             /* the step of the newest checkpoint; 0: none, or unknown */
    char run[FILE_PATH_MAX];        /* the run's directory, or ""; under the lock */
    atomic_bool answered;           /* all ranks are already ending the run; signals are ignored */
} heartbeat = {.mine = &heartbeat.own, .lock = PTHREAD_MUTEX_INITIALIZER};

/* No other memory is read on the basis of these values, so they need no memory order. */
#define SET(member, value) atomic_store_explicit(&(member), (value), memory_order_relaxed)
#define GET(member) atomic_load_explicit(&(member), memory_order_relaxed)

static const char at_the_barrier[] = "at the team's barrier";

/* Counts a beat. If two threads beat at the same time, one beat may be lost; the other remains. */
void heartbeat_beat(void)
{
    struct pulse *pulse = GET(heartbeat.mine);
    SET(pulse->beats, GET(pulse->beats) + 1);
}

void heartbeat_doing(const char *activity)
{
    SET(heartbeat.activity, activity);
    heartbeat_beat();
}

void heartbeat_step(int64_t step)
{
    SET(heartbeat.activity, "training");
    SET(heartbeat.step, step);
    heartbeat_beat();
}

void heartbeat_run(const char *directory)
{
    pthread_mutex_lock(&heartbeat.lock);
    snprintf(heartbeat.run, sizeof heartbeat.run, "%s", directory);
    SET(heartbeat.saved, 0);
    pthread_mutex_unlock(&heartbeat.lock);
}

void heartbeat_saved(int64_t step)
{
    SET(heartbeat.saved, step);
}

void heartbeat_answered(bool answered)
{
    SET(heartbeat.answered, answered);
}

/* --- waiting ------------------------------------------------------------------------------- */

void heartbeat_wait(const char *where, int peer)
{
    SET(heartbeat.peer, peer);
    SET(heartbeat.wait, where);
    SET(GET(heartbeat.mine)->talks, true);
}

void heartbeat_arrive(void)
{
    struct pulse *pulse = GET(heartbeat.mine);
    SET(pulse->meetings, GET(pulse->meetings) + 1);
}

void heartbeat_meet(void)
{
    SET(heartbeat.wait, at_the_barrier);
}

void heartbeat_wait_over(void)
{
    SET(heartbeat.wait, NULL);
    SET(GET(heartbeat.mine)->talks, false);
    heartbeat_beat();
}

void heartbeat_join(struct pulse *pulse, const int *rank, int size, int index)
{
    pthread_mutex_lock(&heartbeat.lock);
    heartbeat.team = pulse;
    heartbeat.rank = rank;
    heartbeat.size = size;
    heartbeat.index = index;
    SET(heartbeat.mine, &pulse[index]);
    pthread_mutex_unlock(&heartbeat.lock);
}

void heartbeat_leave(const struct pulse *pulse)
{
    pthread_mutex_lock(&heartbeat.lock);
    if (heartbeat.team == pulse) {
        heartbeat.team = NULL;
        SET(heartbeat.mine, &heartbeat.own);
    }
    pthread_mutex_unlock(&heartbeat.lock);
}

/* --- the watchdog's view ------------------------------------------------------------------- */

/* True if a rank has not reached the barrier where this rank waits. The counts may wrap around. */
static bool is_late(int index)
{
    unsigned here = GET(heartbeat.team[heartbeat.index].meetings);
    return (int)(GET(heartbeat.team[index].meetings) - here) < 0;
}

/* For a rank that waits at the barrier: lists the late ranks, and decides whether this rank reports
 * them. Late ranks that wait for another team report that themselves; if any late rank does not,
 * the lowest of the ranks waiting here reports. */
static void look_around(struct heartbeat_view *view)
{
    bool all_talk = true, lowest = true;
    for (int i = 0; i < heartbeat.size; i++) {
        if (!is_late(i)) {
            lowest &= i >= heartbeat.index;
            continue;
        }
        all_talk &= GET(heartbeat.team[i].talks);
        if (view->n_late < HEARTBEAT_LATE_MAX)
            view->late[view->n_late] = heartbeat.rank[i];
        view->n_late++;
    }
    view->reports = lowest && !(view->n_late > 0 && all_talk);
}

/* True if this rank has the lowest number of the team's ranks that are in a collective call; only
 * that rank reports. */
static bool talks_lowest(void)
{
    for (int i = 0; i < heartbeat.index; i++)
        if (GET(heartbeat.team[i].talks))
            return false;
    return true;
}

void heartbeat_look(struct heartbeat_view *view)
{
    *view = (struct heartbeat_view){.beats = GET(heartbeat.own.beats),
        .activity = GET(heartbeat.activity),
        .wait = GET(heartbeat.wait),
        .peer = -1,
        .step = GET(heartbeat.step),
        .saved = GET(heartbeat.saved),
        .answered = GET(heartbeat.answered),
        .reports = true};
    bool meets = view->wait == at_the_barrier;
    if (view->wait && !meets)
        view->peer = GET(heartbeat.peer);
    pthread_mutex_lock(&heartbeat.lock);
    memcpy(view->run, heartbeat.run, sizeof view->run);
    for (int i = 0; heartbeat.team && i < heartbeat.size; i++)
        view->beats += GET(heartbeat.team[i].beats);
    if (heartbeat.team && meets)
        look_around(view);
    else if (heartbeat.team && view->wait && view->peer < 0)
        view->reports = talks_lowest();
    pthread_mutex_unlock(&heartbeat.lock);
}
