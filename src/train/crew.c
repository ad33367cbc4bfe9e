#include "train/crew.h"

#include <stdlib.h>

#include "base/clock.h"
#include "comm/threads.h"

static const int64_t MOST_TURNS = INT64_C(1) << 40;

struct race {
    struct comm *comm;
    crew_work *work;
    void *context;
    int64_t turns;
    double seconds;
};

enum status crew_check(const struct crew *crew, struct error *error)
{
    return comm_agree(crew->comm, team_probe(crew->threads, error), error);
}

int crew_workers(const struct crew *crew)
{
    float workers = (float)crew->threads; /* whole numbers: any order of summation will do */
    comm_allreduce_floats(crew->comm, &workers, 1);
    return (int)workers;
}

/* All workers of all ranks. */
static void line_up(const struct worker *worker, struct comm *comm)
{
    team_barrier(worker);
    if (worker_leads(worker))
        comm_barrier(comm);
    team_barrier(worker);
}

static void run(const struct worker *worker, void *argument)
{
    struct race *race = argument;
    line_up(worker, race->comm);
    double begin_s = clock_now_s();
    race->work(worker, race->turns, race->context);
    line_up(worker, race->comm);
    if (worker_leads(worker))
        race->seconds = clock_now_s() - begin_s;
}

double crew_time(const struct crew *crew, crew_work *work, void *context, int64_t turns)
{
    struct race race = {crew->comm, work, context, turns, 0};
    struct error error;
    /* These threads were to be had at crew_check(); without them the other ranks would wait. */
    if (threads_run(crew->threads, run, &race, &error) != STATUS_OK)
        abort();
    comm_broadcast(crew->comm, &race.seconds, sizeof race.seconds);
    return race.seconds;
}

/* The least of some attempts: one that met with somebody else's work says nothing. */
static double least_time(
    const struct crew *crew, crew_work *work, void *context, int64_t turns, double enough_s)
{
    enum { ATTEMPTS = 4 };
    double least_s = crew_time(crew, work, context, turns);
    for (int i = 1; i < ATTEMPTS && least_s >= enough_s; i++) {
        double taken_s = crew_time(crew, work, context, turns);
        least_s = taken_s < least_s ? taken_s : least_s;
    }
    return least_s;
}

int64_t crew_turns(const struct crew *crew, crew_work *work, void *context, double seconds)
{
    int64_t turns = 1;
    double taken_s = least_time(crew, work, context, turns, seconds / 4);
    while (taken_s < seconds / 4 && turns < MOST_TURNS) {
        turns *= 2;
        taken_s = least_time(crew, work, context, turns, seconds / 4);
    }
    double wanted = (double)turns * seconds / taken_s;
    return wanted < 1 ? 1 : wanted > (double)MOST_TURNS ? MOST_TURNS : (int64_t)wanted;
}
