#include "api/run_directory.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/output.h"
#include "options/options_read.h"
#include "run/run_files.h"
#include "run/checkpoint.h"

/* --- config.ini ----------------------------------------------------------------------------- */

enum { SOURCE_MAX = 2 * PATH_MAX };

/* Makes the path of a source absolute, or both of two paths separated by a comma. False if the
 * source is a name, or if a path does not exist. */
static bool absolute_source(char out[SOURCE_MAX], const char *source)
{
    char inputs[PATH_MAX], first[PATH_MAX], second[PATH_MAX];
    const char *comma = strchr(source, ',');
    if (!source[0] || strcmp(source, "fashion-mnist") == 0)
        return false;
    if (realpath(source, out))
        return true;
    if (!comma || comma - source >= PATH_MAX)
        return false;
    snprintf(inputs, sizeof inputs, "%.*s", (int)(comma - source), source);
    if (!realpath(inputs, first) || !realpath(comma + 1, second))
        return false;
    snprintf(out, SOURCE_MAX, "%s,%s", first, second);
    return true;
}

enum status options_make_absolute(struct options *options, struct error *error)
{
    const char **const source[] = {&options->data, &options->val_data, &options->test_data,
        &options->labels, &options->init_from};
    char absolute[SOURCE_MAX];
    for (size_t i = 0; i < sizeof source / sizeof *source; i++) {
        if (!absolute_source(absolute, *source[i]) || strlen(absolute) >= FILE_PATH_MAX)
            continue;
        *source[i] = options_keep(options, absolute);
        if (!*source[i])
            return fail(error, STATUS_NO_RESOURCE, "no memory for the path %s", absolute);
    }
    return STATUS_OK;
}

enum status options_resolve(struct options *record, const struct options *options,
    const struct session *session, struct error *error)
{
    const struct plan *plan = &session->job.settings.plan;
    *record = *options;
    record->batch.item[0] = plan->stage[0].batch;
    for (int s = 0; s < record->batch_schedule.n; s++)
        record->batch_schedule.item[s].batch = plan->stage[s].batch;
    record->loss = session->job.settings.criterion.kind;
    return options_make_absolute(record, error);
}

enum status run_directory_write_config(
    const struct directory *place, const struct options *options, struct error *error)
{
    char *text = NULL;
    TRY(options_to_text(options, TEXT_RECORD, &text, error));
    enum status status = output_write_whole(place, RUN_CONFIG, text, strlen(text), error);
    free(text);
    return status;
}

/* --- warnings -------------------------------------------------------------------------------- */

void print_warnings(const struct warnings *warnings)
{
    if (warnings->n == 1)
        fprintf(stderr, "lockstep: warning: %s\n", warnings->first.text);
    else if (warnings->n > 1)
        fprintf(
            stderr, "lockstep: warning: %s; and %d more\n", warnings->first.text, warnings->n - 1);
}

/* --- checking the directory ------------------------------------------------------------------ */

/* With --resume auto, a directory with a run is accepted even if the run has no checkpoint. The run
 * then starts from the beginning. */
static enum status check(
    const struct directory *place, const struct options *options, struct error *error)
{
    const char *path = place->path;
    TRY(out_expect(place, OUT_RUN, error));
    if (out_kind_of(place) == OUT_EMPTY)
        return STATUS_OK;
    if (!options->overwrite && !options->resume[0])
        return fail(error, STATUS_CANNOT_CREATE,
            "--out %s is not empty; choose another directory, add --overwrite, or continue the run "
            "in it with --resume %s",
            path, path);
    TRY(directory_expect(place, RUN_CHECKPOINTS, ENTRY_DIRECTORY, error));
    return run_files_expect(place, OF_RUN, error);
}

enum status run_directory_check(const struct options *options, struct error *error)
{
    struct directory place = {.descriptor = -1};
    enum status status = options->out[0] ? out_open(&place, options->out, false, error) : STATUS_OK;
    if (!status && place.descriptor >= 0)
        status = check(&place, options, error);
    directory_close(&place);
    return status;
}

/* --- removing ------------------------------------------------------------------------------- */

static enum status remove_part(void *context, const char *name, struct error *error)
{
    const struct directory *place = context;
    if (run_file_is_temporary(name, OF_ALL & ~OF_CHECKPOINT) &&
        directory_look(place, name) == ENTRY_FILE)
        directory_remove_file(place, name, error);
    return STATUS_OK;
}

