/* report_input.h: reads the input of a page from files: runs, sweeps and measurements.
 *
 * Threads: one per input.
 */
#pragma once

#include "report/page/run_record.h"

/* A sweep.json, and for each batch size the run with the best rate and the lowest seed. */
struct sweep_file {
    char path[FILE_PATH_MAX];
    struct json *json;
    char *config;      /* NULL: there is none */
    int runs, lacking; /* runs that were read; runs whose directories are missing */
    struct run *run;
};

/* A file written by `lockstep bench ... --json`. */
struct bench_file {
    char path[FILE_PATH_MAX];
    struct json *json;
};

struct report_input {
    int runs, sweeps, benches;
    /* NULL, or folds.json or tune.json of the study whose runs these are */
    struct json *folds, *tune;
    struct json *unread; /* messages about runs and sweeps that were not read */
    struct run *run;
    struct sweep_file *sweep;
    struct bench_file *bench;
};

/* Adds what a path contains. The path is the directory of a run; the directory of a sweep, or its
 * sweep.json; the directory of a cross-validation or of a tuning study; a directory that contains runs and sweeps; or a
 * file written by `lockstep bench ... --json`. A damaged run or sweep inside a directory that contains others is skipped and noted in
 * `unread`. STATUS_NO_INPUT: the path does not exist; STATUS_BAD_DATA: it is none of the above, or
 * is damaged; STATUS_IO, STATUS_NO_RESOURCE. After a failure the input is unchanged, or contains
 * part of the directory. */
enum status report_input_add(struct report_input *input, const char *path, struct error *error);

void report_input_clear(struct report_input *input);
