/* resume_place.h: the run that --resume names. */
#ifndef OPTIONS_RESUME_PLACE_H
#define OPTIONS_RESUME_PLACE_H

#include "options/option_reading.h"

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

/* With --resume, names the config file of that run, unless --config names another. To be called
 * when flags and --config are known; `environment` counts too. STATUS_USAGE, STATUS_NO_INPUT. */
enum status reading_take_resume(
    struct reading *reading, char *const *environment, struct error *error);

#endif
