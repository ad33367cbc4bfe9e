/* kernel.h: the matrix kernels, which do the multiply-adds.
 *
 * A product is computed in blocks, each of them one chain (src/README.md, "The order of sums"). The
 * summed dimension k is cut into blocks of KERNEL_BLOCK; a block is a chain of fused multiply-adds
 * from +0 in the order of k,
 *
 *     s = 0;  for t in block:  s = fma(a[i][t], b[t][j], s)
 *
 * and blocks are added in order: c = s0; c = c + s1; ... It is a chain rather than a pairwise sum
 * because chains are what micro-kernels compute: one register per element of the tile. So the bits
 * do not depend on the kernel, its tile sizes or its unrolling, and every kernel in the list
 * computes exactly the same bits.
 *
 * A kernel computes one tile of c at a time, from two packed panels:
 *
 *     lane panel  [k][lanes]      columns of b; the kernel's vectors run along the lanes
 *     row panel   [k][rows]       rows of a
 *     tile        [rows][lanes]   rows `stride` apart
 *
 * The micro-kernels are BLIS's (Van Zee and van de Geijn, "BLIS: a framework for rapidly
 * instantiating BLAS functionality", ACM TOMS 2015), selected here by the features of the CPU,
 * since BLIS 0.9 falls back to slow reference code on CPUs it does not know. There is also
 * `portable`, in plain C. Each kernel names the level of the elementwise code that runs with it.
 *
 * Threads: products may run at the same time on different outputs. Collective: no.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/level.h"
#include "base/status.h"

enum { KERNEL_BLOCK = 256, KERNELS_MAX = 8, KERNEL_LANES_MAX = 64, KERNEL_ROWS_MAX = 24 };

/* The tiles of all kernels consist of blocks of this size, so squares can be summed block by block
 * (squares.h). */
enum { KERNEL_LANES_UNIT = 16, KERNEL_ROWS_UNIT = 6 };

struct kernel;
typedef void tile_function(const struct kernel *kernel, int64_t k, const float *lane_panel,
    const float *row_panel, bool add, float *c, int64_t stride);

struct kernel {
    const char *name;
    enum level level;
    int lanes, rows;
    /* One block, 1 <= k <= KERNEL_BLOCK: writes the tile c, or adds to it if `add`. Lane panels are
     * aligned to 64 bytes; row panels need only the alignment of a float, since kernels broadcast
     * from them. Kernels may read one step beyond each panel, so that memory must be readable. */
    tile_function *tile;
    void (*function)(void); /* for the adapter alone */
    const void *context;
};

/* Lists all kernels this CPU can run, fastest first, `portable` last; returns their number. */
int kernel_list(struct kernel kernels[KERNELS_MAX]);

/* Chooses the kernel with that name; "auto": the first in the list. A kernel that fails
 * kernel_is_exact() is skipped by "auto" and refused if it was named. STATUS_USAGE. */
enum status kernel_choose(const char *name, struct kernel *kernel, struct error *error);

/* Compares tiles with scalar fmaf chains, bit for bit: sums of several lengths, up to a whole
 * block, both written to c and added to it. Takes less than a millisecond. */
bool kernel_is_exact(const struct kernel *kernel);

/* The same for a kernel of kernel_list(), computed once in a process. Threads: any. */
bool kernel_is_known_exact(const struct kernel *kernel);

/* Sets the environment variable BLIS_ARCH_TYPE for the requested kernel, since a shared BLIS hides
 * its contexts and reads that variable once. Only `main` calls this, before anything else; it does
 * nothing with a static BLIS. */
void kernel_prepare_process(const char *name);

/* Returns the library and its version, such as "BLIS 0.9.0 (static)"; "none" in a build without
 * BLIS. */
const char *kernel_library(void);

/* --- for kernel.c ----------------------------------------------------------------------------- */

/* Lists the BLIS kernels that the library contains and this CPU can run, fastest first.
 * kernel_blis.c is the only file that includes <blis.h>; kernel_blis_none.c takes its place in a
 * build without BLIS. Both files define this function and the two above. */
int kernel_blis_list(struct kernel kernels[KERNELS_MAX]);

/* The tile function of `portable`, the kernel in plain C, for any CPU, with or without BLIS. */
enum { PORTABLE_LANES = 16, PORTABLE_ROWS = 6 };
LEVEL_TABLE(tile_function, portable_tile)
