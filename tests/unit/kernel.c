#include "net/kernel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/floatmode.h"
#include "base/split.h"
#include "support/fill.h"
#include "support/reference.h"
#include "support/unit.h"

/* --- a product of any shape, from the tiles of a kernel --------------------------------------- */

/* A matrix: element (i, j) is at[i * row + j * column]. */
struct matrix {
    const float *at;
    int64_t row, column;
};

/* The part [rows x lanes] of a tile that c has room for: in place if it is the whole tile, as in
 * training, else through a temporary tile. */
static void multiply_tile(const struct kernel *kernel, int64_t k, const float *lane_panel,
    const float *row_panel, bool add, float *c, int64_t stride, int rows, int lanes)
{
    _Alignas(64) float tile[KERNEL_ROWS_MAX * KERNEL_LANES_MAX];
    if (rows == kernel->rows && lanes == kernel->lanes) {
        kernel->tile(kernel, k, lane_panel, row_panel, add, c, stride);
        return;
    }
    kernel->tile(kernel, k, lane_panel, row_panel, false, tile, kernel->lanes);
    for (int r = 0; r < rows; r++)
        for (int l = 0; l < lanes; l++) {
            float sum = tile[r * kernel->lanes + l];
            c[r * stride + l] = add ? c[r * stride + l] + sum : sum;
        }
}

/* Packs `used` lanes or rows, `lane` apart, and fills the rest of the panel's width with zeros. */
static void pack(
    float *panel, int width, int used, int64_t k, const float *from, int64_t lane, int64_t step)
{
    for (int64_t t = 0; t < k; t++)
        for (int l = 0; l < width; l++)
            panel[t * width + l] = l < used ? from[l * lane + t * step] : 0;
}

/* Sets c [m x n], rows `stride` apart, to the product a [m x k] b [k x n], or adds the product to c,
 * block by block. The panels have room for one more step than is used, since a kernel may read that
 * far. */
static void multiply(const struct kernel *kernel, int64_t m, int64_t n, int64_t k, struct matrix a,
    struct matrix b, bool add, float *c, int64_t stride)
{
    _Alignas(64) float lane_panel[KERNEL_LANES_MAX * (KERNEL_BLOCK + 1)];
    _Alignas(64) float row_panel[KERNEL_ROWS_MAX * (KERNEL_BLOCK + 1)];
    for (int64_t j = 0; j < n; j += kernel->lanes)
        for (int64_t t = 0; t < k; t += KERNEL_BLOCK) {
            int lanes = (int)least(n - j, kernel->lanes);
            int64_t steps = least(k - t, KERNEL_BLOCK);
            pack(lane_panel, kernel->lanes, lanes, steps, b.at + t * b.row + j * b.column, b.column,
                b.row);
            for (int64_t i = 0; i < m; i += kernel->rows) {
                int rows = (int)least(m - i, kernel->rows);
                pack(row_panel, kernel->rows, rows, steps, a.at + i * a.row + t * a.column, a.row,
                    a.column);
                multiply_tile(kernel, steps, lane_panel, row_panel, add || t > 0,
                    c + i * stride + j, stride, rows, lanes);
            }
        }
}

/* --- products of many shapes ------------------------------------------------------------------ */

static const int64_t sizes[] = {
    1, 2, 3, 5, 11, 12, 13, 31, 32, 33, 63, 64, 65, 255, 256, 257, 512, 784};
enum { N_SIZES = sizeof sizes / sizeof *sizes, LARGEST = 784, SHAPES = 250, GAP = 3 };
static const int64_t most_work = 3000000; /* multiply-adds a shape, for the scalar side's sake */

/* c [m x n], rows n + GAP apart, what lies between them included. */
struct product {
    int64_t m, n, k, stride;
    bool add;
    struct matrix a, b;
    float *a_block, *b_block, *before, *want, *got;
};

static float *take(int64_t n)
{
    float *block = malloc((size_t)n * sizeof *block);
    assert_non_null(block);
    return block;
}

/* A matrix of these sizes, row by row or column by column, with a gap or without. */
static struct matrix layout(const float *block, int64_t rows, int64_t columns, uint32_t how)
{
    int64_t gap = how & 2 ? GAP : 0;
    if (how & 1)
        return (struct matrix){block, 1, rows + gap};
    return (struct matrix){block, columns + gap, 1};
}

