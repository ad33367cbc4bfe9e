#include "options/resume_place.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options/option_sources.h"
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

/* --- the run's config file ----------------------------------------------------------------- */

/* Returns the value of an option on the command line, or else in the environment; NULL: in
 * neither. */
static const char *early_value(
    const struct reading *reading, char *const *environment, const char *name)
{
    char variable[VARIABLE_MAX];
    const struct option *option = option_find(name);
    const char *value = reading->flag[option_index(option)];
    option_variable(option, variable);
    size_t length = strlen(variable);
    for (; !value && environment && *environment; environment++)
        if (strncmp(*environment, variable, length) == 0 && (*environment)[length] == '=' &&
            (*environment)[length + 1])
            value = *environment + length + 1;
    return value;
}

enum status reading_take_resume(
    struct reading *reading, char *const *environment, struct error *error)
{
    const char *resume = early_value(reading, environment, "resume");
    const char *out = early_value(reading, environment, "out");
    bool automatic = resume && strcmp(resume, "auto") == 0;
    if (!resume || !option_serves(option_find("resume"), reading->options->command) ||
        reading->config || (automatic && !out))
        return STATUS_OK;
    struct resume_place place = resume_place_of(automatic ? out : resume);
    if (automatic && !can_continue(&place))
        return STATUS_OK;
    enum status status = file_path(reading->resumed_config, place.run, RUN_CONFIG, error);
    if (!status && !file_exists(reading->resumed_config))
        status = fail(error, STATUS_NO_INPUT, "--resume %s: no run found: %s does not exist",
            automatic ? out : resume, reading->resumed_config);
    if (!status)
        status = expect_run(place.run, error);
    reading->config = reading->resumed_config;
    return status;
}
