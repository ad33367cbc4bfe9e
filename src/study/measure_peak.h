/* measure_peak.h: measures the upper bounds of training: the multiply-adds of the machine, the
 * bandwidth of its caches and memory, and the speed of kernels without a network.
 *
 * A peak is measured on one core (worker 0 of rank 0, while all other workers sleep) and on all
 * workers of all ranks at once. Each worker has its own data and was the first to touch it.
 *
 * Kernels compute tiles from packed panels as in a step. To report on every kernel, each one runs
 * on one core, and the peak of that core is measured side by side with the kernels. As an upper
 * bound for training, the step's own kernel runs on all workers at once. The gap between the kernel
 * and the peak is the cost of loading operands: they occupy execution ports and, if power is
 * limited, lower the clock speed. The gap between training and the kernel is the cost of everything
 * else in a step.
 */
#pragma once

#include "comm/machine.h"
#include "net/kernel.h"
#include "net/peak.h"
#include "study/bench_timer.h"
#include "study/repetitions.h"

/* Makes a workload of multiply-adds in registers; its amount is in operations. */
struct workload peak_workload(struct bench_timer timer, double seconds);

/* Sets the results: "level" of the code, "workers" and "rows", complete on rank 0. Collective over
 * the timer's comm. STATUS_NO_RESOURCE. */
enum status measure_peak(struct json *results, struct bench_timer timer,
    const struct machine *machine, struct repetitions *repetitions, struct error *error);

/* Computes the bytes of each worker's data for L1, L2, L3 and memory, so that the data fits in that
 * level but not in the previous one. 0: the level does not exist or cannot be told apart from the
 * previous one. */
enum { N_PLACES = 4 };
void peak_places(int64_t bytes[N_PLACES], const struct machine *machine, int local_workers);

/* --- kernels -------------------------------------------------------------------------------- */

/* The number of lengths of the summed dimension that are measured. */
enum { KERNEL_DEPTHS = 3 };
extern const int64_t kernel_depth[KERNEL_DEPTHS];

/* Measures kernel [n] and sets the results: "peak_gflops", the multiply-add peak of one core, and
 * "kernels". Not collective; runs on one core, in the calling thread. STATUS_NO_RESOURCE. */
enum status measure_kernels(struct json *results, const struct kernel *kernel, int n,
    struct repetitions *repetitions, struct error *error);

/* The tiles that a kernel computes as a workload: one lane panel times a few row panels. Each
 * worker has its own panels of random numbers, which stay in its first- and second-level caches. */
struct kernel_tiles {
    const struct kernel *kernel;
    int64_t depth;               /* at most KERNEL_BLOCK, the size of the panels */
    struct bench_memory *memory; /* [threads]: the caller frees it with bench_memory_free(),
                                  also after a failure */
};

/* Prepares tiles of depth KERNEL_BLOCK. Collective over the timer's comm; ranks may use different
 * kernels. STATUS_NO_RESOURCE. */
enum status kernel_tiles_init(struct kernel_tiles *tiles, const struct bench_timer *timer,
    const struct kernel *kernel, struct error *error);

/* Makes a workload whose amount is in operations. The tiles must outlive the workload. */
struct workload kernel_workload(
    struct kernel_tiles *tiles, struct bench_timer timer, double seconds);
