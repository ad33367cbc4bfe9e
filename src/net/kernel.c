#include "net/kernel.h"

#include <math.h>
#include <string.h>

#include "base/split.h"
#include "base/text.h"

/* Computes the part [rows x lanes] of a tile that c has room for: in place if it is the whole tile,
 * as in training, otherwise through a temporary tile. */
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

/* The panels have room for one more step than is used, since a kernel may read that far. */
void kernel_multiply(const struct kernel *kernel, int64_t m, int64_t n, int64_t k, struct matrix a,
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

int kernel_list(struct kernel kernels[KERNELS_MAX])
{
    int n = kernel_blis_list(kernels);
    enum level level = level_highest();
    kernels[n] = (struct kernel){.name = "portable",
        .level = level,
        .lanes = PORTABLE_LANES,
        .rows = PORTABLE_ROWS,
        .tile = portable_tile_of(level)};
    return n + 1;
}

/* Returns a test value. It is computed from the fractional part of i * phi, so no random generator
 * is needed; the values have both signs and two magnitudes. */
static float check_value(int i)
{
    double x = 0.6180339887498949 * (i + 1);
    return (float)((x - floor(x) - 0.5) * (i % 7 == 0 ? 1e-3 : 1));
}

/* Checks a product with one block of length k. */
static bool is_exact_for(const struct kernel *kernel, int k)
{
    enum { M = 13, N = 35, K = KERNEL_BLOCK };
    float a[M * K], b[K * N], once[M * N] = {0}, twice[M * N];
    for (int i = 0; i < M * K; i++)
        a[i] = check_value(i);
    for (int i = 0; i < K * N; i++)
        b[i] = check_value(i + M * K);
    struct matrix left = {a, K, 1}, right = {b, N, 1};
    kernel_multiply(kernel, M, N, k, left, right, false, once, N);
    memcpy(twice, once, sizeof once);
    kernel_multiply(kernel, M, N, k, left, right, true, twice, N);
    for (int i = 0; i < M; i++)
        for (int j = 0; j < N; j++) {
            float chain = 0, sum;
            for (int t = 0; t < k; t++)
                chain = fmaf(a[i * K + t], b[t * N + j], chain);
            sum = chain + chain;
            if (memcmp(&chain, &once[i * N + j], sizeof chain) != 0 ||
                memcmp(&sum, &twice[i * N + j], sizeof sum) != 0)
                return false;
        }
    return true;
}

bool kernel_is_exact(const struct kernel *kernel)
{
    /* Kernels unroll their loops and handle the remainder separately. */
    static const int lengths[] = {1, 3, 7, KERNEL_BLOCK - 1, KERNEL_BLOCK};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++)
        if (!is_exact_for(kernel, lengths[i]))
            return false;
    return true;
}

static enum status refuse(const char *name, const struct kernel *list, int n, struct error *error)
{
    char names[128] = "auto";
    for (int i = 0; i < n; i++)
        text_append(names, sizeof names, ", %s", list[i].name);
    return fail(error, STATUS_USAGE,
        "--kernel %s: this CPU and this build cannot run it; choose one of: %s", name, names);
}

enum status kernel_choose(const char *name, struct kernel *kernel, struct error *error)
{
    struct kernel list[KERNELS_MAX];
    int n = kernel_list(list);
    bool automatic = strcmp(name, "auto") == 0;
    for (int i = 0; i < n; i++) {
        if (!automatic && strcmp(name, list[i].name) != 0)
            continue;
        *kernel = list[i];
        if (kernel_is_exact(kernel))
            return STATUS_OK;
        if (!automatic)
            return fail(error, STATUS_USAGE,
                "--kernel %s: it does not compute the chains of multiply-adds that give the same "
                "bits everywhere; choose --kernel portable",
                name);
    }
    return refuse(name, list, n, error);
}
