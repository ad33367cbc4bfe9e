/* measure_kernel.h: measures the speed of kernels without a network, on tiles from packed panels as
 * in a step.
 *
 * For a report on every kernel, it runs on one core, next to the peak measured in the same minutes.
 * As an upper bound for training, the step's own kernel runs on all workers at once. The gap
 * between the kernel and the peak (measure_peak.h) is the cost of loading operands, in execution
 * ports and, where power is limited, in clock speed; the gap between training and the kernel is
 * everything else that a step does.
 */
#ifndef STUDY_MEASURE_KERNEL_H
#define STUDY_MEASURE_KERNEL_H

#include "net/kernel.h"
#include "study/bench_timer.h"
#include "study/repetitions.h"

/* The lengths of the summed dimension that are measured. */
enum { KERNEL_DEPTHS = 3 };
extern const int64_t kernel_depth[KERNEL_DEPTHS];

/* Measures kernel [n] and sets the results: "peak_gflops" of one core's multiply-adds, and
 * "kernels". Not collective; runs on one core, in the calling thread. STATUS_NO_RESOURCE. */
enum status measure_kernels(struct json *results, const struct kernel *kernel, int n,
    struct repetitions *repetitions, struct error *error);

/* A kernel's tiles as a workload. Each worker has its own panels of random numbers, which stay in
 * its first- and second-level caches: one lane panel times a few row panels. */
struct kernel_tiles {
    const struct kernel *kernel;
    int64_t depth;               /* at most KERNEL_BLOCK, the size of the panels */
    struct bench_memory *memory; /* [threads]: the caller frees it with bench_memory_free(),
                                  also after a failure */
};

/* Prepares tiles of depth KERNEL_BLOCK. Collective over the timer's comm; ranks may use different
 * kernels.
 * STATUS_NO_RESOURCE. */
enum status kernel_tiles_init(struct kernel_tiles *tiles, const struct bench_timer *timer,
    const struct kernel *kernel, struct error *error);

/* Makes a workload whose amount is in operations. The tiles must outlive it. */
struct workload kernel_workload(
    struct kernel_tiles *tiles, struct bench_timer timer, double seconds);

#endif
