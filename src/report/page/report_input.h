/* report_input.h: reads the input of a page from files: runs, sweeps and measurements.
 *
 * Threads: one per input.
 */
#ifndef REPORT_PAGE_REPORT_INPUT_H
#define REPORT_PAGE_REPORT_INPUT_H

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

struct text_list {
    int n;
    char **text;
};

struct report_input {
    int runs, sweeps, benches;
    struct text_list unread; /* why a run or sweep in a directory was not read */
    struct run *run;
    struct sweep_file *sweep;
    struct bench_file *bench;
};

/* Adds the content of a path: the directory of a run; that of a sweep, or its sweep.json; a
 * directory of such directories; or a file written by `lockstep bench ... --json`. A damaged run or
 * sweep among others in a directory is skipped and noted. STATUS_NO_INPUT: the path does not exist;
 * STATUS_BAD_DATA: it is none of these, or damaged; STATUS_IO, STATUS_NO_RESOURCE. On failure the
 * input is unchanged, or includes part of the directory. */
enum status report_input_add(struct report_input *input, const char *path, struct error *error);

void report_input_clear(struct report_input *input);

#endif
