#include "options/resume_place.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options/option_reading.h"
#include "run/out_kind.h"
#include "run/checkpoint.h"

/* The last part of a path; what is before it stays in `path`. */
static const char *cut_last(char *path)
{
    char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return "";
    *slash = '\0';
    return slash + 1;
}

enum status resume_place(struct resume_place *place, const char *directory, struct error *error)
{
    char path[PATH_MAX];
    memset(place, 0, sizeof *place);
    snprintf(place->run, sizeof place->run, "%s", directory);
    if (realpath(directory, path)) {
        char whole[PATH_MAX];
        snprintf(whole, sizeof whole, "%s", path);
        if (strncmp(cut_last(path), "step-", 5) == 0 &&
            strcmp(cut_last(path), "checkpoints") == 0) {
            snprintf(place->run, sizeof place->run, "%s", path);
            snprintf(place->checkpoint, sizeof place->checkpoint, "%s", whole);
        }
    }
    return file_path(place->checkpoints, place->run, "checkpoints", error);
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

/* What --resume auto goes on with: a run that has a checkpoint. */
static bool goes_on(const struct resume_place *place)
{
    struct error ignored;
    return checkpoint_any(place->checkpoints) && expect_run(place->run, &ignored) == STATUS_OK;
}

bool resume_wanted(const struct options *options)
{
    return options->resume[0] && strcmp(options->resume, "auto") != 0;
}

enum status resume_settle(struct options *options, struct error *error)
{
    struct resume_place place;
    bool automatic = strcmp(options->resume, "auto") == 0;
    if (!options->resume[0])
        return STATUS_OK;
    enum status status = resume_place(&place, automatic ? options->out : options->resume, error);
    if (!status && automatic && goes_on(&place))
        memcpy(options->resume, options->out, sizeof options->resume);
    if (!status && !automatic) {
        memset(options->out, 0, sizeof options->out);
        memcpy(options->out, place.run, strlen(place.run));
    }
    return status;
}

/* --- the run's config file ----------------------------------------------------------------- */

/* As the command line says, or else the environment; NULL: neither does. */
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
    struct resume_place place;
    const char *resume = early_value(reading, environment, "resume");
    const char *out = early_value(reading, environment, "out");
    bool automatic = resume && strcmp(resume, "auto") == 0;
    if (!resume || !option_serves(option_find("resume"), reading->options->command) ||
        reading->config || (automatic && !out))
        return STATUS_OK;
    enum status status = resume_place(&place, automatic ? out : resume, error);
    if (status || (automatic && !goes_on(&place)))
        return status;
    status = file_path(reading->resumed_config, place.run, "config.ini", error);
    if (!status && !file_exists(reading->resumed_config))
        status = fail(error, STATUS_NO_INPUT, "--resume %s: there is no run: %s does not exist",
            automatic ? out : resume, reading->resumed_config);
    if (!status)
        status = expect_run(place.run, error);
    reading->config = reading->resumed_config;
    return status;
}
