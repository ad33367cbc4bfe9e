#include "study/measure_reduce.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "comm/reduce.h"

enum { LEAST_BYTES = 4 << 10, GROWTH = 4, UNIT = 16 };

struct trial {
    struct comm *comm;
    struct teams *teams; /* each of a single rank */
    struct reduce *reduce;
    int64_t n;        /* floats */
    float *ordered;   /* this rank's slice, for the ordered sum */
    float *plain;     /* the same for MPI_Allreduce */
    float *published; /* [n]: the ordered sum */
};

static void run_ordered(struct trial *trial)
{
    struct range owned =
        reduce_owned(trial->n, UNIT, teams_count(trial->teams), teams_mine(trial->teams));
    reduce_exchange(trial->reduce);
    const float *sum = reduce_join(trial->reduce, owned);
    memcpy(trial->published + owned.first, sum, (size_t)range_size(owned) * sizeof *sum);
    reduce_publish(trial->reduce, trial->published);
}

static void run_allreduce(struct trial *trial)
{
    comm_allreduce_floats(trial->comm, trial->plain, trial->n);
}

/* --- correct before fast -------------------------------------------------------------------- */

/* Small whole numbers: every order of summation gives the same sum. */
static float value_at(int64_t i, int rank)
{
    return (float)(i % 1009 + rank);
}

static enum status check(struct trial *trial, struct error *error)
{
    int rank = comm_rank(trial->comm), size = comm_size(trial->comm);
    for (int64_t i = 0; i < trial->n; i++)
        trial->ordered[i] = trial->plain[i] = value_at(i, rank);
    run_ordered(trial);
    run_allreduce(trial);
    for (int64_t i = 0; i < trial->n; i++) {
        float want = 0;
        for (int r = 0; r < size; r++)
            want += value_at(i, r);
        if (trial->published[i] != want || trial->plain[i] != want)
            return fail(error, STATUS_BUG,
                "sum of %" PRId64 " floats over %d ranks: at %" PRId64
                " ordered %g, MPI_Allreduce %g, right %g",
                trial->n, size, i, (double)trial->published[i], (double)trial->plain[i],
                (double)want);
    }
    return STATUS_OK;
}

/* Zeros: sums of sums would otherwise grow to infinity. */
static void rest_values(struct trial *trial)
{
    memset(trial->ordered, 0, (size_t)trial->n * sizeof(float));
    memset(trial->plain, 0, (size_t)trial->n * sizeof(float));
}

/* --- time ----------------------------------------------------------------------------------- */

/* Seconds per sum, until the last rank has it, by rank 0's clock; the same on all ranks. */
static double time_of(struct trial *trial, void (*run)(struct trial *trial), int64_t turns)
{
    comm_barrier(trial->comm);
    double begin_s = clock_now_s();
    for (int64_t t = 0; t < turns; t++)
        run(trial);
    comm_barrier(trial->comm);
    double seconds = (clock_now_s() - begin_s) / (double)turns;
    comm_broadcast(trial->comm, &seconds, sizeof seconds);
    return seconds;
}

static int64_t turns_of(struct trial *trial, void (*run)(struct trial *trial), double seconds)
{
    int64_t turns = 1;
    double each_s = time_of(trial, run, turns), again_s;
    for (; each_s * (double)turns < seconds / 4 && turns < INT64_C(1) << 30; turns *= 2) {
        again_s = time_of(trial, run, 2 * turns);
        each_s = again_s < each_s ? again_s : each_s;
    }
    return seconds / each_s > 1 ? (int64_t)(seconds / each_s) : 1;
}

static void run_rounds(
    struct reduce_row *row, struct trial *trial, struct repetitions repetitions, double *seconds)
{
    double *ordered = seconds, *plain = seconds + repetitions.repeats,
           *ratio = plain + repetitions.repeats;
    int64_t ordered_turns = turns_of(trial, run_ordered, repetitions.seconds);
    int64_t plain_turns = turns_of(trial, run_allreduce, repetitions.seconds);
    for (int r = 0; r < repetitions.repeats; r++) {
        if (r % 2)
            plain[r] = time_of(trial, run_allreduce, plain_turns);
        ordered[r] = time_of(trial, run_ordered, ordered_turns);
        if (r % 2 == 0)
            plain[r] = time_of(trial, run_allreduce, plain_turns);
        ratio[r] = plain[r] / ordered[r];
    }
    row->ordered_s = repeat_stats_of(ordered, repetitions.repeats);
    row->allreduce_s = repeat_stats_of(plain, repetitions.repeats);
    row->ratio = repeat_stats_of(ratio, repetitions.repeats);
}

/* --- one size ------------------------------------------------------------------------------- */

static enum status measure_size(struct reduce_row *row, struct trial *trial,
    const struct vector *vector, struct repetitions repetitions, double *seconds,
    struct error *error)
{
    const int64_t slices = teams_count(trial->teams);
    row->bytes = trial->n * (int64_t)sizeof(float);
    enum status status = reduce_create(&trial->reduce, trial->comm, trial->teams, REDUCE_ORDERED,
        &slices, 1, trial->n, UNIT, &trial->ordered, vector, error);
    if (!status)
        status = comm_agree(trial->comm, check(trial, error), error);
    if (!status) {
        rest_values(trial);
        run_rounds(row, trial, repetitions, seconds);
    }
    reduce_destroy(trial->reduce);
    trial->reduce = NULL;
    return status;
}

enum status measure_reduce(struct reduce_report *report, struct comm *comm,
    const struct vector *vector, struct repetitions repetitions, struct error *error)
{
    struct trial trial = {.comm = comm};
    float *block = NULL;
    double *seconds = NULL;
    char bytes[32];
    size_t most = LEAST_BYTES / sizeof(float);
    for (int i = 1; i < REDUCE_SIZES; i++)
        most *= GROWTH;
    *report = (struct reduce_report){.ranks = comm_size(comm)};
    if (comm_size(comm) == 1)
        return fail(error, STATUS_USAGE,
            "bench reduce: a single rank has nothing to sum; start several: mpirun -n 2 lockstep "
            "bench reduce");
    enum status status = memory_take(&block, 3 * most, sizeof *block, "the vectors", error);
    if (!status)
        status = memory_take(
            &seconds, 3 * (size_t)repetitions.repeats, sizeof *seconds, "the times", error);
    status = comm_agree(comm, status, error);
    if (!status)
        status = teams_create(&trial.teams, comm, (struct team_request){TEAM_RANKS, 1}, error);
    trial.ordered = block;
    trial.plain = block + most;
    trial.published = block + 2 * most;
    trial.n = LEAST_BYTES / sizeof(float);
    for (int i = 0; !status && i < REDUCE_SIZES; i++, trial.n *= GROWTH) {
        repetitions_report(&repetitions, i, REDUCE_SIZES, "%s, %d rounds",
            text_bytes((double)trial.n * sizeof(float), bytes), repetitions.repeats);
        status = measure_size(&report->row[i], &trial, vector, repetitions, seconds, error);
    }
    free(block);
    free(seconds);
    teams_destroy(trial.teams);
    return status;
}
