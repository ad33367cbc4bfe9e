#include "net/kernel.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "base/text.h"

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

/* Checks a tile of a product with one block of length k. */
static bool is_exact_for(const struct kernel *kernel, int k)
{
    enum { STEPS = KERNEL_BLOCK + 1 }; /* a kernel may read one step past its panels */
    _Alignas(64) float lane_panel[KERNEL_LANES_MAX * STEPS] = {0};
    _Alignas(64) float row_panel[KERNEL_ROWS_MAX * STEPS] = {0};
    float once[KERNEL_ROWS_MAX * (KERNEL_LANES_MAX + 3)] = {0};
    float twice[KERNEL_ROWS_MAX * (KERNEL_LANES_MAX + 3)];
    int lanes = kernel->lanes, rows = kernel->rows, stride = lanes + 3;
    for (int i = 0; i < lanes * STEPS; i++)
        lane_panel[i] = check_value(i);
    for (int i = 0; i < rows * STEPS; i++)
        row_panel[i] = check_value(i + lanes * STEPS);
    kernel->tile(kernel, k, lane_panel, row_panel, false, once, stride);
    memcpy(twice, once, sizeof once);
    kernel->tile(kernel, k, lane_panel, row_panel, true, twice, stride);
    for (int r = 0; r < rows; r++)
        for (int l = 0; l < lanes; l++) {
            float chain = 0, sum;
            for (int t = 0; t < k; t++)
                chain = fmaf(row_panel[t * rows + r], lane_panel[t * lanes + l], chain);
            sum = chain + chain;
            if (memcmp(&chain, &once[r * stride + l], sizeof chain) != 0 ||
                memcmp(&sum, &twice[r * stride + l], sizeof sum) != 0)
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

bool kernel_is_known_exact(const struct kernel *kernel)
{
    static _Atomic(const char *) known[KERNELS_MAX]; /* by the addresses of their names */
    for (int i = 0; i < KERNELS_MAX; i++)
        if (atomic_load(&known[i]) == kernel->name)
            return true;
    if (!kernel_is_exact(kernel))
        return false;
    const char *none = NULL;
    for (int i = 0; i < KERNELS_MAX; i++, none = NULL)
        if (atomic_compare_exchange_strong(&known[i], &none, kernel->name))
            break;
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
        if (kernel_is_known_exact(kernel))
            return STATUS_OK;
        if (!automatic)
            return fail(error, STATUS_USAGE,
                "--kernel %s: it does not sum in the order that bit-identical results require; "
                "choose --kernel portable",
                name);
    }
    return refuse(name, list, n, error);
}
