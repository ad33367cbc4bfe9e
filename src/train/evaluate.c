#include "train/evaluate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/tree.h"
#include "net/dense.h"

/* The sums of a block, and of the whole: loss, hits or absolute errors, then the squared error of
 * each output (regression). */
enum { SUM_LOSS, SUM_SCORE, SUM_SQUARES };

struct evaluator {
    const struct settings *settings;
    const struct loader *set;
    struct comm *comm;
    const struct panels *panels;
    const struct weights *weights;
    struct order order;          /* the identity */
    struct workspace *workspace; /* [threads], of a block each */
    float *workspace_block;
    float *x;           /* [threads][RW x in]: rows on their way into panels */
    struct truth truth; /* [threads x KERNEL_BLOCK], as row_loss */
    double *row_loss;
    int width; /* sums a block */
    int64_t blocks;
    double *sum;          /* [blocks x width] */
    double *column;       /* [blocks] */
    int64_t *first_sum;   /* [ranks + 1]: rank r's sums */
    int64_t *told;        /* [ranks]: to stop */
    double *total_square; /* [outputs]: SST */
};

/* Sum of squares of each target about its mean: two passes in sample order. */
static void total_squares(struct evaluator *evaluator)
{
    const struct dataset *dataset = evaluator->set->dataset;
    const struct subset *subset = evaluator->set->subset;
    for (int64_t o = 0; o < dataset->outputs; o++) {
        double mean = 0, squares = 0;
        for (int64_t i = 0; i < subset->size; i++)
            mean += dataset->targets[subset_at(subset, i) * dataset->outputs + o];
        mean /= (double)subset->size;
        for (int64_t i = 0; i < subset->size; i++) {
            double d = dataset->targets[subset_at(subset, i) * dataset->outputs + o] - mean;
            squares += d * d;
        }
        evaluator->total_square[o] = squares;
    }
}

static enum status take_workspaces(struct evaluator *evaluator, struct error *error)
{
    const struct panels *panels = evaluator->panels;
    const char *what = "an evaluation";
    int64_t floats = workspace_floats(panels, KERNEL_BLOCK, KERNEL_BLOCK, false);
    int threads = evaluator->settings->plan.threads;
    enum status status = memory_take(
        &evaluator->workspace, (size_t)threads, sizeof *evaluator->workspace, what, error);
    if (!status)
        status = memory_take(&evaluator->workspace_block, (size_t)threads * (size_t)floats,
            sizeof(float), what, error);
    if (!status)
        status = memory_take(&evaluator->x,
            (size_t)threads * (size_t)(panels->kernel.rows * panels->layer[0].in), sizeof(float),
            what, error);
    for (int t = 0; !status && t < threads; t++)
        workspace_place(&evaluator->workspace[t], panels, KERNEL_BLOCK, KERNEL_BLOCK, false,
            evaluator->workspace_block + t * floats);
    return status;
}

static enum status take_memory(struct evaluator *evaluator, struct error *error)
{
    const struct dataset *dataset = evaluator->set->dataset;
    const char *what = "an evaluation";
    int64_t rows = (int64_t)evaluator->settings->plan.threads * KERNEL_BLOCK;
    int ranks = comm_size(evaluator->comm);
    enum status status = take_workspaces(evaluator, error);
    if (!status)
        status = memory_take(&evaluator->row_loss, (size_t)rows, sizeof(double), what, error);
    if (!status && dataset->classes)
        status = memory_take(&evaluator->truth.label, (size_t)rows, sizeof(int32_t), what, error);
    if (!status && dataset->outputs)
        status = memory_take(&evaluator->truth.target, (size_t)(rows * dataset->outputs),
            sizeof(float), what, error);
    if (!status)
        status = memory_take(&evaluator->sum, (size_t)(evaluator->blocks * evaluator->width),
            sizeof(double), what, error);
    if (!status)
        status =
            memory_take(&evaluator->column, (size_t)evaluator->blocks, sizeof(double), what, error);
    if (!status)
        status =
            memory_take(&evaluator->first_sum, (size_t)ranks + 1, sizeof(int64_t), what, error);
    if (!status)
        status = memory_take(&evaluator->told, (size_t)ranks, sizeof(int64_t), what, error);
    if (!status)
        status = memory_take(
            &evaluator->total_square, (size_t)dataset->outputs, sizeof(double), what, error);
    for (int r = 0; !status && r < ranks; r++)
        evaluator->first_sum[r + 1] =
            split_even(evaluator->blocks, ranks, r).end * evaluator->width;
    return status;
}

