#include "net/kernel_blis.h"

#include <blis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A static BLIS lets us take any context it was built with; a shared one hides this function. */
extern cntx_t *bli_gks_lookup_nat_cntx(arch_t id) __attribute__((weak));

/* Fastest first among those of one level. zen and zen2 share haswell's micro-kernel. */
static const struct {
    arch_t id;
    const char *name;
    enum level level;
} known[] = {
    {BLIS_ARCH_SKX, "skx", LEVEL_V4},
    {BLIS_ARCH_HASWELL, "haswell", LEVEL_V3},
    {BLIS_ARCH_ZEN3, "zen3", LEVEL_V3},
    {BLIS_ARCH_ZEN2, "zen2", LEVEL_V3},
};
enum { N_KNOWN = sizeof known / sizeof known[0] };

static void multiply_block(const struct kernel *kernel, int64_t m, int64_t n, int64_t k,
    struct matrix a, struct matrix b, bool add, float *c, int64_t stride)
{
    float one = 1, beta = add ? 1 : 0;
    /* One thread, and never the small-matrix path: that sums in another order. */
    rntm_t runtime;
    bli_rntm_init(&runtime);
    bli_rntm_set_num_threads(1, &runtime);
    bli_rntm_disable_l3_sup(&runtime);
    /* BLIS wants pointers to non-const; it does not write to a and b. */
    bli_sgemm_ex(BLIS_NO_TRANSPOSE, BLIS_NO_TRANSPOSE, m, n, k, &one, (float *)(uintptr_t)a.at,
        a.row, a.column, (float *)(uintptr_t)b.at, b.row, b.column, &beta, c, stride, 1,
        (cntx_t *)(uintptr_t)kernel->context, &runtime);
}

static bool context_of(int i, const void **context)
{
    if (bli_gks_lookup_nat_cntx) {
        *context = bli_gks_lookup_nat_cntx(known[i].id);
        return *context != NULL;
    }
    *context = NULL; /* BLIS's own choice, which main has steered */
    return bli_arch_query_id() == known[i].id;
}

int kernel_blis_list(struct kernel kernels[KERNELS_MAX])
{
    bli_init();
    int n = 0;
    for (int i = 0; i < N_KNOWN; i++) {
        const void *context;
        if (!level_runs(known[i].level) || !context_of(i, &context))
            continue;
        kernels[n++] = (struct kernel){known[i].name, known[i].level, multiply_block, context};
    }
    return n;
}

void kernel_blis_prepare_process(const char *name)
{
    if (bli_gks_lookup_nat_cntx)
        return;
    bool automatic = strcmp(name, "auto") == 0;
    for (int i = 0; i < N_KNOWN; i++) {
        if (!level_runs(known[i].level) || (!automatic && strcmp(name, known[i].name) != 0))
            continue;
        for (int id = 0; id < BLIS_NUM_ARCHS; id++) {
            if (strcmp(bli_arch_string((arch_t)id), known[i].name) != 0)
                continue;
            char number[16];
            snprintf(number, sizeof number, "%d", id);
            setenv("BLIS_ARCH_TYPE", number, 1);
            return;
        }
    }
}

const char *kernel_blis_library(void)
{
    static char text[64];
    snprintf(text, sizeof text, "BLIS %s (%s)", bli_info_get_version_str(),
        bli_gks_lookup_nat_cntx ? "static" : "shared");
    return text;
}
