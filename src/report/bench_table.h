/* bench_table.h: measurements, for people and for programs.
 *
 * Threads: any. Collective: no; call on one rank. The JSON objects are the caller's.
 */
#ifndef REPORT_BENCH_TABLE_H
#define REPORT_BENCH_TABLE_H

#include <stdio.h>

#include "base/json.h"
#include "study/repetitions.h"
#include "study/repeat_stats.h"
#include "comm/machine.h"
#include "study/measure_reduce.h"
#include "net/kernel.h"
#include "study/measure_kernel.h"
#include "study/measure_peak.h"
#include "study/measure_scaling.h"
#include "study/measure_step.h"

enum { BINDING_MAX = 256 };

/* What makes the figures of one run mean something. */
struct bench_head {
    const char *what, *command;
    const char *mpi, *blas;
    struct machine machine;
    int cores; /* of this machine, that we may use */
    int ranks, threads, hosts;
    const char (*binding)[BINDING_MAX]; /* [ranks] */
    struct kernel kernel;               /* of steps */
    struct repetitions repetitions;
};

/* A few lines above the table; the object that the results are put into, as "results". */
void bench_head_print(FILE *file, const struct bench_head *head);
struct json *bench_head_json(const struct bench_head *head);

void bench_peak_print(FILE *file, const struct peak_report *report);
struct json *bench_peak_json(const struct peak_report *report);

void bench_kernel_print(FILE *file, const struct kernel_report *report);
struct json *bench_kernel_json(const struct kernel_report *report);

void bench_reduce_print(FILE *file, const struct reduce_report *report);
struct json *bench_reduce_json(const struct reduce_report *report);

/* `data`: what was trained on. */
void bench_step_print(FILE *file, const struct step_report *report, const char *data);
struct json *bench_step_json(const struct step_report *report, const char *data);

void bench_scaling_print(FILE *file, const struct scaling_report *report, const char *data);
struct json *bench_scaling_json(const struct scaling_report *report, const char *data);

/* "230.1 [228.0, 231.2]" */
enum { REPEAT_STATS_TEXT = 80 };
const char *bench_stats(char out[REPEAT_STATS_TEXT], struct repeat_stats stats, int decimals);

/* {"median": ..., "least": ..., "most": ...} */
struct json *bench_stats_json(struct repeat_stats stats);

#endif
