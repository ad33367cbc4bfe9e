/* measure_kernel.h: kernels on one core, each beside the peak of the same minutes. */
#ifndef TRAIN_MEASURE_KERNEL_H
#define TRAIN_MEASURE_KERNEL_H

#include "base/pace.h"
#include "base/spread.h"
#include "net/kernel.h"
#include "train/measure_peak.h"

enum { KERNEL_DEPTHS = 2, KERNEL_SHAPES = 4 };

/* Lengths of the summed dimension for tiles; [m x n] = [m x k] [k x n] for whole products. */
extern const int64_t kernel_depth[KERNEL_DEPTHS];
struct shape {
    int64_t m, n, k;
};
extern const struct shape kernel_shape[KERNEL_SHAPES];

struct kernel_row {
    struct kernel kernel;
    struct spread tile[KERNEL_DEPTHS];     /* GFLOP/s on panels packed before */
    struct spread multiply[KERNEL_SHAPES]; /* of kernel_multiply(), which packs */
};

struct kernel_report {
    struct spread peak; /* GFLOP/s of one core's multiply-adds */
    int rows;
    struct kernel_row row[KERNELS_MAX];
};

/* `kernel` [n]. Local: on one core, by the calling thread. STATUS_NO_RESOURCE. */
enum status measure_kernels(struct kernel_report *report, const struct kernel *kernel, int n,
    struct pace pace, struct error *error);

#endif
