#include "model/evaluate.h"

#include <stdlib.h>
#include <string.h>

#include "base/heartbeat.h"
#include "base/memory.h"
#include "base/sums/tree.h"

static const char what[] = "an evaluation";

/* Reasons for cutting an evaluation short; bits. */
enum reason { REASON_SIGNAL = 1, REASON_LOST = 2 };

struct evaluator {
    const struct criterion *criterion;
    enum level level; /* instruction set level of the kernel */
    int threads;
    const struct loader *set;
    struct comm *comm;
    struct metric_sums sums;
    struct order order; /* the identity */
    struct outputs *outputs;
    struct truth truth; /* [threads x KERNEL_BLOCK], like row_loss */
    bool scaled;        /* the targets are scaled */
    float *target; /* the targets in their original units; truth.target if they are not scaled */
    double *row_loss;
    void *block;
    int64_t blocks;
    double *sum;    /* [blocks x sums] */
    double *column; /* [blocks] */
    double *total;  /* [sums] */
    int64_t *count; /* [threads x counts]; at the end, the first row is the total over all ranks */
    int64_t *all_counts;  /* [ranks x counts] */
    int64_t *first_sum;   /* [ranks + 1]: where rank r's sums begin */
    int64_t *gathered;    /* [ranks]: one number from each rank */
    int64_t reason;       /* why the last run was cut short, on any rank; 0: it was completed */
    double *total_square; /* [outputs]: SST; only for PREDICTION_VALUES */
    struct set_weights weights;
    struct class_metrics *class_metrics; /* NULL: not requested */
    struct auc *scores;                  /* NULL: not requested, or PREDICTION_VALUES */
};

/* --- memory --------------------------------------------------------------------------------- */

static size_t ranks_of(const struct evaluator *evaluator)
{
    return (size_t)evaluator->comm->size;
}

/* The number of target values per sample. */
static int64_t targets_of(const struct evaluator *evaluator)
{
    return evaluator->sums.kind == PREDICTION_CLASS ? 0 : evaluator->sums.outputs;
}

/* Returns the evaluator for a set of this size, with no memory allocated yet. */
static struct evaluator describe(enum loss_kind loss, const struct panels *panels, int threads,
    struct comm *comm, int64_t samples)
{
    return (struct evaluator){.level = panels->kernel.level,
        .threads = threads,
        .comm = comm,
        .sums = {.kind = prediction_kind_of(loss),
            .outputs = panels->layer[panels->layers - 1].out},
        .blocks = divide_up(samples, KERNEL_BLOCK)};
}

static void place(void *object, struct carver *carver)
{
    struct evaluator *evaluator = object;
    size_t rows = (size_t)evaluator->threads * KERNEL_BLOCK, ranks = ranks_of(evaluator);
    size_t blocks = (size_t)evaluator->blocks, targets = (size_t)targets_of(evaluator);
    size_t sums = (size_t)metric_sums_count(&evaluator->sums);
    size_t counts = (size_t)metric_sums_counters(&evaluator->sums) * sizeof *evaluator->count;
    evaluator->row_loss = carve(carver, rows, sizeof *evaluator->row_loss);
    if (targets == 0)
        evaluator->truth.label = carve(carver, rows, sizeof *evaluator->truth.label);
    else
        evaluator->truth.target = carve(carver, rows, targets * sizeof *evaluator->truth.target);
    evaluator->target = evaluator->truth.target;
    if (targets > 0 && evaluator->scaled)
        evaluator->target = carve(carver, rows, targets * sizeof *evaluator->target);
    evaluator->sum = carve(carver, blocks, sums * sizeof *evaluator->sum);
    evaluator->column = carve(carver, blocks, sizeof *evaluator->column);
    evaluator->total = carve(carver, sums, sizeof *evaluator->total);
    evaluator->total_square = carve(carver, targets, sizeof *evaluator->total_square);
    evaluator->first_sum = carve(carver, ranks + 1, sizeof *evaluator->first_sum);
    evaluator->gathered = carve(carver, ranks, sizeof *evaluator->gathered);
    evaluator->count = carve(carver, (size_t)evaluator->threads, counts);
    evaluator->all_counts = ranks > 1 ? carve(carver, ranks, counts) : NULL;
}

