#include "study/measure_kernel.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/random.h"
#include "comm/threads.h"

/* Row panels that one lane panel is multiplied with: they fit in the second-level cache, as in a
 * step, and the lane panel in the first. */
enum { ROW_PANELS = 8 };

/* The rest of 784 inputs after full blocks; the rows of the smallest slices; a full block. */
const int64_t kernel_depth[KERNEL_DEPTHS] = {16, 64, KERNEL_BLOCK};

/* One worker's operands. */
struct operands {
    const struct kernel *kernel;
    float *a, *b, *c; /* row panels, a lane panel, a tile */
    int64_t depth;
};

/* Uniform in [-1, 1), so that all bits toggle as in training: round numbers would save power, and
 * might raise the clock. n is a multiple of 4. */
static void fill(float *x, size_t n)
{
    const struct random_stream stream = {.seed = 1, .purpose = RANDOM_FEATURES};
    for (size_t i = 0; i < n; i += 4) {
        uint32_t word[4];
        random_block(stream, 0, (uint32_t)(i / 4), word);
        for (int j = 0; j < 4; j++)
            x[i + (size_t)j] = random_symmetric(word[j]);
    }
}

/* Panels begin in cache lines. */
static size_t whole_lines(size_t floats)
{
    return (floats + 15) / 16 * 16;
}

/* A worker's panels, a block long: one block of memory that begins at `a`, for free(). */
static enum status operands_take(
    struct operands *operands, const struct kernel *kernel, struct error *error)
{
    size_t slack = KERNEL_ROWS_MAX; /* one step beyond the last panel may be read */
    size_t a = whole_lines((size_t)ROW_PANELS * KERNEL_BLOCK * (size_t)kernel->rows + slack);
    size_t b = whole_lines((size_t)(KERNEL_BLOCK + 1) * (size_t)kernel->lanes);
    size_t c = (size_t)kernel->rows * (size_t)kernel->lanes;
    float *block;
    enum status status = memory_take(
        &block, a + b + c, sizeof *block, "the panels to measure the kernel with", error);
    if (status)
        return status;
    fill(block, a + b);
    *operands = (struct operands){
        .kernel = kernel, .a = block, .b = block + a, .c = block + a + b, .depth = KERNEL_BLOCK};
    return STATUS_OK;
}

/* Operations of one turn of one worker. */
static double turn_flops(const struct operands *operands)
{
    return 2.0 * ROW_PANELS * (double)operands->depth * operands->kernel->rows *
           operands->kernel->lanes;
}

static void run_tiles(const struct worker *worker, int64_t turns, void *context)
{
    const struct operands *operands = (const struct operands *)context + worker->index;
    const struct kernel *kernel = operands->kernel;
    for (int64_t t = 0; t < turns; t++)
        for (int p = 0; p < ROW_PANELS; p++)
            kernel->tile(kernel, operands->depth, operands->b,
                operands->a + p * operands->depth * kernel->rows, false, operands->c,
                kernel->lanes);
}

/* --- every kernel, on one core -------------------------------------------------------------- */

/* The report while it is made. */
struct figures {
    struct operands *operands;       /* [n] kernels */
    int64_t (*turns)[KERNEL_DEPTHS]; /* [n] */
    int n;
    struct fma_peak peak;
    struct repetitions repetitions;
    double *rate; /* [1 + n * KERNEL_DEPTHS][repeats]: the peak, then each kernel's depths */
};

/* The rounds of kernel k's figure i. */
static double *rates_of(const struct figures *figures, int k, int i)
{
    return figures->rate + (1 + (int64_t)k * KERNEL_DEPTHS + i) * figures->repetitions.repeats;
}

/* Everything once, so that a slow minute affects all figures: the peak, then each kernel's. */
static void run_round(const struct figures *figures, int round)
{
    const struct repetitions *repetitions = &figures->repetitions;
    int n = figures->n, repeats = repetitions->repeats;
    int64_t done = (int64_t)round * (n + 1), total = (int64_t)repeats * (n + 1);
    struct bench_timer one = {comm_self(), 1};
    repetitions_report(repetitions, done, total, "round %d of %d, peak", round + 1, repeats);
    figures->rate[round] = fma_peak_gflops(&figures->peak);
    for (int k = 0; k < n; k++) {
        struct operands *operands = &figures->operands[k];
        repetitions_report(repetitions, done + 1 + k, total, "round %d of %d, %s", round + 1,
            repeats, operands->kernel->name);
        for (int i = 0; i < KERNEL_DEPTHS; i++) {
            int64_t turns = figures->turns[k][i];
            operands->depth = kernel_depth[i];
            rates_of(figures, k, i)[round] = 1e-9 * turn_flops(operands) * (double)turns /
                                             bench_timer_time(&one, run_tiles, operands, turns);
        }
    }
}

