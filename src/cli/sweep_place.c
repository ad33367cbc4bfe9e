#include "cli/sweep_place.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/definition.h"
#include "base/json.h"
#include "options/option_value.h"
#include "options/options_read.h"
#include "run/run_files.h"
#include "run/run_reader.h"
#include "api/resolved_options.h"
#include "api/run_directory.h"
#include "cli/sweep_run_read.h"

/* --- is it the same sweep? ------------------------------------------------------------------ */

static enum status compare_option(const struct option *option, const struct options *options,
    const struct options *old, struct error *error)
{
    char *now = option_text(option, options), *then = option_text(option, old);
    enum status status = STATUS_OK;
    if (!now || !then)
        status = fail(error, STATUS_NO_RESOURCE, "no memory for the text of --%s", option->name);
    else if (strcmp(now, then) != 0)
        status = fail(error, STATUS_USAGE,
            "--out %s holds a sweep of another configuration: --%s is %s there, and %s here; "
            "choose another directory, or start again with --overwrite",
            options->out, option->name, *then ? then : "not given", *now ? now : "not given");
    free(now);
    free(then);
    return status;
}

static enum status compare_options(
    const char *text, const char *path, const struct options *options, struct error *error)
{
    struct options old, now = *options;
    enum status status = options_from_text(&old, text, path, error);
    if (!status)
        status = options_make_absolute(&now, error);
    for (int i = 0; !status && i < option_count; i++)
        if (option_serves(&option_table[i], COMMAND_SWEEP) &&
            option_is_fixed_in_sweep(&option_table[i]))
            status = compare_option(&option_table[i], &now, &old, error);
    options_clear(&old);
    return status;
}

static enum status check_same_options(const struct options *options, struct error *error)
{
    char path[FILE_PATH_MAX], *text = NULL;
    enum status status = file_path(path, options->out, RUN_CONFIG, error);
    if (!status)
        status = run_read_config(options->out, &text, error);
    if (!status && text)
        status = compare_options(text, path, options, error);
    free(text);
    return status;
}

enum status sweep_place_check_data(
    const struct options *options, uint64_t data_xxh3, struct error *error)
{
    char path[FILE_PATH_MAX], now[32];
    struct json *json = NULL;
    enum status status = file_path(path, options->out, SWEEP_JSON, error);
    if (status || !file_exists(path))
        return status;
    status = run_read_json(path, &json, error);
    const char *then = status ? NULL : js_as_text(js_get(json, "data_xxh3"));
    snprintf(now, sizeof now, "%016" PRIx64, data_xxh3);
    if (!status && (!then || strcmp(then, now) != 0))
        status = fail(error, STATUS_BAD_DATA,
            "--out %s holds a sweep of other data: their XXH3 was %s and is %s; choose another "
            "directory, or start again with --overwrite",
            options->out, then ? then : "not recorded", now);
    js_destroy(json);
    return status;
}

/* --- may the directory be used? ------------------------------------------------------------- */

/* Calls visit() with the names that a run of this sweep may have; runs/ may be missing. */
struct run_visit {
    const struct directory *runs;
    enum status (*visit)(const struct directory *runs, const char *name, struct error *error);
};

static enum status visit_name(void *context, const char *name, struct error *error)
{
    const struct run_visit *visit = context;
    return sweep_key_is_name(name) ? visit->visit(visit->runs, name, error) : STATUS_OK;
}

static enum status visit_runs(const struct directory *place,
    enum status (*visit)(const struct directory *runs, const char *name, struct error *error),
    struct error *error)
{
    struct directory runs;
    struct run_visit each = {&runs, visit};
    if (directory_look(place, SWEEP_RUNS) == ENTRY_NONE)
        return STATUS_OK;
    enum status status = directory_enter(&runs, place, SWEEP_RUNS, false, error);
    if (!status)
        status = directory_each(&runs, visit_name, &each, error);
    directory_close(&runs);
    return status;
}

