/* bench.h: shared by the parts of `lockstep bench`. */
#ifndef CLI_BENCH_H
#define CLI_BENCH_H

#include "options/options.h"
#include "comm/affinity.h"
#include "comm/comm.h"
#include "report/progress.h"
#include "report/bench_json.h"

/* One run of the command. */
struct bench {
    const struct options *options;
    struct comm *comm;
    struct affinity affinity;
    struct bench_head head;
    char (*binding)[BINDING_MAX];
    bool speaks; /* rank 0 */
    struct bench_progress progress;
    struct listener listener; /* that draws it */
};

/* After a measurement: clears the progress. True if this rank has results to print. */
bool bench_ends(struct bench *bench, enum status status);

/* Prints head and results, as text or as JSON, and takes over `results`. STATUS_NO_RESOURCE. */
enum status bench_report(const struct bench *bench, struct json *results, struct error *error);

/* Measurements that train (cmd_bench_training.c). Collective; rank 0 prints. */
enum status bench_step(struct bench *bench, struct error *error);
enum status bench_scaling(struct bench *bench, struct error *error);

#endif