enum status evaluator_create(struct evaluator **evaluator, const struct settings *settings,
    const struct loader *set, const struct panels *panels, const struct weights *weights,
    struct comm *comm, struct error *error)
{
    struct evaluator *made = NULL;
    *evaluator = NULL;
    enum status status = memory_take(&made, 1, sizeof *made, "an evaluation", error);
    if (!status) {
        made->settings = settings;
        made->set = set;
        made->panels = panels;
        made->weights = weights;
        made->comm = comm;
        made->width = SUM_SQUARES + (int)set->dataset->outputs;
        made->blocks = divide_up(set->subset->size, KERNEL_BLOCK);
        order_init(&made->order, set->subset->size, false, 0, RANDOM_ORDER, 0);
        status = take_memory(made, error);
    }
    if (!status)
        total_squares(made);
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
    free(evaluator->workspace);
    free(evaluator->workspace_block);
    free(evaluator->x);
    free(evaluator->truth.label);
    free(evaluator->truth.target);
    free(evaluator->row_loss);
    free(evaluator->sum);
    free(evaluator->column);
    free(evaluator->first_sum);
    free(evaluator->told);
    free(evaluator->total_square);
    free(evaluator);
}

static double hits(const float *z, const int32_t *label, int64_t rows, int64_t n, int64_t stride)
{
    double sum = 0;
    for (int64_t r = 0; r < rows; r++) {
        int64_t best = 0;
        for (int64_t j = 1; j < n; j++)
            best = z[r * stride + j] > z[r * stride + best] ? j : best;
        sum += best == label[r];
    }
    return sum;
}

static double absolute_errors(
    const float *z, const float *target, double *squares, int64_t rows, int64_t n, int64_t stride)
{
    double sum = 0;
    for (int64_t o = 0; o < n; o++)
        squares[o] = 0;
    for (int64_t r = 0; r < rows; r++)
        for (int64_t o = 0; o < n; o++) {
            double d = (double)z[r * stride + o] - (double)target[r * n + o];
            sum += fabs(d);
            squares[o] += d * d;
        }
    return sum / (double)n;
}

/* Inputs and truth of a block, into panels. */
static void load(
    struct evaluator *evaluator, int thread, int64_t first, int64_t n, struct truth truth)
{
    const struct panels *panels = evaluator->panels;
    int64_t width = panels->kernel.rows, in = panels->layer[0].in,
            outputs = evaluator->set->dataset->outputs;
    float *x = evaluator->x + thread * width * in;
    for (int64_t p = 0; p * width < n; p++) {
        int64_t at = p * width, rows = n - at < width ? n - at : width;
        struct truth here = {truth.label ? truth.label + at : NULL,
            truth.target ? truth.target + at * outputs : NULL};
        loader_rows(evaluator->set, &evaluator->order, first + at, rows, n - at - rows, x, here);
        memset(x + rows * in, 0, (size_t)((width - rows) * in) * sizeof(float));
        dense_input(panels, &evaluator->workspace[thread], (struct range){at, at + width}, x);
    }
}

