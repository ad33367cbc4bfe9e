#include "cli/study_place.h"

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
#include "api/run_directory.h"
#include "cli/study_run.h"

/* --- is it the same study? ------------------------------------------------------------------ */

static enum status compare_option(const struct study *study, const struct option *option,
    const struct options *options, const struct options *old, struct error *error)
{
    char *now = NULL, *then = NULL;
    enum status status = option_text(&now, option, options, error);
    if (!status)
        status = option_text(&then, option, old, error);
    if (!status && strcmp(now, then) != 0)
        status = fail(error, STATUS_USAGE,
            "--out %s holds a %s with a different configuration: --%s is %s there, but %s here; "
            "choose another directory, or start again with --overwrite",
            options->out, study->noun, option->name, *then ? then : "not given",
            *now ? now : "not given");
    free(now);
    free(then);
    return status;
}

static enum status compare_options(const struct study *study, const char *text, const char *path,
    const struct options *options, struct error *error)
{
    struct options old, now = *options;
    enum status status = options_from_text(&old, text, path, error);
    if (!status)
        status = options_make_absolute(&now, error);
    for (int i = 0; !status && i < option_count; i++)
        if (option_serves(&option_table[i], study->command) &&
            option_is_fixed_in_study(&option_table[i], study->command))
            status = compare_option(study, &option_table[i], &now, &old, error);
    options_clear(&old);
    return status;
}

static enum status check_same_options(
    const struct study *study, const struct options *options, struct error *error)
{
    char path[FILE_PATH_MAX], *text = NULL;
    TRY(file_path(path, options->out, RUN_CONFIG, error));
    TRY(run_read_config(options->out, &text, error));
    enum status status = text ? compare_options(study, text, path, options, error) : STATUS_OK;
    free(text);
    return status;
}

static enum status check_data(const struct study *study, const struct options *options,
    uint64_t data_xxh3, struct error *error)
{
    char path[FILE_PATH_MAX], now[32];
    struct json *json = NULL;
    enum status status = STATUS_OK;
    TRY(file_path(path, options->out, study->json, error));
    if (!file_exists(path))
        return STATUS_OK;
    TRY(run_read_json(path, &json, error));
    const char *then = js_as_text(js_get(json, "data_xxh3"));
    snprintf(now, sizeof now, "%016" PRIx64, data_xxh3);
    if (!then || strcmp(then, now) != 0)
        status = fail(error, STATUS_BAD_DATA,
            "--out %s holds a %s of different data: their XXH3 was %s and is now %s; choose "
            "another "
            "directory, or start again with --overwrite",
            options->out, study->noun, then ? then : "not recorded", now);
    js_destroy(json);
    return status;
}

/* --- the runs in it ------------------------------------------------------------------------- */

/* Calls visit() for each entry of runs/ whose name is that of a run; runs/ may be missing. */
struct run_visit {
    struct directory runs;
    enum status (*visit)(struct run_visit *visit, const char *name, struct error *error);
    const struct study *study;
    const struct options *options;
    struct warnings warnings;
};

static enum status visit_name(void *context, const char *name, struct error *error)
{
    struct run_visit *visit = context;
    return visit->study->is_run(name) ? visit->visit(visit, name, error) : STATUS_OK;
}

static enum status visit_runs(
    struct run_visit *visit, const struct directory *place, struct error *error)
{
    if (directory_look(place, STUDY_RUNS) == ENTRY_NONE)
        return STATUS_OK;
    enum status status = directory_enter(&visit->runs, place, STUDY_RUNS, false, error);
    if (!status)
        status = directory_each(&visit->runs, visit_name, visit, error);
    directory_close(&visit->runs);
    return status;
}

/* Checks that a run has the definition of this program (base/definition.h), since comparing the
 * options does not cover it. */
static enum status check_definition(
    const struct study *study, const struct directory *runs, const char *name, struct error *error)
{
    char run[FILE_PATH_MAX];
    int64_t definition = study_run_definition(directory_path(run, runs, name));
    if (definition == DEFINITION)
        return STATUS_OK;
    return fail(error, STATUS_BAD_DATA,
        "the %s cannot be continued: its run %s was made under definition %" PRId64
        " of sums and random draws, and this version of lockstep has definition %d; continue with "
        "the version that made it (named in its summary.json or state.json), choose another "
        "directory, or start again with --overwrite",
        study->noun, run, definition, DEFINITION);
}

/* Checks that an entry with the name of a run is a run or an empty directory. */
static enum status check_run(struct run_visit *visit, const char *name, struct error *error)
{
    struct directory run;
    enum status status = directory_enter(&run, &visit->runs, name, false, error);
    if (!status)
        status = out_expect(&run, OUT_RUN, error);
    directory_close(&run);
    if (status)
        return error->status = STATUS_CANNOT_CREATE;
    return visit->options->overwrite ? STATUS_OK
                                     : check_definition(visit->study, &visit->runs, name, error);
}

/* Removes a run; any other entry of runs/ stays. */
static enum status remove_run(struct run_visit *visit, const char *name, struct error *error)
{
    (void)error;
    run_directory_remove(&visit->runs, name, &visit->warnings);
    return STATUS_OK;
}

/* --- checking and making it ----------------------------------------------------------------- */

static enum status check(const struct study *study, const struct directory *place,
    const struct options *options, struct error *error)
{
    struct run_visit visit = {.visit = check_run, .study = study, .options = options};
    TRY(out_expect(place, study->kind, error));
    if (out_kind_of(place) == OUT_EMPTY)
        return STATUS_OK;
    TRY(directory_expect(place, STUDY_RUNS, ENTRY_DIRECTORY, error));
    TRY(run_files_expect(place, study->owner, error));
    TRY(visit_runs(&visit, place, error));
    return options->overwrite ? STATUS_OK : check_same_options(study, options, error);
}

enum status study_place_check(
    const struct study *study, const struct options *options, struct error *error)
{
    struct directory place;
    enum status status = out_open(&place, options->out, false, error);
    if (!status && place.descriptor >= 0)
        status = check(study, &place, options, error);
    directory_close(&place);
    return status;
}

static enum status remove_old(
    const struct study *study, const struct directory *place, struct error *error)
{
    struct run_visit visit = {.visit = remove_run, .study = study};
    TRY(run_files_remove(place, study->owner, error));
    enum status status = visit_runs(&visit, place, error);
    print_warnings(&visit.warnings);
    return status;
}

/* Writes config.ini first, since it marks the directory as one of a study. */
enum status study_place_create(struct directory *place, struct directory *runs,
    const struct study *study, const struct options *options, uint64_t data_xxh3,
    struct error *error)
{
    struct options record = *options;
    TRY(out_open(place, options->out, true, error));
    TRY(directory_lock(place, error));
    TRY(check(study, place, options, error));
    if (!options->overwrite)
        TRY(check_data(study, options, data_xxh3, error));
    TRY(run_directory_remove_parts(place, error));
    TRY(options_make_absolute(&record, error));
    TRY(run_directory_write_config(place, &record, error));
    TRY(directory_enter(runs, place, STUDY_RUNS, true, error));
    return options->overwrite ? remove_old(study, place, error) : STATUS_OK;
}
