/* resume_place.h: the run that --resume names. */
#ifndef OPTIONS_RESUME_PLACE_H
#define OPTIONS_RESUME_PLACE_H

#include "options/options.h"

struct resume_place {
    char run[FILE_PATH_MAX];        /* its directory */
    char checkpoint[FILE_PATH_MAX]; /* the checkpoint that was named, or "" */
};

/* DIR is a run's directory, or one of its checkpoints: .../checkpoints/step-000001407. */
struct resume_place resume_place_of(const char *directory);

/* Once all options are read: with --resume DIR, `out` becomes the run's directory; with --resume
 * auto and a checkpoint in --out, `resume` becomes that directory. STATUS_NO_RESOURCE. */
enum status resume_settle(struct options *options, struct error *error);

/* True if a run is resumed; false also where `auto` found none. */
bool resume_wanted(const struct options *options);

#endif
