/* report_input.h: what a page is made of: runs, sweeps and measurements, as they lie in files.
 *
 * Threads: one a material.
 */
#ifndef REPORT_PAGE_REPORT_INPUT_H
#define REPORT_PAGE_REPORT_INPUT_H

#include "report/run_reader.h"

/* sweep.json, and of each of its batches the run at the best rate, with the lowest seed. */
struct sweep_file {
    char path[FILE_PATH_MAX];
    struct json *json;
    char *config;      /* NULL: there is none */
    int runs, lacking; /* those whose directories are not there */
    struct run *run;
};

/* What `lockstep bench ... --json` wrote. */
struct bench_file {
    char path[FILE_PATH_MAX];
    struct json *json;
};

struct report_input {
    int runs, sweeps, benches;
    int unread; /* runs and sweeps of a directory of such that could not be read */
    char **why; /* [unread], each in a sentence */
    struct run *run;
    struct sweep_file *sweep;
    struct bench_file *bench;
};

/* Adds what a path names: a run's directory; a sweep's, or its sweep.json; a directory of such
 * directories; a file of `lockstep bench ... --json`. STATUS_NO_INPUT: there is no such path;
 * STATUS_BAD_DATA: it is none of these, or broken, but for one of several in a directory, which is
 * left out and noted while there are others; STATUS_IO, STATUS_NO_RESOURCE. The material is
 * as before then, or has a part of the directory. */
enum status report_input_add(struct report_input *input, const char *path, struct error *error);

void report_input_clear(struct report_input *input);

#endif