static void block_sums(struct evaluator *evaluator, int thread, int64_t block)
{
    const struct settings *settings = evaluator->settings;
    const struct panels *panels = evaluator->panels;
    int64_t first = block * KERNEL_BLOCK, left = evaluator->set->subset->size - first;
    int64_t n = left < KERNEL_BLOCK ? left : KERNEL_BLOCK, at = (int64_t)thread * KERNEL_BLOCK;
    int64_t outputs = settings->mlp.width[settings->mlp.layers];
    struct truth truth = {evaluator->truth.label ? evaluator->truth.label + at : NULL,
        evaluator->truth.target ? evaluator->truth.target + at * outputs : NULL};
    struct workspace *workspace = &evaluator->workspace[thread];
    double *sum = evaluator->sum + block * evaluator->width, *row_loss = evaluator->row_loss + at;
    float *z = workspace->z;
    int64_t stride = workspace->z_stride;

    load(evaluator, thread, first, n, truth);
    struct range row_panels = {0, panel_count(n, panels->kernel.rows)};
    for (int l = 0; l < panels->layers; l++)
        dense_forward(panels, evaluator->weights, workspace, l,
            part_of_rows(panels, row_panels, panels->layer[l].out));
    if (settings->criterion.kind == LOSS_CROSS_ENTROPY) {
        sum[SUM_SCORE] = hits(z, truth.label, n, outputs, stride);
    } else {
        sum[SUM_SCORE] = absolute_errors(z, truth.target, sum + SUM_SQUARES, n, outputs, stride);
    }
    loss_rows(settings->kernel.level, &settings->criterion, z, truth.label, truth.target, row_loss,
        n, outputs, stride);
    sum[SUM_LOSS] = 0;
    for (int64_t r = 0; r < n; r++)
        sum[SUM_LOSS] += row_loss[r];
}

static double total(struct evaluator *evaluator, int which)
{
    for (int64_t b = 0; b < evaluator->blocks; b++)
        evaluator->column[b] = evaluator->sum[b * evaluator->width + which];
    return tree_sum(evaluator->column, evaluator->blocks);
}

static double mean_r2(struct evaluator *evaluator)
{
    int64_t outputs = evaluator->set->dataset->outputs;
    double sum = 0;
    for (int64_t o = 0; o < outputs; o++) {
        double error = total(evaluator, SUM_SQUARES + (int)o), all = evaluator->total_square[o];
        sum += all > 0 ? 1 - error / all : error == 0;
    }
    return sum / (double)outputs;
}

static bool any_told_to_stop(struct evaluator *evaluator, atomic_int *stop_signal)
{
    int64_t mine = stop_signal && atomic_load(stop_signal), any = 0;
    comm_gather_all(evaluator->comm, &mine, sizeof mine, evaluator->told);
    for (int r = 0; r < comm_size(evaluator->comm); r++)
        any |= evaluator->told[r];
    return any;
}

struct metrics evaluator_run(
    struct evaluator *evaluator, const struct worker *worker, atomic_int *stop_signal)
{
    struct range blocks =
        split_even(evaluator->blocks, comm_size(evaluator->comm), comm_rank(evaluator->comm));
    struct range mine =
        split_even(range_size(blocks), evaluator->settings->plan.threads, worker->thread);
    for (int64_t b = blocks.first + mine.first; b < blocks.first + mine.end; b++)
        if (!stop_signal || !atomic_load(stop_signal))
            block_sums(evaluator, worker->thread, b);
    team_barrier(worker);
    if (!worker_speaks(worker) || any_told_to_stop(evaluator, stop_signal))
        return (struct metrics){0};

    comm_share_doubles(evaluator->comm, evaluator->sum, evaluator->first_sum);
    bool classes = evaluator->settings->criterion.kind == LOSS_CROSS_ENTROPY;
    double n = (double)evaluator->set->subset->size, score = total(evaluator, SUM_SCORE) / n;
    return (struct metrics){.samples = evaluator->set->subset->size,
        .loss = total(evaluator, SUM_LOSS) / n,
        .accuracy = classes ? score : (double)NAN,
        .mae = classes ? (double)NAN : score,
        .r2 = classes ? (double)NAN : mean_r2(evaluator)};
}
