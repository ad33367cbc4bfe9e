#include "train/measure_kernel.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/random.h"
#include "comm/threads.h"

/* Row panels that one lane panel is multiplied with: they lie in the second-level cache, as in a
 * step, and the lane panel in the first. */
enum { ROW_PANELS = 8, FIGURES = KERNEL_DEPTHS + KERNEL_SHAPES };

const int64_t kernel_depth[KERNEL_DEPTHS] = {64, KERNEL_BLOCK};

/* Of 784-512-256-10: forward at a large and a small batch, the gradient of the first layer's
 * weights from one block, and the narrow output layer. */
const struct shape kernel_shape[KERNEL_SHAPES] = {
    {256, 512, 784}, {32, 512, 784}, {512, 784, 256}, {256, 10, 256}};

/* What one worker multiplies. */
struct operands {
    const struct kernel *kernel;
    float *a, *b, *c; /* a: row panels, b: a lane panel, c: a tile; or whole matrices */
    int64_t depth;
    struct shape shape;
    int64_t turns[FIGURES];
};

/* Uniform in [-1, 1), so that all bits toggle as they do in training: round numbers would spare a
 * CPU power, and so perhaps raise its clock. n is a multiple of 4. */
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

/* --- every kernel, on one core ------------------------------------------------------------- */

static void run_multiply(const struct worker *worker, int64_t turns, void *context)
{
    const struct operands *operands = context;
    const struct shape *shape = &operands->shape;
    (void)worker;
    for (int64_t t = 0; t < turns; t++)
        kernel_multiply(operands->kernel, shape->m, shape->n, shape->k,
            (struct matrix){operands->a, shape->k, 1}, (struct matrix){operands->b, shape->n, 1},
            false, operands->c, shape->n);
}

/* Figure i of a kernel: what runs, and its operations a turn. */
static double prepare(struct operands *operands, int i, crew_work **work)
{
    if (i < KERNEL_DEPTHS) {
        operands->depth = kernel_depth[i];
        *work = run_tiles;
        return 2.0 * ROW_PANELS * (double)operands->depth * operands->kernel->rows *
               operands->kernel->lanes;
    }
    operands->shape = kernel_shape[i - KERNEL_DEPTHS];
    *work = run_multiply;
    return 2.0 * (double)operands->shape.m * (double)operands->shape.n * (double)operands->shape.k;
}

/* Where the rounds of kernel k's figure i lie, behind those of the peak. */
static int64_t rate_place(int k, int i, int repeats)
{
    return (1 + (int64_t)k * FIGURES + i) * repeats;
}

/* Everything once, so that a slow minute is everyone's: peak, then each kernel's figures. */
static void run_round(struct operands *operands, int n, const struct fma_peak *peak, int round,
    const struct pace *pace, double *rate)
{
    int repeats = pace->repeats;
    int64_t done = (int64_t)round * (n + 1), total = (int64_t)repeats * (n + 1);
    struct crew one = {comm_self(), 1};
    pace_tell(pace, done, total, "round %d of %d, peak", round + 1, repeats);
    rate[round] = fma_peak_gflops(peak);
    for (int k = 0; k < n; k++) {
        pace_tell(pace, done + 1 + k, total, "round %d of %d, %s", round + 1, repeats,
            operands[k].kernel->name);
        for (int i = 0; i < FIGURES; i++) {
            crew_work *work;
            double flops = prepare(&operands[k], i, &work) * (double)operands[k].turns[i];
            rate[rate_place(k, i, repeats) + round] =
                1e-9 * flops / crew_time(&one, work, &operands[k], operands[k].turns[i]);
        }
    }
}

