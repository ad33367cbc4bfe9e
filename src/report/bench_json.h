/* bench_json.h: measurements as JSON: their conditions, and
 * "results". The objects are the caller's.
 *
 * Threads: any. Collective: no; call on one rank.
 */
#ifndef REPORT_BENCH_JSON_H
#define REPORT_BENCH_JSON_H

#include "base/json.h"
#include "comm/machine.h"
#include "net/kernel.h"
#include "study/measure_kernel.h"
#include "study/measure_peak.h"
#include "study/measure_reduce.h"
#include "study/measure_scaling.h"
#include "study/measure_step.h"
#include "study/repetitions.h"

enum { BINDING_MAX = 256 };

struct bench_head {
    const char *what, *command;
    const char *mpi, *blas;
    struct machine machine;
    int cores; /* available on this machine */
    int ranks, threads, hosts;
    const char (*binding)[BINDING_MAX]; /* [ranks] */
    struct kernel kernel;               /* used by steps */
    struct repetitions repetitions;
};

/* The whole report; takes over `results`, which are one of those below. */
struct json *bench_json(const struct bench_head *head, struct json *results);

struct json *bench_peak_json(const struct peak_report *report);
struct json *bench_kernel_json(const struct kernel_report *report);
struct json *bench_reduce_json(const struct reduce_report *report);

/* `data`: the training data. */
struct json *bench_step_json(const struct step_report *report, const char *data);
struct json *bench_scaling_json(const struct scaling_report *report, const char *data);

#endif
