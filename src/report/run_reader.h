/* run_reader.h: a run's directory as plain data: what it was, and its figures over time.
 *
 * A run that goes on still, or was killed, has no summary.json, and perhaps half a line at the end
 * of metrics.jsonl; then the facts are those that metrics.jsonl tells, and `state` says so.
 * metrics.jsonl is read line by line; memory does not grow with it.
 *
 * Threads: any, on different runs.
 */
#ifndef REPORT_RUN_READER_H
#define REPORT_RUN_READER_H

#include <stdbool.h>

#include "base/file.h"
#include "base/json.h"
#include "report/page/curve.h"

enum run_curve {
    RUN_LOSS,       /* of a step's batch */
    RUN_RATE,       /* learning rate */
    RUN_NOISE,      /* noise scale, in samples */
    RUN_TRAIN_LOSS, /* mean of an epoch */
    RUN_VAL_LOSS,   /* at evaluations */
    RUN_VAL_METRIC,
    RUN_TEST_LOSS,
    RUN_TEST_METRIC,
    RUN_CURVES
};

struct run {
    char directory[FILE_PATH_MAX];
    char *config; /* config.ini; NULL: there is none */
    /* summary.json, or what is known of it; and "name", "state", "lr" (the highest), "loss_function",
     * "held_out_metric", "batch_stages" (in words, of a batch size that changes); these three are
     * null where they are not known */
    struct json *facts;
    const char *metric;  /* of the held-out curves: "accuracy", "rmse"; NULL: none was seen */
    bool complete;       /* it has a summary */
    bool cut;            /* its log ends within a line */
    struct curve *curve; /* [RUN_CURVES] */
};

/* Whether there is something of a run in the directory. */
bool run_is_here(const char *directory);

/* STATUS_BAD_DATA naming file and line, STATUS_NO_INPUT, STATUS_IO, STATUS_NO_RESOURCE; *run is
 * then cleared. */
enum status run_read(struct run *run, const char *directory, struct error *error);
void run_clear(struct run *run);

/* Reads a JSON file of ours. STATUS_BAD_DATA naming the file, and as file_read_whole(). */
enum status run_read_json(const char *path, struct json **json, struct error *error);

/* A fact as a number; NaN: not known. */
double run_number(const struct run *run, const char *key);

#endif
