#include "model/evaluate.h"

#include <stdlib.h>
#include <string.h>

#include "base/heartbeat.h"
#include "base/memory.h"
#include "base/sums/tree.h"
#include "model/auc.h"

static const char what[] = "an evaluation";

/* Why one is cut short; bits. */
enum reason { REASON_SIGNAL = 1, REASON_LOST = 2 };

struct evaluator {
    const struct criterion *criterion;
    enum level level; /* of the kernel */
    int threads;
    const struct loader *set;
    struct comm *comm;
    struct metric_sums metric_sums;
    struct order order; /* the identity */
    struct outputs *outputs;
    struct truth truth; /* [threads x KERNEL_BLOCK], as row_loss */
    float *target;      /* the same in their own units; truth.target, where these are */
    double *row_loss;
    int64_t blocks;
    double *sum;          /* [blocks x sums] */
    double *column;       /* [blocks] */
    double *total;        /* [sums] */
    int64_t *count;       /* [threads x counts]; at last the first has those of all ranks */
    int64_t *all_counts;  /* [ranks x counts] */
    int64_t *first_sum;   /* [ranks + 1]: rank r's sums */
    int64_t *told;        /* [ranks]: enum reason; and other numbers of the ranks */
    int64_t reason;       /* that the last run was cut short, of all ranks */
    double *total_square; /* [outputs] of values: SST */
    double weight;        /* of all samples in the loss */

    struct not_finite not_finite;

    struct class_metrics *class_metrics; /* NULL: not asked for */
    struct auc *scores;                  /* for them; NULL: of values */
    double *auc;                         /* [outputs] */
};

/* --- memory -------------------------------------------------------------------------------- */

/* Sum of squares of each target about its mean: two passes in sample order. */
static void total_squares(struct evaluator *evaluator)
{
    const struct dataset *dataset = evaluator->set->dataset;
    const struct subset *subset = evaluator->set->subset;
    for (int64_t o = 0; o < dataset->outputs; o++) {
        double mean = 0, squares = 0;
        for (int64_t i = 0; i < subset->size; i++)
            mean += (double)dataset->targets[subset_at(subset, i) * dataset->outputs + o];
        mean /= (double)subset->size;
        for (int64_t i = 0; i < subset->size; i++) {
            double d = (double)dataset->targets[subset_at(subset, i) * dataset->outputs + o] - mean;
            squares += d * d;
        }
        evaluator->total_square[o] = squares;
    }
}

/* What the sum of losses is divided by: samples, or their weights. */
static double total_weight(const struct evaluator *evaluator)
{
    const float *class_weight = evaluator->criterion->class_weight;
    const struct loader *set = evaluator->set;
    double sum = 0;
    if (!class_weight || !set->dataset->labels)
        return (double)set->subset->size;
    for (int64_t i = 0; i < set->subset->size; i++)
        sum += (double)class_weight[set->dataset->labels[subset_at(set->subset, i)]];
    return sum;
}

static int64_t targets_of(const struct evaluator *evaluator)
{
    return evaluator->set->dataset->outputs;
}

static int64_t outputs_of(const struct panels *panels)
{
    return panels->layer[panels->layers - 1].out;
}

static enum status take_rows(struct evaluator *evaluator, struct error *error)
{
    const struct dataset *dataset = evaluator->set->dataset;
    size_t rows = (size_t)evaluator->threads * KERNEL_BLOCK;
    size_t targets = rows * (size_t)dataset->outputs;
    enum status status =
        memory_take(&evaluator->row_loss, rows, sizeof *evaluator->row_loss, what, error);
    if (!status && dataset->classes)
        status =
            memory_take(&evaluator->truth.label, rows, sizeof *evaluator->truth.label, what, error);
    if (!status && dataset->outputs)
        status = memory_take(
            &evaluator->truth.target, targets, sizeof *evaluator->truth.target, what, error);
    evaluator->target = evaluator->truth.target;
    if (!status && evaluator->metric_sums.target_scale)
        status = memory_take(&evaluator->target, targets, sizeof *evaluator->target, what, error);
    return status;
}

/* Room for the counts of each thread and, where there are several, of each rank. */
static enum status take_counts(struct evaluator *evaluator, struct error *error)
{
    size_t n = (size_t)metric_sums_counters(&evaluator->metric_sums);
    size_t threads = (size_t)evaluator->threads;
    size_t ranks = (size_t)comm_size(evaluator->comm);
    free(evaluator->count);
    free(evaluator->all_counts);
    evaluator->all_counts = NULL;
    enum status status =
        memory_take(&evaluator->count, threads, n * sizeof *evaluator->count, what, error);
    if (!status && ranks > 1)
        status = memory_take(
            &evaluator->all_counts, ranks, n * sizeof *evaluator->all_counts, what, error);
    return status;
}