int64_t evaluator_bytes(
    enum loss_kind loss, const struct panels *panels, int threads, int64_t samples)
{
    struct evaluator evaluator = describe(loss, panels, threads, comm_self(), samples);
    evaluator.scaled = evaluator.sums.kind != PREDICTION_CLASS; /* assumed: not known here */
    return outputs_bytes(panels, threads) + memory_measure(place, &evaluator);
}

enum status evaluator_create(struct evaluator **evaluator, const struct criterion *criterion,
    const struct loader *set, const struct panels *panels, const struct weights *weights,
    int threads, struct comm *comm, struct class_metrics *class_metrics, struct error *error)
{
    struct evaluator *made = NULL;
    *evaluator = NULL;
    enum status status = memory_take(&made, 1, sizeof *made, what, error);
    if (status)
        goto agree;
    *made = describe(criterion->kind, panels, threads, comm, set->subset->size);
    made->criterion = criterion;
    made->set = set;
    made->scaled = set->target_scale != NULL;
    made->sums.target_scale = set->target_scale;
    made->class_metrics = class_metrics;
    if (class_metrics) {
        made->sums.top_k = class_metrics->top_k;
        made->sums.confusion = class_metrics->confusion != NULL;
    }
    order_init(&made->order, set->subset->size, false, 0, RANDOM_ORDER, 0);
    status = outputs_create(&made->outputs, panels, weights, threads, error);
    if (!status)
        status = memory_carve(&made->block, place, made, what, error);
    if (!status && class_metrics && made->sums.kind != PREDICTION_VALUES)
        status = auc_create(&made->scores, set, loss_of(made->level), made->sums.kind,
            made->sums.outputs, comm, error);
    if (status)
        goto agree;
    for (int r = 0; r < comm->size; r++)
        made->first_sum[r + 1] =
            split_even(made->blocks, comm->size, r).end * metric_sums_count(&made->sums);
    if (made->sums.kind != PREDICTION_CLASS)
        metric_sums_total_square(made->total_square, set);
    made->weights = metric_sums_weights(criterion, set);
    made->sums.unit = made->weights.unit;
agree:
    status = comm_agree(comm, status, error);
    if (status)
        evaluator_destroy(made);
    else
        *evaluator = made;
    return status;
}

void evaluator_destroy(struct evaluator *evaluator)
{
    if (!evaluator)
        return;
    outputs_destroy(evaluator->outputs);
    free(evaluator->block);
    auc_destroy(evaluator->scores);
    free(evaluator);
}

/* Copies the targets in the units of the dataset. */
static void copy_targets(const struct evaluator *evaluator, int64_t first, int64_t n, float *target)
{
    const struct loader *set = evaluator->set;
    int64_t outputs = targets_of(evaluator);
    for (int64_t r = 0; r < n; r++)
        memcpy(target + r * outputs,
            set->dataset->targets + subset_at(set->subset, first + r) * outputs,
            (size_t)outputs * sizeof *target);
}

static void block_sums(struct evaluator *evaluator, int thread, int64_t block)
{
    const struct metric_sums *layout = &evaluator->sums;
    int64_t first = block * KERNEL_BLOCK, at = (int64_t)thread * KERNEL_BLOCK;
    int64_t n = least(evaluator->set->subset->size - first, KERNEL_BLOCK);
    float weight[KERNEL_BLOCK];
    struct truth truth = truth_from(evaluator->truth, at, targets_of(evaluator));
    truth.weight = evaluator->set->dataset->weight ? weight : NULL;
    struct truth unscaled = truth;
    unscaled.target = evaluator->target ? evaluator->target + at * targets_of(evaluator) : NULL;
    double *sum = evaluator->sum + block * metric_sums_count(layout);
    double *row_loss = evaluator->row_loss + at;

    struct output_rows rows =
        outputs_run(evaluator->outputs, thread, evaluator->set, &evaluator->order, first, n, truth);
    if (unscaled.target != truth.target)
        copy_targets(evaluator, first, n, unscaled.target);
    metric_sums_add(layout, rows.z, rows.stride, unscaled, n, sum,
        evaluator->count + thread * metric_sums_counters(layout));
    if (evaluator->scores)
        auc_keep(evaluator->scores, rows, first, n);
    loss_rows(evaluator->level, evaluator->criterion, rows.z, truth.label, truth.target, row_loss,
        n, layout->outputs, rows.stride);
    sum[METRIC_SUM_LOSS] = 0;
    for (int64_t r = 0; r < n; r++)
        sum[METRIC_SUM_LOSS] += truth.weight ? (double)truth.weight[r] * row_loss[r] : row_loss[r];
}

