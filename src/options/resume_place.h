/* resume_place.h: which run --resume means. */
#ifndef OPTIONS_RESUME_PLACE_H
#define OPTIONS_RESUME_PLACE_H

#include "options/options.h"

struct resume_place {
    char run[FILE_PATH_MAX];         /* its directory */
    char checkpoints[FILE_PATH_MAX]; /* in it */
    char checkpoint[FILE_PATH_MAX];  /* the one that was named, or "" */
};

/* DIR as a run's directory, or as one of its checkpoints: .../checkpoints/step-000001407.
 * STATUS_USAGE. */
enum status resume_place(struct resume_place *place, const char *directory, struct error *error);

/* Once all options are read: with --resume DIR, `out` becomes the run's directory; with --resume
 * auto and a checkpoint in --out, `resume` becomes that directory. STATUS_USAGE. */
enum status resume_settle(struct options *options, struct error *error);

/* Whether a run is resumed: not by an auto that found nothing. */
bool resume_wanted(const struct options *options);

#endif
