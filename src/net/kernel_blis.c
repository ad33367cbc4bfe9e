#include "net/kernel.h"

#include <blis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A static BLIS provides every context it was built with; a shared one hides this function. */
#pragma weak bli_gks_lookup_nat_cntx

/* BLIS 1.0 renamed the functions that return a context's properties, and the type of a
 * micro-kernel, whose arguments stayed the same. The build detects the names (CMakeLists.txt); if
 * it finds neither, as with a BLIS whose micro-kernels take different arguments, kernel_blis_none.c
 * replaces this file. */
#if LOCKSTEP_BLIS_NAMES == 1
typedef gemm_ukr_ft micro_kernel;
#define MICRO_KERNEL_OF bli_cntx_get_ukr_dt
#define PREFERS_ROWS bli_cntx_ukr_prefers_rows_dt
#else
typedef sgemm_ukr_ft micro_kernel;
#define MICRO_KERNEL_OF bli_cntx_get_l3_nat_ukr_dt
#define PREFERS_ROWS bli_cntx_l3_vir_ukr_prefers_rows_dt
#endif

/* Fastest first within a level. Only those that this BLIS was built with are listed, since
 * requesting any other crashes. zen and zen2 share haswell's micro-kernel. */
static const struct {
    arch_t id;
    const char *name;
    enum level level;
} known[] = {
#ifdef BLIS_CONFIG_SKX
    {BLIS_ARCH_SKX, "skx", LEVEL_V4},
#endif
#ifdef BLIS_CONFIG_HASWELL
    {BLIS_ARCH_HASWELL, "haswell", LEVEL_V3},
#endif
#ifdef BLIS_CONFIG_ZEN3
    {BLIS_ARCH_ZEN3, "zen3", LEVEL_V3},
#endif
#ifdef BLIS_CONFIG_ZEN2
    {BLIS_ARCH_ZEN2, "zen2", LEVEL_V3},
#endif
    {BLIS_ARCH_GENERIC, "", N_LEVELS}, /* the end */
};
enum { N_KNOWN = sizeof known / sizeof known[0] - 1 };

/* BLIS's micro-kernels take their panels as MR x k and k x NR; the dimension along which its
 * vectors run is our lane dimension. They do not write to the panels or the context. */
static void tile_lanes_first(const struct kernel *kernel, int64_t k, const float *lane_panel,
    const float *row_panel, bool add, float *c, int64_t stride)
{
    float one = 1, beta = add ? 1 : 0;
    auxinfo_t next = {0};
    bli_auxinfo_set_next_a((void *)(uintptr_t)(lane_panel + k * kernel->lanes), &next);
    bli_auxinfo_set_next_b((void *)(uintptr_t)(row_panel + k * kernel->rows), &next);
    ((micro_kernel)kernel->function)(kernel->lanes, kernel->rows, k, &one,
        (float *)(uintptr_t)lane_panel, (float *)(uintptr_t)row_panel, &beta, c, 1, stride, &next,
        (cntx_t *)(uintptr_t)kernel->context);
}

static void tile_rows_first(const struct kernel *kernel, int64_t k, const float *lane_panel,
    const float *row_panel, bool add, float *c, int64_t stride)
{
    float one = 1, beta = add ? 1 : 0;
    auxinfo_t next = {0};
    bli_auxinfo_set_next_a((void *)(uintptr_t)(row_panel + k * kernel->rows), &next);
    bli_auxinfo_set_next_b((void *)(uintptr_t)(lane_panel + k * kernel->lanes), &next);
    ((micro_kernel)kernel->function)(kernel->rows, kernel->lanes, k, &one,
        (float *)(uintptr_t)row_panel, (float *)(uintptr_t)lane_panel, &beta, c, stride, 1, &next,
        (cntx_t *)(uintptr_t)kernel->context);
}

static cntx_t *context_of(int i)
{
    const cntx_t *context = NULL;
    if (bli_gks_lookup_nat_cntx)
        context = bli_gks_lookup_nat_cntx(known[i].id);
    else if (bli_arch_query_id() == known[i].id) /* BLIS_ARCH_TYPE, set by main */
        context = bli_gks_query_nat_cntx();
    return (cntx_t *)(uintptr_t)context; /* BLIS before 1.0 takes pointers to non-const */
}

/* BLIS returns functions as void *, which ISO C cannot convert to a function pointer; POSIX
 * guarantees that both have the same representation. */
static void (*micro_kernel_of(cntx_t *context))(void)
{
    void *address = MICRO_KERNEL_OF(BLIS_FLOAT, BLIS_GEMM_UKR, context);
    void (*function)(void);
    memcpy(&function, &address, sizeof function);
    return function;
}

static struct kernel kernel_from(int i, cntx_t *context)
{
    int mr = (int)bli_cntx_get_blksz_def_dt(BLIS_FLOAT, BLIS_MR, context);
    int nr = (int)bli_cntx_get_blksz_def_dt(BLIS_FLOAT, BLIS_NR, context);
    bool rows_first = PREFERS_ROWS(BLIS_FLOAT, BLIS_GEMM_UKR, context);
    return (struct kernel){.name = known[i].name,
        .level = known[i].level,
        .lanes = rows_first ? nr : mr,
        .rows = rows_first ? mr : nr,
        .tile = rows_first ? tile_rows_first : tile_lanes_first,
        .function = micro_kernel_of(context),
        .context = context};
}

int kernel_blis_list(struct kernel kernels[KERNELS_MAX])
{
    bli_init();
    int n = 0;
    for (int i = 0; i < N_KNOWN; i++) {
        cntx_t *context = level_runs(known[i].level) ? context_of(i) : NULL;
        if (!context)
            continue;
        struct kernel kernel = kernel_from(i, context);
        if (kernel.lanes <= KERNEL_LANES_MAX && kernel.lanes % KERNEL_LANES_UNIT == 0 &&
            kernel.rows <= KERNEL_ROWS_MAX && kernel.rows % KERNEL_ROWS_UNIT == 0)
            kernels[n++] = kernel;
    }
    return n;
}

void kernel_prepare_process(const char *name)
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

const char *kernel_library(void)
{
    static char text[64];
    snprintf(text, sizeof text, "BLIS %s (%s)", bli_info_get_version_str(),
        bli_gks_lookup_nat_cntx ? "static" : "shared");
    return text;
}
