#include "study/measure_reduce.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "comm/reduce.h"
#include "study/bench_timer.h"

enum { LEAST_BYTES = 4 << 10, GROWTH = 4, UNIT = 16 };

/* The measurement of one vector size. */
struct trial {
    struct comm *comm;
    struct teams *teams; /* one rank per team */
    struct reduce *reduce;
    int64_t n;        /* floats */
    float *ordered;   /* this rank's slice as input of the ordered sum */
    float *plain;     /* the same slice as input of MPI_Allreduce */
    float *published; /* [n]: the ordered sum */
    struct workload ordered_sum, allreduce;
    struct json *row;
};

struct reduce_study {
    struct repetitions *repetitions;
    struct trial trial[REDUCE_SIZES]; /* they share the same vectors */
};

/* Runs the ordered sum, in one worker per rank. */
static void run_ordered(const struct worker *worker, int64_t turns, void *context)
{
    struct trial *trial = context;
    struct range owned = reduce_owned(trial->n, UNIT, trial->teams->count, trial->teams->mine);
    (void)worker;
    for (int64_t t = 0; t < turns; t++) {
        reduce_exchange(trial->reduce);
        const float *sum = reduce_join(trial->reduce, owned);
        memcpy(trial->published + owned.first, sum, (size_t)range_size(owned) * sizeof *sum);
        reduce_publish(trial->reduce, trial->published);
    }
}

static void run_allreduce(const struct worker *worker, int64_t turns, void *context)
{
    struct trial *trial = context;
    (void)worker;
    for (int64_t t = 0; t < turns; t++)
        comm_allreduce_floats(trial->comm, trial->plain, trial->n);
}

/* --- correctness --------------------------------------------------------------------------- */

/* Returns a small integer, so that every order of summation gives the same sum. */
static float value_at(int64_t i, int rank)
{
    return (float)(i % 1009 + rank);
}

static enum status check(struct trial *trial, struct error *error)
{
    int rank = trial->comm->rank, size = trial->comm->size;
    for (int64_t i = 0; i < trial->n; i++)
        trial->ordered[i] = trial->plain[i] = value_at(i, rank);
    run_ordered(NULL, 1, trial);
    run_allreduce(NULL, 1, trial);
    for (int64_t i = 0; i < trial->n; i++) {
        float want = 0;
        for (int r = 0; r < size; r++)
            want += value_at(i, r);
        if (trial->published[i] != want || trial->plain[i] != want)
            return fail(error, STATUS_BUG,
                "sum of %" PRId64 " floats over %d ranks: element %" PRId64
                " is %g with ordered and %g with MPI_Allreduce; correct is %g",
                trial->n, size, i, (double)trial->published[i], (double)trial->plain[i],
                (double)want);
    }
    return STATUS_OK;
}

/* Sets all values to zero, since repeated sums would otherwise grow to infinity. */
static void clear_values(struct trial *trial)
{
    memset(trial->ordered, 0, (size_t)trial->n * sizeof(float));
    memset(trial->plain, 0, (size_t)trial->n * sizeof(float));
}

/* --- every size ---------------------------------------------------------------------------- */

static enum status trial_open(
    struct trial *trial, const struct vector *vector, double seconds, struct error *error)
{
    const int64_t slices = trial->teams->count;
    const struct bench_timer one = {trial->comm, 1};
    trial->ordered_sum = workload_of(one, run_ordered, trial, 1, seconds);
    trial->allreduce = workload_of(one, run_allreduce, trial, 1, seconds);
    TRY(reduce_create(&trial->reduce, trial->comm, trial->teams, REDUCE_ORDERED, &slices, 1,
        trial->n, UNIT, &trial->ordered, vector, error));
    enum status status = comm_agree(trial->comm, check(trial, error), error);
    clear_values(trial);
    return status;
}

/* Measures both sums for one size, in an order that alternates from round to round. */
static enum status measure_size(void *context, int i, struct error *error)
{
    struct reduce_study *study = context;
    struct trial *trial = &study->trial[i];
    bool reversed = study->repetitions->done / REDUCE_SIZES % 2;
    (void)error;
    repetitions_report(study->repetitions, "%s", BYTES((double)trial->n * sizeof(float)));
    if (reversed)
        js_push_real(trial->row, "allreduce_s", workload_seconds(&trial->allreduce));
    js_push_real(trial->row, "ordered_s", workload_seconds(&trial->ordered_sum));
    if (!reversed)
        js_push_real(trial->row, "allreduce_s", workload_seconds(&trial->allreduce));
    return STATUS_OK;
}

static void summarize(struct trial *trial)
{
    double gigabytes = 1e-9 * (double)trial->n * sizeof(float);
    double ordered_s = samples_median(trial->row, "ordered_s");
    double allreduce_s = samples_median(trial->row, "allreduce_s");
    samples_divide(trial->row, "ratio", "allreduce_s", "ordered_s");
    samples_summarize(trial->row);
    js_set_real(trial->row, "ordered_gb_per_s", gigabytes / ordered_s);
    js_set_real(trial->row, "allreduce_gb_per_s", gigabytes / allreduce_s);
}

/* Returns the number of floats of the largest size. */
static size_t most_floats(void)
{
    size_t most = LEAST_BYTES / sizeof(float);
    for (int i = 1; i < REDUCE_SIZES; i++)
        most *= GROWTH;
    return most;
}

enum status measure_reduce(struct json *results, struct comm *comm, const struct vector *vector,
    struct repetitions *repetitions, struct error *error)
{
    struct reduce_study study = {.repetitions = repetitions};
    struct teams *teams = NULL;
    struct json *rows = js_array();
    float *block = NULL;
    size_t most = most_floats();
    js_set_int(results, "ranks", comm->size);
    js_set(results, "rows", rows);
    if (comm->size == 1)
        return fail(error, STATUS_USAGE,
            "bench reduce: a single rank has nothing to sum; start several: mpirun -n 2 lockstep "
            "bench reduce");
    enum status status = memory_take(&block, 3 * most, sizeof *block, "the vectors", error);
    status = comm_agree(comm, status, error);
    if (!status)
        status = teams_create(&teams, comm, (struct team_request){TEAM_RANKS, 1}, error);
    int64_t n = LEAST_BYTES / sizeof(float);
    for (int i = 0; i < REDUCE_SIZES && !status; i++, n *= GROWTH) {
        struct trial *trial = &study.trial[i];
        *trial = (struct trial){.comm = comm,
            .teams = teams,
            .n = n,
            .ordered = block,
            .plain = block + most,
            .published = block + 2 * most,
            .row = js_object()};
        js_set_int(trial->row, "bytes", n * (int64_t)sizeof(float));
        js_append(rows, trial->row);
        status = trial_open(trial, vector, repetitions->seconds, error);
    }
    if (!status)
        status = repetitions_run(repetitions, REDUCE_SIZES, measure_size, &study, error);
    for (int i = 0; i < REDUCE_SIZES; i++) {
        if (!status)
            summarize(&study.trial[i]);
        reduce_destroy(study.trial[i].reduce);
    }
    free(block);
    teams_destroy(teams);
    return status;
}