/* An entry with the name of a run must be a run, or empty. */
static enum status check_run(const struct directory *runs, const char *name, struct error *error)
{
    struct directory run;
    enum status status = directory_enter(&run, runs, name, false, error);
    if (!status)
        status = out_expect(&run, OUT_RUN, error);
    directory_close(&run);
    return status ? error->status = STATUS_CANNOT_CREATE : STATUS_OK;
}

/* The options that a sweep compares do not show the definition of its runs. */
static enum status check_definition(
    const struct directory *runs, const char *name, struct error *error)
{
    char run[FILE_PATH_MAX];
    int64_t definition = sweep_run_definition(directory_path(run, runs, name));
    if (definition == DEFINITION)
        return STATUS_OK;
    return fail(error, STATUS_BAD_DATA,
        "the sweep cannot be continued: its run %s was made under definition %" PRId64
        " of sums and random draws, and this version of lockstep has definition %d; continue with "
        "the version that made it (named in its summary.json or state.json), choose another "
        "directory, or start again with --overwrite",
        run, definition, DEFINITION);
}

static enum status check(
    const struct directory *place, const struct options *options, struct error *error)
{
    enum status status = out_expect(place, OUT_SWEEP, error);
    if (status || out_kind_of(place) == OUT_EMPTY)
        return status;
    status = directory_expect(place, SWEEP_RUNS, ENTRY_DIRECTORY, error);
    if (!status)
        status = run_files_expect(place, OF_SWEEP, error);
    if (!status)
        status = visit_runs(place, check_run, error);
    if (status || options->overwrite)
        return status;
    status = check_same_options(options, error);
    return status ? status : visit_runs(place, check_definition, error);
}

enum status sweep_place_check(const struct options *options, struct error *error)
{
    struct directory place;
    enum status status = out_open(&place, options->out, false, error);
    if (!status && place.descriptor >= 0)
        status = check(&place, options, error);
    directory_close(&place);
    return status;
}

/* --- making it ------------------------------------------------------------------------------ */

struct old_runs {
    const struct directory *runs;
    struct warnings *warnings;
};

/* Removes a run; anything else in runs/ stays. */
static enum status remove_run(void *context, const char *name, struct error *error)
{
    const struct old_runs *old = context;
    (void)error;
    if (sweep_key_is_name(name))
        run_directory_remove(old->runs, name, old->warnings);
    return STATUS_OK;
}

static enum status remove_old(const struct sweep_place *place, struct error *error)
{
    struct warnings warnings = {0};
    struct old_runs old = {&place->runs, &warnings};
    enum status status = directory_remove_file(&place->place, SWEEP_JSON, error);
    if (!status)
        status = directory_remove_file(&place->place, SWEEP_CSV, error);
    if (!status)
        status = directory_each(&place->runs, remove_run, &old, error);
    print_warnings(&warnings);
    return status;
}

static enum status write_config(
    const struct directory *place, const struct options *options, struct error *error)
{
    struct options record = *options;
    enum status status = options_make_absolute(&record, error);
    return status ? status : run_directory_write_config(place, &record, error);
}

/* config.ini comes first: it marks the directory as a sweep's. */
enum status sweep_place_create(
    struct sweep_place *place, const struct options *options, struct error *error)
{
    enum status status = out_open(&place->place, options->out, true, error);
    if (!status)
        status = directory_lock(&place->place, error);
    if (!status)
        status = check(&place->place, options, error);
    if (!status)
        status = run_directory_remove_parts(&place->place, error);
    if (!status)
        status = write_config(&place->place, options, error);
    if (!status)
        status = directory_enter(&place->runs, &place->place, SWEEP_RUNS, true, error);
    if (!status && options->overwrite)
        status = remove_old(place, error);
    return status;
}

void sweep_place_leave(struct sweep_place *place)
{
    directory_close(&place->runs);
    directory_close(&place->place);
}
