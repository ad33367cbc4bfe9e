/* measure_kernel.h: measures the speed of kernels without a network, on tiles from packed panels as
 * in a step.
 *
 * To report on every kernel, each one runs on one core, and the peak of that core is measured side
 * by side with the kernels. As an upper bound for training, the step's own kernel runs on all
 * workers at once. The gap between the kernel and the peak (measure_peak.h) is the cost of loading
 * operands: they occupy execution ports and, if power is limited, lower the clock speed. The gap
 * between training and the kernel is the cost of everything else in a step.
 */
#ifndef STUDY_MEASURE_KERNEL_H
#define STUDY_MEASURE_KERNEL_H

#include "net/kernel.h"
#include "study/bench_timer.h"
#include "study/repetitions.h"

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

#endif
