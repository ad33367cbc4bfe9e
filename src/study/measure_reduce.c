#include "study/measure_reduce.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "comm/reduce.h"
#include "comm/threads.h"
#include "study/measure_message.h"
#include "study/scaling_rules.h"

enum { UNIT = 16, LEAST_FLOATS = 1 << 10, TEAMS_FLOATS = 1 << 18 };
enum {
    GROWTH = 2,
    MOST_FLOATS = LEAST_FLOATS << GROWTH * (REDUCE_SIZES - 1)
}; /* in powers of two */
enum { GROUPS_MAX = 64, NODES_MAX = 8 };

static const int team_slices[] = {1, 3, 4};
enum {
    TEAM_SLICES = sizeof team_slices / sizeof *team_slices,
    TRIALS_MAX = REDUCE_SIZES + GROUPS_MAX * TEAM_SLICES
};

/* Ranks that take part in a measurement, while all others sleep. */
struct group {
    struct comm *comm; /* on other ranks, that of the others */
    struct teams *teams;
    bool member;
};

/* The measurement of the sums for one vector size in one group. */
struct trial {
    struct comm *comm;
    struct teams *teams; /* one rank per team */
    struct reduce *reduce;
    int64_t n;              /* floats */
    int slices;             /* of each team */
    float *node[NODES_MAX]; /* this rank's partial sums as input of the ordered sum */
    float *plain;           /* their sum as input of MPI_Allreduce */
    float *published;       /* [n]: the ordered sum */
    struct workload ordered_sum, allreduce;
    bool member;
    struct json *row;
};

struct reduce_study {
    struct comm *comm;
    struct repetitions *repetitions;
    const struct vector *vector;
    float *block;             /* [3 * MOST_FLOATS]: for the vectors of all trials */
    int position;             /* this rank's number, counted machine by machine */
    struct message_pair pair; /* the first and the last rank */
    int groups, trials;
    struct group group[GROUPS_MAX];     /* the last one has all ranks */
    struct trial trial[TRIALS_MAX];     /* first the sizes; they share the same vectors */
    struct ping ping[REDUCE_SIZES + 1]; /* the latency, then the same sizes */
    struct json *message;
};

static struct route_request route_of(const struct trial *trial)
{
    return (struct route_request){
        ROUTE_HALVING, trial->slices, trial->n, UNIT, trial->teams->count, 0, 0};
}

static void take_sums(void *context, const struct worker *worker, int bucket)
{
    struct trial *trial = context;
    struct range mine = reduce_share(trial->reduce, worker, bucket);
    memcpy(trial->published + mine.first, reduce_sums(trial->reduce, worker, bucket),
        (size_t)range_size(mine) * sizeof(float));
}

