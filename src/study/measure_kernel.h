/* measure_kernel.h: the speed of kernels without a network: tiles from packed panels, as in a step.
 *
 * As a report on every kernel: on one core, beside the peak measured in the same minutes. As an
 * upper bound for training: the step's own kernel on all workers at once. The gap between it and
 * the peak (measure_peak.h) is the cost of loading operands, in ports of the core and, where power
 * is limited, in clock; the gap between training and it is everything else that a step does.
 */
#ifndef STUDY_MEASURE_KERNEL_H
#define STUDY_MEASURE_KERNEL_H

#include "study/repetitions.h"
#include "study/repeat_stats.h"
#include "net/kernel.h"
#include "study/measure_peak.h"

/* Lengths of the summed dimension. */
enum { KERNEL_DEPTHS = 3 };
extern const int64_t kernel_depth[KERNEL_DEPTHS];

struct kernel_row {
    struct kernel kernel;
    struct repeat_stats tile[KERNEL_DEPTHS]; /* GFLOP/s */
};

struct kernel_report {
    struct repeat_stats peak; /* GFLOP/s of one core's multiply-adds */
    int rows;
    struct kernel_row row[KERNELS_MAX];
};

/* `kernel` [n]. Local: on one core, by the calling thread. STATUS_NO_RESOURCE. */
enum status measure_kernels(struct kernel_report *report, const struct kernel *kernel, int n,
    struct repetitions repetitions, struct error *error);

/* Repeated measurements of a kernel's tiles on all workers of a timer. Each worker has its own
 * panels, one block long and full of random numbers, that stay in its first- and second-level
 * caches: one lane panel times a few row panels. The report uses the same panels. */
struct kernel_rate {
    struct bench_timer timer;
    double flops; /* operations of one turn of all workers of all ranks */
    int64_t turns;
    struct operands *operands; /* [timer.threads] */
};

/* `kernel` must outlive the rate. kernel_rate_clear() frees it, after failures too. Collective over
 * the timer's comm; ranks may have different kernels. STATUS_NO_RESOURCE. */
enum status kernel_rate_init(struct kernel_rate *rate, struct bench_timer timer,
    const struct kernel *kernel, double seconds, struct error *error);
double kernel_rate_gflops(const struct kernel_rate *rate); /* collective */
void kernel_rate_clear(struct kernel_rate *rate);

#endif
