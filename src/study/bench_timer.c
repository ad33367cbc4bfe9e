#include "study/bench_timer.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/random.h"
#include "comm/threads.h"

static const int64_t MOST_TURNS = INT64_C(1) << 40;

/* Sums integers, so every order of summation gives the same result. */
static double sum_over_ranks(struct comm *comm, double value)
{
    float sum = (float)value;
    comm_allreduce_floats(comm, &sum, 1);
    return (double)sum;
}

int bench_timer_workers(const struct bench_timer *timer)
{
    return (int)sum_over_ranks(timer->comm, timer->threads);
}

/* --- time ---------------------------------------------------------------------------------- */

struct timed_run {
    const struct workload *workload;
    int64_t turns;
    double seconds;
};

/* Waits for all workers of all ranks. */
static void meet(const struct worker *worker, struct comm *comm)
{
    team_barrier(worker);
    if (worker_leads(worker))
        comm_barrier(comm);
    team_barrier(worker);
}

static void run_timed(const struct worker *worker, void *argument)
{
    struct timed_run *run = argument;
    const struct workload *workload = run->workload;
    meet(worker, workload->timer.comm);
    double begin_s = clock_now_s();
    workload->work(worker, run->turns, workload->context);
    meet(worker, workload->timer.comm);
    if (worker_leads(worker))
        run->seconds = clock_now_s() - begin_s;
}

static double time_of(const struct workload *workload, int64_t turns)
{
    struct timed_run run = {workload, turns, 0};
    struct error error;
    /* team_probe() has already started such threads successfully. If starting them fails
     * here, the other ranks would wait forever, so abort the job. */
    if (threads_run(workload->timer.threads, run_timed, &run, &error) != STATUS_OK)
        abort();
    comm_broadcast(workload->timer.comm, &run.seconds, sizeof run.seconds);
    return run.seconds;
}

/* Returns the shortest of several times, since other processes may have slowed some runs down. */
static double least_time(const struct workload *workload, int64_t turns, double enough_s)
{
    enum { ATTEMPTS = 4 };
    double least_s = time_of(workload, turns);
    for (int i = 1; i < ATTEMPTS && least_s >= enough_s; i++) {
        double taken_s = time_of(workload, turns);
        least_s = taken_s < least_s ? taken_s : least_s;
    }
    return least_s;
}

static int64_t find_turns(const struct workload *workload)
{
    double enough_s = workload->seconds / 4;
    int64_t turns = 1;
    double taken_s = least_time(workload, turns, enough_s);
    while (taken_s < enough_s && turns < MOST_TURNS) {
        turns *= 2;
        taken_s = least_time(workload, turns, enough_s);
    }
    double wanted = (double)turns * workload->seconds / taken_s;
    return wanted < 1 ? 1 : wanted > (double)MOST_TURNS ? MOST_TURNS : (int64_t)wanted;
}

struct workload workload_of(
    struct bench_timer timer, bench_work *work, void *context, double amount, double seconds)
{
    return (struct workload){.timer = timer,
        .work = work,
        .context = context,
        .amount = sum_over_ranks(timer.comm, amount * timer.threads),
        .seconds = seconds};
}

double workload_seconds(struct workload *workload)
{
    if (workload->turns == 0)
        workload->turns = find_turns(workload);
    return time_of(workload, workload->turns) / (double)workload->turns;
}

double workload_rate(struct workload *workload)
{
    return 1e-9 * workload->amount / workload_seconds(workload);
}

/* --- memory -------------------------------------------------------------------------------- */

struct memory_request {
    struct bench_memory *memory; /* [threads] */
    size_t floats, random;
};

static void take_own(const struct worker *worker, void *argument)
{
    const struct memory_request *request = argument;
    const struct random_stream stream = {.seed = 1, .purpose = RANDOM_FEATURES};
    struct bench_memory *own = &request->memory[worker->index];
    own->status = memory_take(
        &own->x, request->floats, sizeof *own->x, "the data of a benchmark worker", &own->error);
    for (size_t i = 0; i < request->random && !own->status; i += 4) {
        uint32_t word[4];
        random_block(stream, 0, (uint32_t)(i / 4), word);
        for (size_t j = 0; j < 4; j++)
            own->x[i + j] = random_symmetric(word[j]);
    }
}

enum status bench_memory_take(struct bench_memory **memory, const struct bench_timer *timer,
    size_t floats, size_t random, struct error *error)
{
    enum status status = memory_take(
        memory, (size_t)timer->threads, sizeof **memory, "the benchmark workers", error);
    if (status)
        *memory = NULL;
    struct memory_request request = {*memory, floats, random};
    if (!status)
        status = threads_run(timer->threads, take_own, &request, error);
    for (int t = 0; t < timer->threads && !status; t++) {
        status = (*memory)[t].status;
        *error = (*memory)[t].error;
    }
    return comm_agree(timer->comm, status, error);
}

void bench_memory_free(struct bench_memory *memory, int threads)
{
    for (int t = 0; memory && t < threads; t++)
        free(memory[t].x);
    free(memory);
}