static enum status take_sums(struct evaluator *evaluator, struct error *error)
{
    size_t blocks = (size_t)evaluator->blocks,
           sums = (size_t)metric_sums_count(&evaluator->metric_sums);
    int ranks = comm_size(evaluator->comm);
    enum status status =
        memory_take(&evaluator->sum, blocks, sums * sizeof *evaluator->sum, what, error);
    if (!status)
        status = memory_take(&evaluator->column, blocks, sizeof *evaluator->column, what, error);
    if (!status)
        status = memory_take(&evaluator->total, sums, sizeof *evaluator->total, what, error);
    if (!status)
        status = memory_take(
            &evaluator->first_sum, (size_t)ranks + 1, sizeof *evaluator->first_sum, what, error);
    if (!status)
        status = memory_take(&evaluator->told, (size_t)ranks, sizeof *evaluator->told, what, error);
    if (!status)
        status = memory_take(&evaluator->total_square, (size_t)targets_of(evaluator),
            sizeof *evaluator->total_square, what, error);
    for (int r = 0; !status && r < ranks; r++)
        evaluator->first_sum[r + 1] = split_even(evaluator->blocks, ranks, r).end * (int64_t)sums;
    return status;
}

enum status evaluator_create(struct evaluator **evaluator, const struct criterion *criterion,
    const struct loader *set, const struct panels *panels, const struct weights *weights,
    int threads, struct comm *comm, struct error *error)
{
    struct evaluator *made = NULL;
    *evaluator = NULL;
    enum status status = memory_take(&made, 1, sizeof *made, what, error);
    if (!status) {
        made->criterion = criterion;
        made->level = panels->kernel.level;
        made->threads = threads;
        made->set = set;
        made->comm = comm;
        made->metric_sums = (struct metric_sums){.kind = prediction_kind_of(criterion->kind),
            .outputs = outputs_of(panels),
            .target_scale = set->target_scale};
        made->blocks = divide_up(set->subset->size, KERNEL_BLOCK);
        order_init(&made->order, set->subset->size, false, 0, RANDOM_ORDER, 0);
        status = outputs_create(&made->outputs, panels, weights, threads, error);
    }
    if (!status)
        status = take_rows(made, error);
    if (!status)
        status = take_counts(made, error);
    if (!status)
        status = take_sums(made, error);
    if (!status) {
        total_squares(made);
        made->weight = total_weight(made);
    }
    status = comm_agree(comm, status, error);
    if (status)
        evaluator_destroy(made);
    else
        *evaluator = made;
    return status;
}

int64_t evaluator_bytes(
    enum loss_kind loss, const struct panels *panels, int threads, int64_t samples)
{
    struct metric_sums metric_sums = {
        .kind = prediction_kind_of(loss), .outputs = outputs_of(panels)};
    int64_t rows = threads * (int64_t)KERNEL_BLOCK;
    int64_t values = metric_sums.kind == PREDICTION_CLASS ? 1 : 2 * metric_sums.outputs;
    return outputs_bytes(panels, threads) +
           rows * (values * (int64_t)sizeof(float) + (int64_t)sizeof(double)) +
           divide_up(samples, KERNEL_BLOCK) * (metric_sums_count(&metric_sums) + 1) *
               (int64_t)sizeof(double);
}

void evaluator_destroy(struct evaluator *evaluator)
{
    if (!evaluator)
        return;
    outputs_destroy(evaluator->outputs);
    if (evaluator->target != evaluator->truth.target)
        free(evaluator->target);
    free(evaluator->truth.label);
    free(evaluator->truth.target);
    free(evaluator->row_loss);
    free(evaluator->sum);
    free(evaluator->column);
    free(evaluator->total);
    free(evaluator->count);
    free(evaluator->all_counts);
    free(evaluator->first_sum);
    free(evaluator->told);
    free(evaluator->total_square);
    auc_destroy(evaluator->scores);
    free(evaluator->auc);
    free(evaluator);
}

static struct range own_blocks(const struct evaluator *evaluator)
{
    return split_even(evaluator->blocks, comm_size(evaluator->comm), comm_rank(evaluator->comm));
}

enum status evaluator_ask_class_metrics(
    struct evaluator *evaluator, struct class_metrics *class_metrics, struct error *error)
{
    evaluator->class_metrics = class_metrics;
    evaluator->metric_sums.top_k = class_metrics->top_k;
    evaluator->metric_sums.confusion = class_metrics->confusion != NULL;
    enum status status = take_counts(evaluator, error);
    if (!status && evaluator->metric_sums.kind != PREDICTION_VALUES)
        status = auc_create(&evaluator->scores, evaluator->set, loss_of(evaluator->level),
            evaluator->metric_sums.kind, evaluator->metric_sums.outputs, evaluator->comm, error);
    if (!status)
        status = memory_take(
            &evaluator->auc, (size_t)class_metrics->outputs, sizeof *evaluator->auc, what, error);
    return comm_agree(evaluator->comm, status, error);
}