/* Runs the ordered sum, in one worker per rank. */
static void run_ordered(const struct worker *worker, int64_t turns, void *context)
{
    struct trial *trial = context;
    const struct reduce_use use = {take_sums, trial, trial->published};
    for (int64_t t = 0; t < turns; t++) {
        struct reduce_walk walk;
        reduce_begin(&walk, trial->reduce, worker, &use);
        reduce_end(&walk);
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
static float value_at(int64_t i, int team, int node)
{
    return (float)((i + (int64_t)team * NODES_MAX + node) % 1009);
}

static void fill(struct trial *trial)
{
    int mine = trial->teams->mine, nodes = reduce_nodes(trial->reduce, mine);
    memset(trial->plain, 0, (size_t)trial->n * sizeof(float));
    for (int k = 0; k < nodes; k++)
        for (int64_t i = 0; i < trial->n; i++) {
            trial->node[k][i] = value_at(i, mine, k);
            trial->plain[i] += trial->node[k][i];
        }
}

static float true_sum(const struct trial *trial, int64_t i)
{
    float sum = 0;
    for (int t = 0; t < trial->teams->count; t++)
        for (int k = 0; k < reduce_nodes(trial->reduce, t); k++)
            sum += value_at(i, t, k);
    return sum;
}

static void run_once(const struct worker *worker, void *trial)
{
    run_ordered(worker, 1, trial);
}

static enum status check(struct trial *trial, struct error *error)
{
    if (reduce_nodes(trial->reduce, trial->teams->mine) > NODES_MAX)
        return fail(error, STATUS_BUG, "a team of bench reduce has more than %d partial sums",
            (int)NODES_MAX);
    fill(trial);
    TRY(threads_run(1, run_once, trial, error));
    run_allreduce(NULL, 1, trial);
    for (int64_t i = 0; i < trial->n; i++) {
        float want = true_sum(trial, i);
        if (trial->published[i] != want || trial->plain[i] != want)
            return fail(error, STATUS_BUG,
                "sum of %" PRId64 " floats over %d ranks: element %" PRId64
                " is %g with ordered and %g with MPI_Allreduce; correct is %g",
                trial->n, trial->teams->count, i, (double)trial->published[i],
                (double)trial->plain[i], (double)want);
    }
    return STATUS_OK;
}

/* Sets all values to zero, since repeated sums would otherwise grow to infinity. */
static void clear_values(struct trial *trial)
{
    for (int k = 0; k < reduce_nodes(trial->reduce, trial->teams->mine); k++)
        memset(trial->node[k], 0, (size_t)trial->n * sizeof(float));
    memset(trial->plain, 0, (size_t)trial->n * sizeof(float));
}

/* --- groups -------------------------------------------------------------------------------- */

static enum status group_open(
    struct group *group, struct reduce_study *study, bool member, struct error *error)
{
    group->member = member;
    enum status status = comm_split(&group->comm, study->comm, member ? 0 : 1, error);
    if (!status)
        status =
            teams_create(&group->teams, group->comm, (struct team_request){TEAM_RANKS, 1}, error);
    return comm_agree(study->comm, status, error);
}

static void group_close(struct group *group)
{
    teams_destroy(group->teams);
    if (group->comm != comm_self())
        comm_destroy(group->comm);
}

/* Returns the next of 2, 3, 4, 6, 8, 12, ... */
static int next_count(int ranks)
{
    bool power = (ranks & (ranks - 1)) == 0;
    return power ? ranks / 2 * 3 : ranks / 3 * 4;
}

/* Opens groups of 2, 3, 4, 6, 8, 12, ... and all ranks, and the pair. */
static enum status open_groups(struct reduce_study *study, struct error *error)
{
    struct comm *comm = study->comm;
    int *machine, all = comm->size;
    TRY(comm_gather_new(
        comm, &comm->machine, sizeof *machine, &machine, "the ranks' machines", error));
    study->position = layout_position(machine, all, comm->rank);
    free(machine);
    for (int ranks = 2, last = 0; last < all; last = ranks, ranks = next_count(ranks)) {
        ranks = ranks < all ? ranks : all;
        struct group *group = &study->group[study->groups++];
        TRY(group_open(group, study, study->position < ranks, error));
    }
    bool paired = study->position == 0 || study->position == all - 1;
    return message_pair_open(&study->pair, comm, paired, error);
}

/* --- measurements -------------------------------------------------------------------------- */

static enum status trial_create(
    struct trial *trial, const struct reduce_study *study, struct error *error)
{
    const struct bench_timer one = {trial->comm, 1};
    const int64_t all = (int64_t)trial->slices * trial->teams->count;
    trial->ordered_sum = workload_of(one, run_ordered, trial, 1, study->repetitions->seconds);
    trial->allreduce = workload_of(one, run_allreduce, trial, 1, study->repetitions->seconds);
    const struct reduce_request request = {REDUCE_ORDERED, route_of(trial), &all, 1};
    TRY(reduce_create(
        &trial->reduce, trial->comm, trial->teams, &request, trial->node, study->vector, error));
    enum status status = comm_agree_unnamed(trial->comm, check(trial, error), error);
    clear_values(trial);
    return status;
}

/* Adds a trial with its row. */
static enum status add_trial(struct reduce_study *study, struct json *rows,
    const struct group *group, int64_t n, int slices, struct error *error)
{
    struct trial *trial = &study->trial[study->trials];
    bool size = study->trials++ < REDUCE_SIZES;
    enum status status = STATUS_OK;
    *trial = (struct trial){.comm = group->comm,
        .teams = group->teams,
        .n = n,
        .slices = slices,
        .plain = study->block + MOST_FLOATS,
        .published = study->block + 2 * (size_t)MOST_FLOATS,
        .member = group->member,
        .row = js_object()};
    for (int k = 0; k < NODES_MAX; k++) /* with one slice, only the first is used */
        trial->node[k] = study->block + (size ? 0 : k * n);
    js_set_text(trial->row, "kind", size ? "size" : "teams");
    js_set_int(trial->row, "teams", group->teams->count);
    js_set_int(trial->row, "slices", slices);
    js_set_int(trial->row, "bytes", n * (int64_t)sizeof(float));
    js_append(rows, trial->row);
    if (trial->member)
        status = trial_create(trial, study, error);
    comm_rest(study->comm);
    return comm_agree(study->comm, status, error);
}

/* Measures both sums, in an order that alternates from round to round. */
static void measure_sums(struct trial *trial, bool reversed)
{
    if (reversed)
        js_push_real(trial->row, "allreduce_s", workload_seconds(&trial->allreduce));
    js_push_real(trial->row, "ordered_s", workload_seconds(&trial->ordered_sum));
    if (!reversed)
        js_push_real(trial->row, "allreduce_s", workload_seconds(&trial->allreduce));
}

/* Measures the latency, as number 0, or a trial, from number 1 on. */
static enum status measure_one(void *context, int i, struct error *error)
{
    struct reduce_study *study = context;
    struct trial *trial = i > 0 ? &study->trial[i - 1] : NULL;
    const char *bytes = BYTES(trial ? (double)trial->n * sizeof(float) : 0);
    (void)error;
    if (!trial)
        repetitions_report(study->repetitions, "latency");
    else if (i <= REDUCE_SIZES)
        repetitions_report(study->repetitions, "%s", bytes);
    else
        repetitions_report(study->repetitions, "%s on %d ranks, %d slice%s each", bytes,
            trial->teams->count, trial->slices, trial->slices == 1 ? "" : "s");
    if (i <= REDUCE_SIZES)
        ping_measure(&study->ping[i], trial ? trial->row : study->message,
            trial ? "message_s" : "latency_s");
    if (trial && trial->member)
        measure_sums(trial, study->repetitions->done / (study->trials + 1) % 2);
    comm_rest(study->comm);
    return STATUS_OK;
}

/* --- results ------------------------------------------------------------------------------- */

static void set_speed(struct json *row, const char *key, double bytes, const char *seconds)
{
    js_set_real(row, key, 1e-9 * bytes / samples_median(row, seconds));
}

static void summarize(const struct trial *trial, bool message)
{
    double bytes = (double)trial->n * sizeof(float);
    if (message)
        set_speed(trial->row, "message_gb_per_s", bytes, "message_s");
    set_speed(trial->row, "ordered_gb_per_s", bytes, "ordered_s");
    set_speed(trial->row, "allreduce_gb_per_s", bytes, "allreduce_s");
    samples_divide(trial->row, "ratio", "allreduce_s", "ordered_s");
    samples_summarize(trial->row);
}

static void summarize_all(struct reduce_study *study)
{
    double most = 0, speed;
    for (int i = 0; i < study->trials; i++) {
        summarize(&study->trial[i], i < REDUCE_SIZES);
        if (js_as_real(js_get(study->trial[i].row, "message_gb_per_s"), &speed) && speed > most)
            most = speed;
    }
    samples_summarize(study->message);
    js_set_real(study->message, "gb_per_s", most);
}

static void open_ping(struct reduce_study *study, int i, int64_t n)
{
    ping_open(&study->ping[i], &study->pair, n, study->block, study->block + MOST_FLOATS,
        study->repetitions->seconds);
}

static enum status prepare(struct reduce_study *study, struct json *rows, struct error *error)
{
    TRY(open_groups(study, error));
    const struct group *all = &study->group[study->groups - 1];
    open_ping(study, 0, 1);
    for (int i = 0; i < REDUCE_SIZES; i++) {
        int64_t n = (int64_t)LEAST_FLOATS << GROWTH * i;
        open_ping(study, i + 1, n);
        TRY(add_trial(study, rows, all, n, 1, error));
    }
    for (int g = 0; g < study->groups; g++)
        for (int s = 0; s < TEAM_SLICES; s++)
            TRY(add_trial(study, rows, &study->group[g], TEAMS_FLOATS, team_slices[s], error));
    return message_pair_describe(study->message, &study->pair, error);
}

static void clear_study(struct reduce_study *study)
{
    for (int i = 0; i < study->trials; i++)
        reduce_destroy(study->trial[i].reduce);
    for (int g = 0; g < study->groups; g++)
        group_close(&study->group[g]);
    message_pair_close(&study->pair);
}

enum status measure_reduce(struct json *results, struct comm *comm, const struct vector *vector,
    struct repetitions *repetitions, struct error *error)
{
    struct json *rows = js_array(), *message = js_object();
    struct reduce_study *study = NULL;
    js_set_int(results, "ranks", comm->size);
    js_set(results, "message", message);
    js_set(results, "rows", rows);
    if (comm->size == 1)
        return fail(error, STATUS_USAGE,
            "bench reduce: a single rank has nothing to sum; start several: mpirun -n 2 lockstep "
            "bench reduce");
    enum status status = memory_take(&study, 1, sizeof *study, "the measurements", error);
    if (!status) {
        *study = (struct reduce_study){
            .comm = comm, .repetitions = repetitions, .vector = vector, .message = message};
        status = memory_take(
            &study->block, 3 * (size_t)MOST_FLOATS, sizeof(float), "the vectors", error);
    }
    status = comm_agree(comm, status, error);
    if (!status) {
        status = prepare(study, rows, error);
        if (!status)
            status = repetitions_run(repetitions, study->trials + 1, measure_one, study, error);
        if (!status)
            summarize_all(study);
        clear_study(study);
    }
    if (study)
        free(study->block);
    free(study);
    return status;
}
