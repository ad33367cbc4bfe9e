#include "cli/sweep_place.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/definition.h"
#include "base/json.h"
#include "cli/option_value.h"
#include "cli/resolved_options.h"
#include "cli/run_directory.h"
#include "cli/sweep_runs.h"
#include "train/checkpoint.h"

enum { LARGEST_CONFIG = 1 << 20, LARGEST_RESULT = 1 << 30 };

static enum status name_files(struct sweep_place *place, const char *out, struct error *error)
{
    *place = (struct sweep_place){.lock = -1};
    snprintf(place->path, sizeof place->path, "%s", out);
    enum status status = file_path(place->config, out, "config.ini", error);
    if (!status)
        status = file_path(place->json, out, "sweep.json", error);
    if (!status)
        status = file_path(place->csv, out, "sweep.csv", error);
    if (!status)
        status = file_path(place->runs, out, "runs", error);
    return status;
}

/* --- the same sweep? ----------------------------------------------------------------------- */

static bool may_differ(const struct option *option)
{
    static const char *const name[] = {"batch", "lr-grid", "seeds", "threads", "team", "kernel",
        "pass-rows", "memory", "log-every", "checkpoint-every", "verify-every", "keep", "progress",
        "stall-warn", "stall-timeout"};
    for (size_t i = 0; i < sizeof name / sizeof *name; i++)
        if (strcmp(option->name, name[i]) == 0)
            return true;
    return option->place || option->kind == KIND_CONFIG || option->kind == KIND_HELP ||
           !option_serves(option, COMMAND_SWEEP);
}

static enum status compare(const struct option *option, const struct options *options,
    const struct options *old, struct error *error)
{
    char *now = option_text(option, options), *then = option_text(option, old);
    enum status status = STATUS_OK;
    if (!now || !then)
        status = fail(error, STATUS_NO_RESOURCE, "no memory for the text of --%s", option->name);
    else if (strcmp(now, then) != 0)
        status = fail(error, STATUS_USAGE,
            "--out %s holds a sweep of another configuration: --%s is %s there, and %s here; "
            "choose another directory, or begin anew by --overwrite",
            options->out, option->name, *then ? then : "not given", *now ? now : "not given");
    free(now);
    free(then);
    return status;
}

static enum status match(
    const char *text, const char *path, const struct options *options, struct error *error)
{
    struct options old, now = *options;
    enum status status = options_from_text(&old, text, path, error);
    options_make_absolute(&now);
    for (int i = 0; !status && i < option_count; i++)
        if (!may_differ(&option_table[i]))
            status = compare(&option_table[i], &now, &old, error);
    return status;
}

/* Runs of two definitions cannot be told apart by what a sweep compares. */
static enum status check_definition(void *context, const char *name, struct error *error)
{
    const struct sweep_place *place = context;
    char run[FILE_PATH_MAX];
    if (!sweep_key_is_name(name))
        return STATUS_OK;
    enum status status = file_path(run, place->runs, name, error);
    if (status)
        return status;
    int64_t definition = sweep_run_definition(run);
    if (definition != DEFINITION)
        return fail(error, STATUS_BAD_DATA,
            "--out %s cannot be continued: its run %s was made under definition %" PRId64
            " of sums and random draws, and this version of lockstep has definition %d; continue "
            "with the version that made it (summary.json and state.json name it), choose another "
            "directory, or begin anew by --overwrite",
            place->path, run, definition, DEFINITION);
    return STATUS_OK;
}

enum status sweep_place_find(
    struct sweep_place *place, const struct options *options, struct error *error)
{
    bool empty = true;
    char *text = NULL;
    size_t size;
    enum status status = name_files(place, options->out, error);
    if (!status)
        status = file_directory_is_empty(place->path, &empty, error);
    if (status || empty || options->overwrite)
        return status;
    if (!file_exists(place->config) ||
        file_read_whole(place->config, LARGEST_CONFIG, &text, &size, error) ||
        !strstr(text, "\n[sweep]\n"))
        status = fail(error, STATUS_CANNOT_CREATE,
            "--out %s is not empty and holds no sweep; choose another directory, or add "
            "--overwrite",
            place->path);
    else
        status = match(text, place->config, options, error);
    if (!status)
        status = file_each(place->runs, check_definition, place, error);
    free(text);
    return status;
}

enum status sweep_place_check_data(
    const struct sweep_place *place, uint64_t data_xxh3, struct error *error)
{
    char now[32], *text = NULL;
    struct json *json = NULL;
    size_t size;
    if (!file_exists(place->json))
        return STATUS_OK;
    enum status status = file_read_whole(place->json, LARGEST_RESULT, &text, &size, error);
    if (!status)
        status = js_parse(text, size, place->json, &json, error);
    const char *then = status ? NULL : js_as_text(js_get(json, "data_xxh3"));
    snprintf(now, sizeof now, "%016" PRIx64, data_xxh3);
    if (!status && (!then || strcmp(then, now) != 0))
        status = fail(error, STATUS_BAD_DATA,
            "--out %s holds a sweep of other data: their XXH3 was %s and is %s; choose another "
            "directory, or begin anew by --overwrite",
            place->path, then ? then : "not noted", now);
    js_destroy(json);
    free(text);
    return status;
}

/* --- making it ----------------------------------------------------------------------------- */

/* Of a sweep, and nothing else that might lie in a directory of that name. */
static enum status remove_run(void *context, const char *name, struct error *error)
{
    char run[FILE_PATH_MAX], checkpoints[FILE_PATH_MAX];
    if (!sweep_key_is_name(name))
        return STATUS_OK;
    enum status status = file_path(run, context, name, error);
    if (!status && file_is_link(run)) /* what it points to is not the sweep's */
        return unlink(run) == 0 ? STATUS_OK : fail(error, STATUS_IO, "cannot remove %s", run);
    if (!status)
        status = file_path(checkpoints, run, "checkpoints", error);
    if (!status && file_is_link(checkpoints))
        return fail(
            error, STATUS_IO, "%s is a link, which --overwrite does not follow", checkpoints);
    if (!status)
        status = checkpoint_clean(checkpoints, 0, error);
    return status ? status : file_remove_directory(run, error);
}

static enum status remove_old(const struct sweep_place *place, struct error *error)
{
    char runs[FILE_PATH_MAX];
    memcpy(runs, place->runs, sizeof runs);
    if (file_is_link(runs))
        return fail(error, STATUS_IO, "%s is a link, which --overwrite does not follow", runs);
    unlink(place->json);
    unlink(place->csv);
    return file_each(runs, remove_run, runs, error);
}

static enum status write_config(
    const struct sweep_place *place, const struct options *options, struct error *error)
{
    struct options record = *options;
    char *text = NULL;
    options_make_absolute(&record);
    enum status status = options_to_text(&record, TEXT_RECORD, &text, error);
    if (!status)
        status = file_write_whole(place->config, text, strlen(text), error);
    free(text);
    return status;
}

enum status sweep_place_create(
    struct sweep_place *place, const struct options *options, struct error *error)
{
    enum status status = file_make_directory(place->path, error);
    if (!status)
        status = directory_lock(&place->lock, place->path, error);
    if (!status)
        status = directory_remove_parts(place->path, error);
    if (!status && options->overwrite)
        status = remove_old(place, error);
    if (!status)
        status = write_config(place, options, error);
    if (!status)
        status = file_make_directory(place->runs, error);
    return status;
}

void sweep_place_leave(struct sweep_place *place)
{
    directory_unlock(&place->lock);
}
