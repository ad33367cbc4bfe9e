#include "train/measure_kernel.h"

#include <stdlib.h>

#include "base/memory.h"

/* Row panels that one lane panel is multiplied with: they lie in the second-level cache, as in a
 * step, and the lane panel in the first. */
enum { ROW_PANELS = 8, FIGURES = KERNEL_DEPTHS + KERNEL_SHAPES };

const int64_t kernel_depth[KERNEL_DEPTHS] = {64, KERNEL_BLOCK};

/* Of 784-512-256-10: forward at a large and a small batch, the gradient of the first layer's
 * weights from one block, and the narrow output layer. */
const struct shape kernel_shape[KERNEL_SHAPES] = {
    {256, 512, 784}, {32, 512, 784}, {512, 784, 256}, {256, 10, 256}};

struct bench {
    const struct kernel *kernel;
    float *a, *b, *c;
    int64_t depth;
    struct shape shape;
    int64_t turns[FIGURES];
};

static void run_tiles(const struct worker *worker, int64_t turns, void *context)
{
    const struct bench *bench = context;
    const struct kernel *kernel = bench->kernel;
    (void)worker;
    for (int64_t t = 0; t < turns; t++)
        for (int p = 0; p < ROW_PANELS; p++)
            kernel->tile(kernel, bench->depth, bench->b, bench->a + p * bench->depth * kernel->rows,
                false, bench->c, kernel->lanes);
}

static void run_multiply(const struct worker *worker, int64_t turns, void *context)
{
    const struct bench *bench = context;
    const struct shape *shape = &bench->shape;
    (void)worker;
    for (int64_t t = 0; t < turns; t++)
        kernel_multiply(bench->kernel, shape->m, shape->n, shape->k,
            (struct matrix){bench->a, shape->k, 1}, (struct matrix){bench->b, shape->n, 1}, false,
            bench->c, shape->n);
}

/* Figure i of a kernel: what runs, and its operations a turn. */
static double prepare(struct bench *bench, int i, crew_work **work)
{
    if (i < KERNEL_DEPTHS) {
        bench->depth = kernel_depth[i];
        *work = run_tiles;
        return 2.0 * ROW_PANELS * (double)bench->depth * bench->kernel->rows * bench->kernel->lanes;
    }
    bench->shape = kernel_shape[i - KERNEL_DEPTHS];
    *work = run_multiply;
    return 2.0 * (double)bench->shape.m * (double)bench->shape.n * (double)bench->shape.k;
}

/* Where the rounds of kernel k's figure i lie, behind those of the peak. */
static int64_t rate_place(int k, int i, int repeats)
{
    return (1 + (int64_t)k * FIGURES + i) * repeats;
}

/* Everything once, so that a slow minute is everyone's: peak, then each kernel's figures. */
static void run_round(struct bench *bench, int n, const struct fma_peak *peak, int round,
    const struct pace *pace, double *rate)
{
    int repeats = pace->repeats, total = repeats * (n + 1);
    struct crew one = {comm_self(), 1};
    pace_tell(pace, round * (n + 1), total, "round %d of %d, peak", round + 1, repeats);
    rate[round] = fma_peak_gflops(peak);
    for (int k = 0; k < n; k++) {
        pace_tell(pace, round * (n + 1) + 1 + k, total, "round %d of %d, %s", round + 1, repeats,
            bench[k].kernel->name);
        for (int i = 0; i < FIGURES; i++) {
            crew_work *work;
            double flops = prepare(&bench[k], i, &work) * (double)bench[k].turns[i];
            rate[rate_place(k, i, repeats) + round] =
                1e-9 * flops / crew_time(&one, work, &bench[k], bench[k].turns[i]);
        }
    }
}

static void run_rounds(
    struct kernel_report *report, struct bench *bench, struct pace pace, double *rate)
{
    struct crew one = {comm_self(), 1};
    struct fma_peak peak;
    crew_work *work;
    pace_tell(&pace, 0, 1, "finding how many turns take %g s", pace.seconds);
    fma_peak_init(&peak, one, pace.seconds);
    for (int k = 0; k < report->rows; k++)
        for (int i = 0; i < FIGURES; i++) {
            prepare(&bench[k], i, &work);
            bench[k].turns[i] = crew_turns(&one, work, &bench[k], pace.seconds);
        }
    for (int r = 0; r < pace.repeats; r++)
        run_round(bench, report->rows, &peak, r, &pace, rate);

    report->peak = spread_of(rate, pace.repeats);
    for (int k = 0; k < report->rows; k++)
        for (int i = 0; i < FIGURES; i++) {
            struct kernel_row *row = &report->row[k];
            struct spread *place =
                i < KERNEL_DEPTHS ? &row->tile[i] : &row->multiply[i - KERNEL_DEPTHS];
            *place = spread_of(rate + rate_place(k, i, pace.repeats), pace.repeats);
        }
}

/* The largest operands of any figure. */
static void largest_sizes(size_t *a, size_t *b, size_t *c)
{
    *a = (size_t)(ROW_PANELS + 1) * KERNEL_BLOCK * KERNEL_ROWS_MAX;
    *b = (size_t)(KERNEL_BLOCK + 1) * KERNEL_LANES_MAX;
    *c = (size_t)KERNEL_ROWS_MAX * KERNEL_LANES_MAX;
    for (int i = 0; i < KERNEL_SHAPES; i++) {
        struct shape shape = kernel_shape[i];
        size_t mk = (size_t)(shape.m * shape.k), kn = (size_t)(shape.k * shape.n),
               mn = (size_t)(shape.m * shape.n);
        *a = mk > *a ? mk : *a;
        *b = kn > *b ? kn : *b;
        *c = mn > *c ? mn : *c;
    }
}

/* Quarters between -3/4 and 3/4: zeros would spare a CPU power, and so perhaps raise its clock. */
static void fill(float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] = 0.25f * (float)((int)(i * 5 % 7) - 3);
}

enum status measure_kernels(struct kernel_report *report, const struct kernel *kernel, int n,
    struct pace pace, struct error *error)
{
    struct bench bench[KERNELS_MAX] = {{.kernel = NULL}};
    size_t a, b, c, rates = (size_t)(1 + n * FIGURES) * (size_t)pace.repeats;
    float *block = NULL;
    double *rate = NULL;
    largest_sizes(&a, &b, &c);
    a += a % 16 ? 16 - a % 16 : 0; /* panels begin in cache lines */
    b += b % 16 ? 16 - b % 16 : 0;
    *report = (struct kernel_report){.rows = n};
    enum status status = memory_take(&block, a + b + c, sizeof *block, "the matrices", error);
    if (!status)
        status = memory_take(&rate, rates, sizeof *rate, "the rates", error);
    for (int k = 0; !status && k < n; k++) {
        report->row[k].kernel = kernel[k];
        bench[k] = (struct bench){
            .kernel = &report->row[k].kernel, .a = block, .b = block + a, .c = block + a + b};
    }
    if (!status)
        fill(block, a + b);
    if (!status)
        run_rounds(report, bench, pace, rate);
    free(block);
    free(rate);
    return status;
}