enum status run_directory_remove_parts(const struct directory *place, struct error *error)
{
    return directory_each(place, remove_part, (void *)(uintptr_t)place, error);
}

/* Collects warnings about the entries that --overwrite does not remove. */
struct strangers {
    const struct directory *place;
    const char *log_csv; /* is about to be replaced; "": none */
    struct warnings *warnings;
};

static enum status note_stranger(void *context, const char *name, struct error *error)
{
    struct strangers *strangers = context;
    char path[FILE_PATH_MAX];
    directory_path(path, strangers->place, name);
    if (run_file_is(name, OF_RUN | OF_REPORT) || strcmp(name, RUN_CHECKPOINTS) == 0 ||
        file_is_same(path, strangers->log_csv))
        return STATUS_OK;
    fail(error, STATUS_OK, "%s was not written by lockstep and is left unchanged", path);
    warnings_note(strangers->warnings, error);
    return STATUS_OK;
}

/* Removes old results. The model is kept, since this run may start from it. */
static enum status remove_old(const struct directory *place, const struct run_state *resumed,
    const char *log_csv, struct warnings *warnings, struct error *error)
{
    struct strangers strangers = {place, log_csv, warnings};
    TRY(run_directory_remove_parts(place, error));
    TRY(checkpoint_clean(place, resumed ? resumed->step : 0, warnings, error));
    TRY(directory_remove_file(place, RUN_SUMMARY, error));
    if (resumed)
        return STATUS_OK;
    TRY(directory_remove_file(place, RUN_LOG, error));
    return directory_each(place, note_stranger, &strangers, error);
}

static enum status remove_run(
    const struct directory *place, struct warnings *warnings, struct error *error)
{
    TRY(out_expect(place, OUT_RUN, error));
    TRY(remove_old(place, NULL, "", warnings, error));
    TRY(directory_remove_file(place, RUN_MODEL, error));
    return directory_remove_file(place, RUN_REPORT, error);
}

static bool is_config(const char *name)
{
    return strcmp(name, RUN_CONFIG) == 0;
}

/* config.ini marks the directory as a run, so it is removed last, and only if no other file is
 * left. */
void run_directory_remove(
    const struct directory *parent, const char *name, struct warnings *warnings)
{
    struct directory place;
    struct error error;
    struct warnings left = {0};
    enum status status = directory_enter(&place, parent, name, false, &error);
    if (!status)
        status = remove_run(&place, &left, &error);
    directory_close(&place);
    if (!status && left.n == 0)
        directory_remove(parent, name, is_config, warnings);
    if (status)
        warnings_note(warnings, &error);
    for (int i = 0; i < left.n; i++)
        warnings_note(warnings, &left.first);
}

/* --- making the directory ------------------------------------------------------------------- */

/* Makes runs/20260131-174500. Appends -2, -3 ... if another run already has that name, e.g. because
 * it started in the same second. */
static enum status make_default(char path[FILE_PATH_MAX], struct error *error)
{
    char stamp[32];
    time_t now = time(NULL);
    struct tm local;
    localtime_r(&now, &local);
    strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", &local);
    snprintf(path, FILE_PATH_MAX, "runs/%s", stamp);
    TRY(file_make_directory("runs", error));
    for (int i = 2; mkdir(path, 0777) != 0; i++) {
        if (errno != EEXIST)
            return fail_errno(error, STATUS_CANNOT_CREATE, errno, "cannot make directory %s", path);
        snprintf(path, FILE_PATH_MAX, "runs/%s-%d", stamp, i);
    }
    return STATUS_OK;
}

static enum status open_place(struct directory *place, const struct options *options,
    const struct directory *within, struct error *error)
{
    char path[FILE_PATH_MAX];
    const char *slash = strrchr(options->out, '/');
    if (within)
        return directory_enter(place, within, slash ? slash + 1 : options->out, true, error);
    if (options->out[0])
        return out_open(place, options->out, true, error);
    TRY(make_default(path, error));
    return out_open(place, path, true, error);
}

/* Check again, now with the lock: the directory may have changed since run_directory_check(). */
enum status run_directory_create(struct directory *place, const struct options *options,
    const struct run_state *resumed, const struct directory *within, struct error *error)
{
    struct warnings warnings = {0};
    TRY(open_place(place, options, within, error));
    TRY(directory_lock(place, error));
    TRY(check(place, options, error));
    enum status status = remove_old(place, resumed, options->log_csv, &warnings, error);
    print_warnings(&warnings);
    return status ? status : run_directory_write_config(place, options, error);
}