static void run_rounds(
    struct kernel_report *report, struct operands *operands, struct pace pace, double *rate)
{
    struct crew one = {comm_self(), 1};
    struct fma_peak peak;
    crew_work *work;
    pace_tell(&pace, 0, 1, "finding how many turns take %g s", pace.seconds);
    fma_peak_init(&peak, one, pace.seconds);
    for (int k = 0; k < report->rows; k++)
        for (int i = 0; i < FIGURES; i++) {
            prepare(&operands[k], i, &work);
            operands[k].turns[i] = crew_turns(&one, work, &operands[k], pace.seconds);
        }
    for (int r = 0; r < pace.repeats; r++)
        run_round(operands, report->rows, &peak, r, &pace, rate);

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

enum status measure_kernels(struct kernel_report *report, const struct kernel *kernel, int n,
    struct pace pace, struct error *error)
{
    struct operands operands[KERNELS_MAX] = {{.kernel = NULL}};
    size_t a, b, c, rates = (size_t)(1 + n * FIGURES) * (size_t)pace.repeats;
    float *block = NULL;
    double *rate = NULL;
    largest_sizes(&a, &b, &c);
    a = whole_lines(a);
    b = whole_lines(b);
    *report = (struct kernel_report){.rows = n};
    enum status status = memory_take(&block, a + b + c, sizeof *block, "the matrices", error);
    if (!status)
        status = memory_take(&rate, rates, sizeof *rate, "the rates", error);
    for (int k = 0; !status && k < n; k++) {
        report->row[k].kernel = kernel[k];
        operands[k] = (struct operands){
            .kernel = &report->row[k].kernel, .a = block, .b = block + a, .c = block + a + b};
    }
    if (!status)
        fill(block, a + b);
    if (!status)
        run_rounds(report, operands, pace, rate);
    free(block);
    free(rate);
    return status;
}

/* --- one kernel, on all workers ------------------------------------------------------------ */

struct outfit {
    struct kernel_rate *rate;
    const struct kernel *kernel;
    enum status *status; /* [threads] */
    struct error *error;
};

/* Each worker is the first to touch its panels. */
static void take_panels(const struct worker *worker, void *argument)
{
    struct outfit *outfit = argument;
    const struct kernel *kernel = outfit->kernel;
    size_t slack = KERNEL_ROWS_MAX; /* one step beyond the last panel may be read */
    size_t a = whole_lines((size_t)ROW_PANELS * KERNEL_BLOCK * (size_t)kernel->rows + slack);
    size_t b = whole_lines((size_t)(KERNEL_BLOCK + 1) * (size_t)kernel->lanes);
    size_t c = (size_t)kernel->rows * (size_t)kernel->lanes;
    float *block;
    outfit->status[worker->index] = memory_take(&block, a + b + c, sizeof *block,
        "the panels to measure the kernel with", &outfit->error[worker->index]);
    if (outfit->status[worker->index])
        return;
    fill(block, a + b);
    outfit->rate->operands[worker->index] = (struct operands){
        .kernel = kernel, .a = block, .b = block + a, .c = block + a + b, .depth = KERNEL_BLOCK};
}

static enum status outfit_workers(
    struct kernel_rate *rate, const struct kernel *kernel, struct error *error)
{
    struct outfit outfit = {.rate = rate, .kernel = kernel};
    size_t threads = (size_t)rate->crew.threads;
    const char *what = "the workers' panels";
    enum status status = memory_take(&rate->operands, threads, sizeof *rate->operands, what, error);
    if (!status)
        status = memory_take(&outfit.status, threads, sizeof *outfit.status, what, error);
    if (!status)
        status = memory_take(&outfit.error, threads, sizeof *outfit.error, what, error);
    if (!status)
        status = threads_run(rate->crew.threads, take_panels, &outfit, error);
    for (size_t t = 0; !status && t < threads; t++) {
        status = outfit.status[t];
        *error = outfit.error[t];
    }
    free(outfit.status);
    free(outfit.error);
    return status;
}

enum status kernel_rate_init(struct kernel_rate *rate, struct crew crew,
    const struct kernel *kernel, double seconds, struct error *error)
{
    *rate = (struct kernel_rate){.crew = crew};
    enum status status = comm_agree(crew.comm, outfit_workers(rate, kernel, error), error);
    if (status)
        return status;
    /* Whole numbers: any order of summation will do. */
    float elements = (float)(crew.threads * kernel->rows * kernel->lanes);
    comm_allreduce_floats(crew.comm, &elements, 1);
    rate->flops = 2.0 * ROW_PANELS * KERNEL_BLOCK * (double)elements;
    rate->turns = crew_turns(&rate->crew, run_tiles, rate->operands, seconds);
    return STATUS_OK;
}

double kernel_rate_gflops(const struct kernel_rate *rate)
{
    return 1e-9 * rate->flops * (double)rate->turns /
           crew_time(&rate->crew, run_tiles, rate->operands, rate->turns);
}

void kernel_rate_clear(struct kernel_rate *rate)
{
    for (int t = 0; rate->operands && t < rate->crew.threads; t++)
        free(rate->operands[t].a);
    free(rate->operands);
    rate->operands = NULL;
}