static void define(struct product *p)
{
    memcpy(p->want, p->before, (size_t)(p->m * p->stride) * sizeof *p->want);
    for (int64_t i = 0; i < p->m; i++) {
        for (int64_t j = 0; j < p->n; j++) {
            float *c = &p->want[i * p->stride + j];
            const float *a = p->a.at + i * p->a.row, *b = p->b.at + j * p->b.column;
            /* c += a b adds block after block to c, the first as well */
            if (!p->add)
                *c = reference_product(p->k, a, p->a.column, b, p->b.row);
            else
                for (int64_t t = 0; t < p->k; t += KERNEL_BLOCK)
                    *c += reference_product(p->k - t < KERNEL_BLOCK ? p->k - t : KERNEL_BLOCK,
                        a + t * p->a.column, p->a.column, b + t * p->b.row, p->b.row);
        }
    }
}

static void assert_kernel_computes(const struct kernel *kernel, const struct product *p)
{
    size_t bytes = (size_t)(p->m * p->stride) * sizeof *p->got;
    char why[COMPARE_TEXT];
    memcpy(p->got, p->before, bytes);
    multiply(kernel, p->m, p->n, p->k, p->a, p->b, p->add, p->got, p->stride);
    if (!compare_bits(p->got, p->want, p->m * p->stride, why) ||
        memcmp(p->got, p->want, bytes) != 0)
        fail_msg("%s: m %d n %d k %d add %d a (%d, %d) b (%d, %d): %s", kernel->name, (int)p->m,
            (int)p->n, (int)p->k, p->add, (int)p->a.row, (int)p->a.column, (int)p->b.row,
            (int)p->b.column, why);
}

static void try_shapes(int shapes, uint64_t seed, float factor)
{
    struct kernel kernels[KERNELS_MAX];
    int n_kernels = kernel_list(kernels);
    int64_t block = (LARGEST + GAP) * (LARGEST + GAP);
    struct product p = {.a_block = take(block),
        .b_block = take(block),
        .before = take(block),
        .want = take(block),
        .got = take(block)};
    fill_uniform(p.a_block, block, seed + 1);
    fill_uniform(p.b_block, block, seed + 2);
    fill_uniform(p.before, block, seed + 3);
    for (int64_t i = 0; i < block; i++)
        p.a_block[i] *= factor;

    uint64_t mode = floatmode_enter();
    for (uint32_t i = 0; shapes > 0; i++) {
        uint32_t word[5];
        for (uint32_t w = 0; w < 5; w++)
            word[w] = reference_word(seed, 0, 0, i, w);
        p.m = sizes[word[0] % N_SIZES];
        p.n = sizes[word[1] % N_SIZES];
        p.k = sizes[word[2] % N_SIZES];
        if (p.m * p.n * p.k > most_work)
            continue;
        p.stride = p.n + (word[3] & 1 ? GAP : 0);
        p.add = word[3] >> 1 & 1;
        p.a = layout(p.a_block, p.m, p.k, word[3] >> 2);
        p.b = layout(p.b_block, p.k, p.n, word[3] >> 4);
        define(&p);
        for (int kernel = 0; kernel < n_kernels; kernel++)
            assert_kernel_computes(&kernels[kernel], &p);
        shapes--;
    }
    floatmode_leave(mode);
    free(p.a_block);
    free(p.b_block);
    free(p.before);
    free(p.want);
    free(p.got);
}

TEST(every_kernel_is_blocks_of_chains)
{
    struct kernel kernels[KERNELS_MAX];
    int n = kernel_list(kernels);
    for (int i = 0; i < n; i++)
        print_message("kernel %s, level %s\n", kernels[i].name, level_name(kernels[i].level));
    try_shapes(SHAPES, 1, 1);
}

/* Products around 2^-127: sums that are flushed or not, term by term. */
TEST(subnormals_are_flushed_by_every_kernel)
{
    try_shapes(SHAPES / 5, 2, 0x1p-126f);
}

