/* measure_kernel.h: the speed of kernels without a network: tiles from packed panels, as in a
 * step.
 *
 * As a report on every kernel: on one core, beside the peak measured in the same minutes. As an
 * upper bound for training: the step's own kernel on all workers at once. The gap between it and
 * the peak (measure_peak.h) is the cost of loading operands, in ports of the core and, where
 * power is limited, in clock; the gap between training and it is everything else that a step
 * does.
 */
#ifndef STUDY_MEASURE_KERNEL_H
#define STUDY_MEASURE_KERNEL_H

#include "net/kernel.h"
#include "study/bench_timer.h"
#include "study/repetitions.h"

/* Lengths of the summed dimension. */
enum { KERNEL_DEPTHS = 3 };
extern const int64_t kernel_depth[KERNEL_DEPTHS];

/* Sets the results of kernel [n]: "peak_gflops" of one core's multiply-adds, and "kernels". Local:
 * on one core, by the calling thread. STATUS_NO_RESOURCE. */
enum status measure_kernels(struct json *results, const struct kernel *kernel, int n,
    struct repetitions *repetitions, struct error *error);

/* A kernel's tiles as a workload. Each worker has panels of its own, full of random numbers, that
 * stay in its first- and second-level caches: one lane panel times a few row panels. */
struct kernel_tiles {
    const struct kernel *kernel;
    int64_t depth;               /* at most KERNEL_BLOCK, for which the panels have room */
    struct bench_memory *memory; /* [threads]: the caller frees it with bench_memory_free(),
                                  after failures too */
};

/* Tiles a block deep. Collective over the timer's comm; ranks may have different kernels.
 * STATUS_NO_RESOURCE. */
enum status kernel_tiles_init(struct kernel_tiles *tiles, const struct bench_timer *timer,
    const struct kernel *kernel, struct error *error);

/* Its amount is in operations. The tiles must outlive it. */
struct workload kernel_workload(
    struct kernel_tiles *tiles, struct bench_timer timer, double seconds);

#endif
