#include "net/kernel.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "net/kernel_blis.h"
#include "net/kernel_portable.h"

void kernel_multiply(const struct kernel *kernel, int64_t m, int64_t n, int64_t k, struct matrix a,
    struct matrix b, bool add, float *c, int64_t stride)
{
    for (int64_t done = 0; done < k; done += KERNEL_BLOCK) {
        int64_t length = k - done < KERNEL_BLOCK ? k - done : KERNEL_BLOCK;
        kernel->block(kernel, m, n, length, a, b, add || done > 0, c, stride);
        a.at += length * a.column;
        b.at += length * b.row;
    }
}

int kernel_list(struct kernel kernels[KERNELS_MAX])
{
    int n = kernel_blis_list(kernels);
    kernels[n] = kernel_portable();
    return n + 1;
}

/* Small numbers of every sign and size, without a generator: the fractional parts of i * phi. */
static float check_value(int i)
{
    double x = 0.6180339887498949 * (i + 1);
    return (float)((x - floor(x) - 0.5) * (i % 7 == 0 ? 1e-3 : 1));
}

bool kernel_is_exact(const struct kernel *kernel)
{
    enum { M = 13, N = 35, K = KERNEL_BLOCK };
    float a[M * K], b[K * N], once[M * N], twice[M * N];
    for (int i = 0; i < M * K; i++)
        a[i] = check_value(i);
    for (int i = 0; i < K * N; i++)
        b[i] = check_value(i + M * K);
    struct matrix left = {a, K, 1}, right = {b, N, 1};
    kernel->block(kernel, M, N, K, left, right, false, once, N);
    memcpy(twice, once, sizeof once);
    kernel->block(kernel, M, N, K, left, right, true, twice, N);
    for (int i = 0; i < M; i++)
        for (int j = 0; j < N; j++) {
            float chain = 0, sum;
            for (int k = 0; k < K; k++)
                chain = fmaf(a[i * K + k], b[k * N + j], chain);
            sum = chain + chain;
            if (memcmp(&chain, &once[i * N + j], sizeof chain) != 0 ||
                memcmp(&sum, &twice[i * N + j], sizeof sum) != 0)
                return false;
        }
    return true;
}

static enum status refuse(const char *name, const struct kernel *list, int n, struct error *error)
{
    char names[128] = "auto";
    for (int i = 0; i < n; i++) {
        size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, ", %s", list[i].name);
    }
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
                "--kernel %s: it does not compute the chains of multiply-adds that the same bits "
                "rest on; choose --kernel portable",
                name);
    }
    return refuse(name, list, n, error);
}

void kernel_prepare_process(const char *name)
{
    kernel_blis_prepare_process(name);
}

const char *kernel_library(void)
{
    return kernel_blis_library();
}
