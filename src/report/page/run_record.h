/* run_record.h: reads a run for a page: its facts, and its figures over time.
 *
 * If a run has no summary.json (run/run_reader.h), its facts come from metrics.jsonl, and "state"
 * indicates this. The memory used does not grow with the log. Threads: any, on different runs.
 */
#pragma once

#include <stdbool.h>

#include "base/file.h"
#include "base/json.h"
#include "report/page/curve.h"
#include "report/rows.h"

enum run_curve {
    RUN_LOSS,       /* the loss of a step's batch */
    RUN_RATE,       /* learning rate */
    RUN_NOISE,      /* noise scale, in samples */
    RUN_TRAIN_LOSS, /* mean over an epoch */
    RUN_VAL_LOSS,   /* at evaluations */
    RUN_VAL_METRIC,
    RUN_TEST_LOSS,
    RUN_TEST_METRIC,
    RUN_VAL_EMA_LOSS, /* the same of the averaged weights, in the same order */
    RUN_VAL_EMA_METRIC,
    RUN_TEST_EMA_LOSS,
    RUN_TEST_EMA_METRIC,
    RUN_CURVES
};

struct run {
    char directory[FILE_PATH_MAX];
    char *config; /* config.ini; NULL: there is none */
    /* The content of summary.json, or as many of its values as are known, and also "name", "state",
     * "lr" (the highest learning rate), "loss_function", "held_out_metric" and "batch_stages" (in
     * words, if the batch size changes). The last three are null if they are unknown. */
    struct json *facts;
    const char *metric;  /* of the held-out curves: "accuracy"; NULL: none in the log */
    bool complete;       /* it has a summary */
    bool cut;            /* its log ends in the middle of a line */
    struct curve *curve; /* [RUN_CURVES] */
};

/* Reads a run. The statuses are those of run/run_reader.h. After a failure *run is cleared. */
enum status run_record_read(struct run *run, const char *directory, struct error *error);
void run_record_clear(struct run *run);

/* Returns the facts of the first ROWS_MAX runs. */
struct rows run_facts(const struct run *runs, int n);
