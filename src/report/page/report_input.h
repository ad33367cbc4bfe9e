/* report_input.h: the input of a page: runs, sweeps and measurements, as read from files.
 *
 * Threads: one per input.
 */
#ifndef REPORT_PAGE_REPORT_INPUT_H
#define REPORT_PAGE_REPORT_INPUT_H

#include "report/page/run_record.h"

/* sweep.json, and for each batch size its run at the best rate with the lowest seed. */
struct sweep_file {
    char path[FILE_PATH_MAX];
    struct json *json;
    char *config;      /* NULL: there is none */
    int runs, lacking; /* read; those whose directories are missing */
    struct run *run;
};

/* A file of `lockstep bench ... --json`. */
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
    struct text_list unread; /* why a run or sweep of a directory was not read */
    struct run *run;
    struct sweep_file *sweep;
    struct bench_file *bench;
};

/* Adds what a path names: a run's directory; a sweep's, or its sweep.json; a directory of such
 * directories; a file of `lockstep bench ... --json`. STATUS_NO_INPUT: the path does not exist;
 * STATUS_BAD_DATA: it is none of these, or damaged; of several in a directory a damaged one is
 * omitted and noted while others remain; STATUS_IO, STATUS_NO_RESOURCE. On failure the input is
 * unchanged, or has a part of the directory. */
enum status report_input_add(struct report_input *input, const char *path, struct error *error);

void report_input_clear(struct report_input *input);

#endif