/* The targets as they are in the dataset. */
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
    const struct metric_sums *metric_sums = &evaluator->metric_sums;
    int64_t first = block * KERNEL_BLOCK, at = (int64_t)thread * KERNEL_BLOCK;
    int64_t n = least(evaluator->set->subset->size - first, KERNEL_BLOCK);
    struct truth truth = {evaluator->truth.label ? evaluator->truth.label + at : NULL,
        evaluator->truth.target ? evaluator->truth.target + at * targets_of(evaluator) : NULL};
    struct truth unscaled = {
        truth.label, evaluator->target ? evaluator->target + at * targets_of(evaluator) : NULL};
    double *sum = evaluator->sum + block * metric_sums_count(metric_sums);
    double *row_loss = evaluator->row_loss + at;

    struct output_rows rows =
        outputs_run(evaluator->outputs, thread, evaluator->set, &evaluator->order, first, n, truth);
    if (unscaled.target != truth.target)
        copy_targets(evaluator, first, n, unscaled.target);
    metric_sums_add(metric_sums, rows.z, rows.stride, unscaled, n, sum,
        evaluator->count + thread * metric_sums_counters(metric_sums));
    if (evaluator->scores)
        auc_keep(evaluator->scores, rows, first, n);
    loss_rows(evaluator->level, evaluator->criterion, rows.z, truth.label, truth.target, row_loss,
        n, metric_sums->outputs, rows.stride);
    sum[METRIC_SUM_LOSS] = 0;
    for (int64_t r = 0; r < n; r++)
        sum[METRIC_SUM_LOSS] += row_loss[r];
}

/* --- the whole ----------------------------------------------------------------------------- */

static void add_counts(int64_t *sum, const int64_t *other, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        sum[i] += other[i];
}

/* From all blocks of all ranks. */
static void add_up(struct evaluator *evaluator)
{
    int64_t sums = metric_sums_count(&evaluator->metric_sums),
            counts = metric_sums_counters(&evaluator->metric_sums);
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
    for (int r = 0; r < comm_size(evaluator->comm); r++)
        add_counts(count, evaluator->all_counts + r * counts, counts);
}

static void fill_class_metrics(struct evaluator *evaluator)
{
    struct class_metrics *class_metrics = evaluator->class_metrics;
    class_metrics_fill(class_metrics, evaluator->set->subset->size, evaluator->total,
        evaluator->count, evaluator->total_square);
    if (!evaluator->scores)
        return;
    auc_compute(evaluator->scores, evaluator->auc);
    for (int64_t o = 0; o < class_metrics->outputs; o++)
        class_metrics->of[o].auc = evaluator->auc[o];
    class_metrics_join_auc(class_metrics);
}

/* After all blocks of this rank. */
static bool any_told_to_stop(struct evaluator *evaluator, atomic_int *stop_signal)
{
    int64_t mine = stop_signal && atomic_load(stop_signal) ? REASON_SIGNAL : 0;
    if (!dataset_is_whole(evaluator->set->dataset))
        mine |= REASON_LOST;
    comm_gather_all(evaluator->comm, &mine, sizeof mine, evaluator->told);
    evaluator->reason = 0;
    for (int r = 0; r < comm_size(evaluator->comm); r++)
        evaluator->reason |= evaluator->told[r];
    return evaluator->reason;
}

struct not_finite evaluator_not_finite(const struct evaluator *evaluator)
{
    return evaluator->not_finite;
}

bool evaluator_lost_data(const struct evaluator *evaluator)
{
    return evaluator->reason & REASON_LOST;
}

struct metrics evaluator_run(
    struct evaluator *evaluator, const struct worker *worker, atomic_int *stop_signal)
{
    int64_t counts = metric_sums_counters(&evaluator->metric_sums);
    struct range blocks = own_blocks(evaluator);
    struct range mine = split_even(range_size(blocks), evaluator->threads, worker->thread);
    memset(
        evaluator->count + worker->thread * counts, 0, (size_t)counts * sizeof *evaluator->count);
    for (int64_t b = blocks.first + mine.first; b < blocks.first + mine.end; b++) {
        if (!stop_signal || !atomic_load(stop_signal))
            block_sums(evaluator, worker->thread, b);
        heartbeat_beat();
    }
    team_barrier(worker);
    if (!worker_speaks(worker) || any_told_to_stop(evaluator, stop_signal))
        return (struct metrics){0};

    add_up(evaluator);
    if (evaluator->class_metrics) {
        fill_class_metrics(evaluator);
        evaluator->not_finite = outputs_take_not_finite(evaluator->outputs);
        not_finite_join(&evaluator->not_finite, evaluator->comm, evaluator->told);
    }
    return metric_sums_metrics(&evaluator->metric_sums, evaluator->set->subset->size,
        evaluator->weight, evaluator->total, evaluator->count, evaluator->total_square);
}
