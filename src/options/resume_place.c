#include "options/resume_place.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run/run_files.h"
#include "run/checkpoint_read.h"

/* Removes the last part of a path, and returns that part. */
static const char *cut_last(char *path)
{
    char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return "";
    *slash = '\0';
    return slash + 1;
}

struct resume_place resume_place_of(const char *directory)
{
    struct resume_place place = {.checkpoint = ""};
    char whole[PATH_MAX], path[PATH_MAX];
    snprintf(place.run, sizeof place.run, "%s", directory);
    if (!realpath(directory, whole))
        return place;
    memcpy(path, whole, sizeof path);
    if (strncmp(cut_last(path), "step-", 5) == 0 && strcmp(cut_last(path), RUN_CHECKPOINTS) == 0) {
        snprintf(place.run, sizeof place.run, "%s", path);
        snprintf(place.checkpoint, sizeof place.checkpoint, "%s", whole);
    }
    return place;
}

static enum status expect_run(const char *path, struct error *error)
{
    struct directory run;
    enum status status = directory_open(&run, path, error);
    if (!status)
        status = out_expect(&run, OUT_RUN, error);
    directory_close(&run);
    return status;
}

/* True if --resume auto can continue this run: the run must have a checkpoint. */
static bool can_continue(const struct resume_place *place)
{
    struct error ignored;
    return checkpoint_any(place->run) && expect_run(place->run, &ignored) == STATUS_OK;
}

bool resume_wanted(const struct options *options)
{
    return options->resume[0] && strcmp(options->resume, "auto") != 0;
}

enum status resume_settle(struct options *options, struct error *error)
{
    bool automatic = strcmp(options->resume, "auto") == 0;
    if (!options->resume[0])
        return STATUS_OK;
    struct resume_place place = resume_place_of(automatic ? options->out : options->resume);
    if (automatic && can_continue(&place))
        options->resume = options->out;
    if (!automatic)
        options->out = options_keep(options, place.run);
    return options->out
               ? STATUS_OK
               : fail(error, STATUS_NO_RESOURCE, "no memory for the name of the run's directory");
}

enum status reading_take_resume(struct reading *reading, struct error *error)
{
    struct options *options = reading->options;
    bool automatic = strcmp(options->resume, "auto") == 0;
    const char *directory = automatic ? options->out : options->resume;
    char path[FILE_PATH_MAX];
    if (!*directory || reading->config)
        return STATUS_OK;
    struct resume_place place = resume_place_of(directory);
    if (automatic && !can_continue(&place))
        return STATUS_OK;
    TRY(file_path(path, place.run, RUN_CONFIG, error));
    if (!file_exists(path))
        return fail(error, STATUS_NO_INPUT, "--resume %s: no run found: %s does not exist",
            directory, path);
    TRY(expect_run(place.run, error));
    reading->config = options_keep(options, path);
    return reading->config ? STATUS_OK
                           : fail(error, STATUS_NO_RESOURCE, "no memory for the path %s", path);
}