TEST(the_list)
{
    struct kernel kernels[KERNELS_MAX];
    int n = kernel_list(kernels);
    assert_in_range(n, 1, KERNELS_MAX);
    assert_string_equal(kernels[n - 1].name, "portable");
    for (int i = 0; i < n; i++) {
        assert_true(level_runs(kernels[i].level));
        assert_true(kernel_is_exact(&kernels[i]));
        for (int j = 0; j < i; j++)
            assert_string_not_equal(kernels[i].name, kernels[j].name);
    }
    assert_says(kernel_library(), "BLIS");
}

TEST(chosen_by_name)
{
    struct kernel kernels[KERNELS_MAX], chosen;
    struct error error;
    int n = kernel_list(kernels);
    assert_int_equal(kernel_choose("auto", &chosen, &error), STATUS_OK);
    assert_string_equal(chosen.name, kernels[0].name);
    for (int i = 0; i < n; i++) {
        assert_int_equal(kernel_choose(kernels[i].name, &chosen, &error), STATUS_OK);
        assert_string_equal(chosen.name, kernels[i].name);
        assert_int_equal(chosen.level, kernels[i].level);
        assert_true(chosen.tile == kernels[i].tile);
        assert_int_equal(chosen.lanes, kernels[i].lanes);
    }
}

TEST(unknown_names_are_refused)
{
    static const char *const wrong[] = {"", "mkl", "AUTO", "portable ", "port"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct kernel chosen;
        struct error error = {0};
        assert_int_equal(kernel_choose(wrong[i], &chosen, &error), STATUS_USAGE);
        assert_int_equal(error.status, STATUS_USAGE);
        assert_says(error.text, wrong[i]);
        assert_says(error.text, "portable"); /* says what there is */
    }
}

/* --- kernels that are a little wrong ------------------------------------------------------- */

enum fault {
    NO_FAULT,
    ONE_ELEMENT,
    UNFUSED,
    TWO_CHAINS,
    CUT_AT_128,
    IGNORES_ADD,
    GIVES_NAN,
    FAULTS
};
static const char *const fault_name[] = {
    "none", "one element", "unfused", "two chains", "cut at 128", "ignores add", "gives NaN"};

static float faulty_sum(
    int64_t k, const float *a, int64_t a_step, const float *b, int64_t b_step, enum fault fault)
{
    float even = 0, odd = 0;
    for (int64_t t = 0; t < k; t++) {
        float x = a[t * a_step], y = b[t * b_step];
        if (fault == UNFUSED)
            even = even + x * y;
        else if ((fault == TWO_CHAINS && t % 2) || (fault == CUT_AT_128 && t >= 128))
            odd = fmaf(x, y, odd);
        else
            even = fmaf(x, y, even);
    }
    return even + odd;
}

enum { FAULTY_LANES = 16, FAULTY_ROWS = 4 };

static void faulty_tile(const struct kernel *kernel, int64_t k, const float *lane_panel,
    const float *row_panel, bool add, float *c, int64_t stride)
{
    enum fault fault = *(const enum fault *)kernel->context;
    for (int r = 0; r < FAULTY_ROWS; r++) {
        for (int l = 0; l < FAULTY_LANES; l++) {
            float sum =
                faulty_sum(k, row_panel + r, FAULTY_ROWS, lane_panel + l, FAULTY_LANES, fault);
            bool first = r == 0 && l == 0;
            if (fault == ONE_ELEMENT && first)
                sum = nextafterf(sum, INFINITY);
            if (fault == GIVES_NAN && first)
                sum = NAN;
            float *at = &c[r * stride + l];
            *at = add && fault != IGNORES_ADD ? *at + sum : sum;
        }
    }
}

TEST(a_slightly_wrong_kernel_is_found_out)
{
    int wrong_verdicts = 0;
    for (enum fault fault = NO_FAULT; fault < FAULTS; fault++) {
        struct kernel kernel = {.name = "faulty",
            .level = LEVEL_BASE,
            .lanes = FAULTY_LANES,
            .rows = FAULTY_ROWS,
            .tile = faulty_tile,
            .context = &fault};
        bool exact = kernel_is_exact(&kernel);
        if (exact != (fault == NO_FAULT)) {
            print_message("fault '%s': %s\n", fault_name[fault], exact ? "not found" : "found");
            wrong_verdicts++;
        }
    }
    assert_int_equal(wrong_verdicts, 0);
}
