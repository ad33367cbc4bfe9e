/* resume_place.h: the run that --resume names. */
#ifndef OPTIONS_RESUME_PLACE_H
#define OPTIONS_RESUME_PLACE_H

#include "options/option_reading.h"

struct resume_place {
    char run[FILE_PATH_MAX];        /* its directory */
    char checkpoint[FILE_PATH_MAX]; /* the checkpoint that was named, or "" */
};

/* Finds the run and checkpoint that `directory` names: it is the directory of a run, or of one of
 * its checkpoints, .../checkpoints/step-000001407. */
struct resume_place resume_place_of(const char *directory);

/* Completes the options once all are read: with --resume DIR, sets `out` to the run's directory;
 * with --resume auto and a checkpoint in --out, sets `resume` to that directory.
 * STATUS_NO_RESOURCE. */
enum status resume_settle(struct options *options, struct error *error);

/* True if a run is to be resumed; false if there is no --resume, or `auto` found no checkpoint. */
bool resume_wanted(const struct options *options);

/* With --resume, on the command line or in the environment, sets reading->config to the config file
 * of that run, unless --config names one. Called after the flags and --config have been read.
 * STATUS_USAGE, STATUS_NO_INPUT. */
enum status reading_take_resume(
    struct reading *reading, char *const *environment, struct error *error);

#endif