/* --- all blocks ----------------------------------------------------------------------------- */

static void add_counts(int64_t *sum, const int64_t *other, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        sum[i] += other[i];
}

/* Adds up the sums and counts of all blocks of all ranks. Collective. */
static void add_up(struct evaluator *evaluator)
{
    int64_t sums = metric_sums_count(&evaluator->sums),
            counts = metric_sums_counters(&evaluator->sums);
    comm_share_doubles(evaluator->comm, evaluator->sum, evaluator->first_sum);
    for (int64_t s = 0; s < sums; s++) {
        for (int64_t b = 0; b < evaluator->blocks; b++)
            evaluator->column[b] = evaluator->sum[b * sums + s];
        evaluator->total[s] = tree_sum(evaluator->column, evaluator->blocks);
    }

    int64_t *count = evaluator->count;
    for (int t = 1; t < evaluator->threads; t++)
        add_counts(count, count + t * counts, counts);
    if (!evaluator->all_counts)
        return;
    comm_gather_all(evaluator->comm, count, (size_t)counts * sizeof *count, evaluator->all_counts);
    memset(count, 0, (size_t)counts * sizeof *count);
    for (int r = 0; r < evaluator->comm->size; r++)
        add_counts(count, evaluator->all_counts + r * counts, counts);
}

static void fill_class_metrics(struct evaluator *evaluator)
{
    class_metrics_fill(evaluator->class_metrics, &evaluator->weights, evaluator->total,
        evaluator->count, evaluator->total_square);
    if (evaluator->scores)
        auc_compute(evaluator->scores, evaluator->class_metrics);
    evaluator->class_metrics->not_finite =
        outputs_take_not_finite(evaluator->outputs, evaluator->comm, evaluator->gathered);
}

/* True if the run was cut short on any rank. Call after all blocks of this rank. Collective. */
static bool is_cut_short(struct evaluator *evaluator, atomic_int *stop_signal)
{
    int64_t mine = stop_signal && atomic_load(stop_signal) ? REASON_SIGNAL : 0;
    if (!mapped_file_is_whole(&evaluator->set->dataset->file))
        mine |= REASON_LOST;
    comm_gather_all(evaluator->comm, &mine, sizeof mine, evaluator->gathered);
    evaluator->reason = 0;
    for (int r = 0; r < evaluator->comm->size; r++)
        evaluator->reason |= evaluator->gathered[r];
    return evaluator->reason;
}

bool evaluator_lost_data(const struct evaluator *evaluator)
{
    return evaluator->reason & REASON_LOST;
}

struct metrics evaluator_run(
    struct evaluator *evaluator, const struct worker *worker, atomic_int *stop_signal)
{
    int64_t counts = metric_sums_counters(&evaluator->sums);
    struct range blocks =
        split_even(evaluator->blocks, evaluator->comm->size, evaluator->comm->rank);
    struct range mine = split_even(range_size(blocks), evaluator->threads, worker->thread);
    memset(
        evaluator->count + worker->thread * counts, 0, (size_t)counts * sizeof *evaluator->count);
    for (int64_t b = blocks.first + mine.first; b < blocks.first + mine.end; b++) {
        if (!stop_signal || !atomic_load(stop_signal))
            block_sums(evaluator, worker->thread, b);
        heartbeat_beat();
    }
    team_barrier(worker);
    if (!worker_speaks(worker) || is_cut_short(evaluator, stop_signal))
        return (struct metrics){0};

    add_up(evaluator);
    if (evaluator->class_metrics)
        fill_class_metrics(evaluator);
    return metric_sums_metrics(&evaluator->sums, evaluator->set->subset->size, &evaluator->weights,
        evaluator->total, evaluator->count, evaluator->total_square);
}
