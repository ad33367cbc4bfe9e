#include "study/bench_timer.h"

#include <stdlib.h>

#include "base/clock.h"
#include "comm/threads.h"

static const int64_t MOST_TURNS = INT64_C(1) << 40;

struct race {
    struct comm *comm;
    bench_timer_work *work;
    void *context;
    int64_t turns;
    double seconds;
};

enum status bench_timer_check(const struct bench_timer *timer, struct error *error)
{
    return comm_agree(timer->comm, team_probe(timer->threads, error), error);
}

int bench_timer_workers(const struct bench_timer *timer)
{
    float workers = (float)timer->threads; /* whole numbers: any order of summation will do */
    comm_allreduce_floats(timer->comm, &workers, 1);
    return (int)workers;
}

/* All workers of all ranks. */
static void meet(const struct worker *worker, struct comm *comm)
{
    team_barrier(worker);
    if (worker_leads(worker))
        comm_barrier(comm);
    team_barrier(worker);
}

static void run(const struct worker *worker, void *argument)
{
    struct race *race = argument;
    meet(worker, race->comm);
    double begin_s = clock_now_s();
    race->work(worker, race->turns, race->context);
    meet(worker, race->comm);
    if (worker_leads(worker))
        race->seconds = clock_now_s() - begin_s;
}

double bench_timer_time(
    const struct bench_timer *timer, bench_timer_work *work, void *context, int64_t turns)
{
    struct race race = {timer->comm, work, context, turns, 0};
    struct error error;
    /* The threads could be started in bench_timer_check(). Without them the other ranks would wait
     * for ever, so the job ends. */
    if (threads_run(timer->threads, run, &race, &error) != STATUS_OK)
        abort();
    comm_broadcast(timer->comm, &race.seconds, sizeof race.seconds);
    return race.seconds;
}

/* The least of some attempts, since another process may have slowed one down. */
static double least_time(const struct bench_timer *timer, bench_timer_work *work, void *context,
    int64_t turns, double enough_s)
{
    enum { ATTEMPTS = 4 };
    double least_s = bench_timer_time(timer, work, context, turns);
    for (int i = 1; i < ATTEMPTS && least_s >= enough_s; i++) {
        double taken_s = bench_timer_time(timer, work, context, turns);
        least_s = taken_s < least_s ? taken_s : least_s;
    }
    return least_s;
}

int64_t bench_timer_turns(
    const struct bench_timer *timer, bench_timer_work *work, void *context, double seconds)
{
    int64_t turns = 1;
    double taken_s = least_time(timer, work, context, turns, seconds / 4);
    while (taken_s < seconds / 4 && turns < MOST_TURNS) {
        turns *= 2;
        taken_s = least_time(timer, work, context, turns, seconds / 4);
    }
    double wanted = (double)turns * seconds / taken_s;
    return wanted < 1 ? 1 : wanted > (double)MOST_TURNS ? MOST_TURNS : (int64_t)wanted;
}
