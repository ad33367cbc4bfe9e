/* resume_place.h: finds the run that --resume names. */
#pragma once

#include "options/option_reading.h"

struct resume_place {
    char run[FILE_PATH_MAX];        /* directory of the run */
    char checkpoint[FILE_PATH_MAX]; /* the checkpoint that was named, or "" */
};

/* Finds the run and checkpoint that `directory` names. `directory` is a run's directory, or that of
 * one of its checkpoints, e.g. .../checkpoints/step-000001407. */
struct resume_place resume_place_of(const char *directory);

/* Completes the options once all are read. With --resume DIR, sets `out` to the run's directory.
 * With --resume auto, sets `resume` to --out if --out has a checkpoint. STATUS_NO_RESOURCE. */
enum status resume_settle(struct options *options, struct error *error);

/* True if a run is to be resumed; false if there is no --resume, or `auto` found no checkpoint. */
bool resume_wanted(const struct options *options);

/* Called after reading_begin(). If that has found --resume, but no --config, sets reading->config
 * to the config file of the run to resume. STATUS_USAGE, STATUS_NO_INPUT, STATUS_NO_RESOURCE. */
enum status reading_take_resume(struct reading *reading, struct error *error);