static void run_rounds(struct figures *figures, struct kernel_report *report)
{
    const struct repetitions *repetitions = &figures->repetitions;
    struct bench_timer one = {comm_self(), 1};
    repetitions_report(repetitions, 0, 1, "finding how many turns take %g s", repetitions->seconds);
    fma_peak_init(&figures->peak, one, repetitions->seconds);
    for (int k = 0; k < figures->n; k++)
        for (int i = 0; i < KERNEL_DEPTHS; i++) {
            figures->operands[k].depth = kernel_depth[i];
            figures->turns[k][i] =
                bench_timer_turns(&one, run_tiles, &figures->operands[k], repetitions->seconds);
        }
    for (int r = 0; r < repetitions->repeats; r++)
        run_round(figures, r);

    report->peak = repeat_stats_of(figures->rate, repetitions->repeats);
    for (int k = 0; k < figures->n; k++)
        for (int i = 0; i < KERNEL_DEPTHS; i++)
            report->row[k].tile[i] = repeat_stats_of(rates_of(figures, k, i), repetitions->repeats);
}

enum status measure_kernels(struct kernel_report *report, const struct kernel *kernel, int n,
    struct repetitions repetitions, struct error *error)
{
    struct operands operands[KERNELS_MAX] = {{.kernel = NULL}};
    int64_t turns[KERNELS_MAX][KERNEL_DEPTHS];
    struct figures figures = {
        .operands = operands, .turns = turns, .n = n, .repetitions = repetitions};
    size_t rates = (size_t)(1 + n * KERNEL_DEPTHS) * (size_t)repetitions.repeats;
    *report = (struct kernel_report){.rows = n};
    enum status status =
        memory_take(&figures.rate, rates, sizeof *figures.rate, "the rates", error);
    for (int k = 0; !status && k < n; k++) {
        report->row[k].kernel = kernel[k];
        status = operands_take(&operands[k], &report->row[k].kernel, error);
    }
    if (!status)
        run_rounds(&figures, report);
    for (int k = 0; k < n; k++)
        free(operands[k].a);
    free(figures.rate);
    return status;
}

/* --- one kernel, on all workers ------------------------------------------------------------- */

struct preparation {
    struct kernel_rate *rate;
    const struct kernel *kernel;
    enum status *status; /* [threads] */
    struct error *error;
};

/* Each worker is the first to touch its panels. */
static void take_panels(const struct worker *worker, void *argument)
{
    struct preparation *preparation = argument;
    preparation->status[worker->index] = operands_take(&preparation->rate->operands[worker->index],
        preparation->kernel, &preparation->error[worker->index]);
}

static enum status prepare_workers(
    struct kernel_rate *rate, const struct kernel *kernel, struct error *error)
{
    struct preparation preparation = {.rate = rate, .kernel = kernel};
    size_t threads = (size_t)rate->timer.threads;
    const char *what = "the workers' panels";
    enum status status = memory_take(&rate->operands, threads, sizeof *rate->operands, what, error);
    if (!status)
        status = memory_take(&preparation.status, threads, sizeof *preparation.status, what, error);
    if (!status)
        status = memory_take(&preparation.error, threads, sizeof *preparation.error, what, error);
    if (!status)
        status = threads_run(rate->timer.threads, take_panels, &preparation, error);
    for (size_t t = 0; !status && t < threads; t++) {
        status = preparation.status[t];
        *error = preparation.error[t];
    }
    free(preparation.status);
    free(preparation.error);
    return status;
}

enum status kernel_rate_init(struct kernel_rate *rate, struct bench_timer timer,
    const struct kernel *kernel, double seconds, struct error *error)
{
    *rate = (struct kernel_rate){.timer = timer};
    enum status status = comm_agree(timer.comm, prepare_workers(rate, kernel, error), error);
    if (status)
        return status;
    /* Whole numbers: any order of summation will do. */
    float elements = (float)(timer.threads * kernel->rows * kernel->lanes);
    comm_allreduce_floats(timer.comm, &elements, 1);
    rate->flops = 2.0 * ROW_PANELS * KERNEL_BLOCK * (double)elements;
    rate->turns = bench_timer_turns(&rate->timer, run_tiles, rate->operands, seconds);
    return STATUS_OK;
}

double kernel_rate_gflops(const struct kernel_rate *rate)
{
    return 1e-9 * rate->flops * (double)rate->turns /
           bench_timer_time(&rate->timer, run_tiles, rate->operands, rate->turns);
}

void kernel_rate_clear(struct kernel_rate *rate)
{
    for (int t = 0; rate->operands && t < rate->timer.threads; t++)
        free(rate->operands[t].a);
    free(rate->operands);
    rate->operands = NULL;
}
