/* kernel.h: where the multiply-adds happen.
 *
 * A product is blocks of chains (promise 1). Along the summed dimension k it is cut into blocks of
 * KERNEL_BLOCK; a block is a chain of fused multiply-adds from +0 in the order of k,
 *
 *     s = 0;  for t in block:  s = fma(a[i][t], b[t][j], s)
 *
 * and blocks are added in order: c = s0; c = c + s1; ... So the bits do not depend on the kernel,
 * its tile sizes or its unrolling, and every kernel in the list computes exactly these.
 *
 * A kernel computes one tile of c at a time, from two packed panels:
 *
 *     lane panel  [k][lanes]      columns of b; the kernel's vectors run along the lanes
 *     row panel   [k][rows]       rows of a
 *     tile        [rows][lanes]   rows `stride` apart
 *
 * The micro-kernels are BLIS's (Van Zee and van de Geijn, "BLIS: a framework for rapidly
 * instantiating BLAS functionality", ACM TOMS 2015), chosen here by what the CPU can do, since BLIS
 * 0.9 takes slow reference code on CPUs it does not know; and `portable`, plain C. Each brings the
 * level at which the elementwise code runs beside it.
 *
 * Threads: products may run at once on different outputs. Collective: no.
 */
#ifndef NET_KERNEL_H
#define NET_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/level.h"
#include "base/status.h"

enum { KERNEL_BLOCK = 256, KERNELS_MAX = 8, KERNEL_LANES_MAX = 64, KERNEL_ROWS_MAX = 24 };

/* The tiles of all kernels are made of such blocks, so that squares can be summed by them
 * (squares.h). */
enum { KERNEL_LANES_UNIT = 16, KERNEL_ROWS_UNIT = 6 };

/* A matrix that is only read: element (i, j) is at[i * row + j * column]. */
struct matrix {
    const float *at;
    int64_t row, column;
};

struct kernel {
    const char *name;
    enum level level;
    int lanes, rows;
    /* One block, 1 <= k <= KERNEL_BLOCK: the tile c is written, or increased when `add`. Lane
     * panels are aligned to 64 bytes, row panels as floats are, since kernels broadcast from them;
     * one step beyond each, [k] of them, may be read and must be there. */
    void (*tile)(const struct kernel *kernel, int64_t k, const float *lane_panel,
        const float *row_panel, bool add, float *c, int64_t stride);
    void (*function)(void); /* the adapter's own */
    const void *context;
};

/* For checks, not for speed: a product of any shape. c [m x n], rows `stride` apart, gets a [m x k]
 * b [k x n], or is increased by it, block by block, when `add`; m, n, k >= 1. Packs a lane panel
 * and a row panel at a time on the stack (some 100 KiB). A step's matrices lie in panels (panel.h),
 * and dense.c multiplies them there. */
void kernel_multiply(const struct kernel *kernel, int64_t m, int64_t n, int64_t k, struct matrix a,
    struct matrix b, bool add, float *c, int64_t stride);

/* All kernels this CPU can run, fastest first, `portable` last; returns how many. */
int kernel_list(struct kernel kernels[KERNELS_MAX]);

/* The kernel of that name; "auto": the first of the list. A kernel that fails kernel_is_exact()
 * gives way to the next under "auto", and is refused when asked for by name. STATUS_USAGE. */
enum status kernel_choose(const char *name, struct kernel *kernel, struct error *error);

/* Compares a product of odd shape, a whole block long, written and added to, with scalar fmaf
 * chains, bit for bit. Less than a millisecond. */
bool kernel_is_exact(const struct kernel *kernel);

/* Where BLIS is a shared library, it hides its contexts and reads BLIS_ARCH_TYPE once: sets that
 * variable for the wanted kernel. For `main` only, before anything else; does nothing with a static
 * BLIS. */
void kernel_prepare_process(const char *name);

/* "BLIS 0.9.0 (static)"; "none" in a build without it. */
const char *kernel_library(void);

#endif
