#include "api/run_directory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/output.h"
#include "run/out_kind.h"
#include "run/checkpoint.h"

const char run_metrics[] = "metrics.jsonl", run_summary[] = "summary.json",
           run_model[] = "model.safetensors";

void print_warnings(const struct warnings *warnings)
{
    if (warnings->n == 1)
        fprintf(stderr, "lockstep: warning: %s\n", warnings->first.text);
    else if (warnings->n > 1)
        fprintf(
            stderr, "lockstep: warning: %s; and %d more\n", warnings->first.text, warnings->n - 1);
}

/* --- what may be used ---------------------------------------------------------------------- */

static enum status expect_kinds(const struct directory *place, struct error *error)
{
    const char *const file[] = {out_config, run_metrics, run_summary, run_model};
    enum status status = directory_expect(place, checkpoint_directory, ENTRY_DIRECTORY, error);
    for (size_t i = 0; !status && i < sizeof file / sizeof *file; i++)
        status = directory_expect(place, file[i], ENTRY_FILE, error);
    return status;
}

/* With --resume auto, a run that ended before its first checkpoint begins again. */
static enum status check(
    const struct directory *place, const struct options *options, struct error *error)
{
    const char *path = place->path;
    enum status status = out_expect(place, OUT_RUN, error);
    if (status || out_kind_of(place) == OUT_EMPTY)
        return status;
    if (!options->overwrite && !options->resume[0])
        return fail(error, STATUS_CANNOT_CREATE,
            "--out %s is not empty; choose another directory, add --overwrite, or go on with the "
            "run in it by --resume %s",
            path, path);
    return expect_kinds(place, error);
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

/* --- removing ------------------------------------------------------------------------------ */

static enum status remove_part(void *context, const char *name, struct error *error)
{
    static const char *const of[] = {"config.ini", "summary.json", "model.safetensors",
        "report.html", "sweep.json", "sweep.csv"};
    const struct directory *place = context;
    bool ours = false;
    for (size_t i = 0; i < sizeof of / sizeof *of; i++)
        ours |= directory_is_temporary(name, of[i]);
    if (ours && directory_look(place, name) == ENTRY_FILE)
        directory_remove_file(place, name, error);
    return STATUS_OK;
}

enum status run_directory_remove_parts(const struct directory *place, struct error *error)
{
    return directory_each(place, remove_part, (void *)(uintptr_t)place, error);
}

/* What --overwrite leaves. */
struct strangers {
    const struct directory *place;
    struct warnings *warnings;
};

static enum status note_stranger(void *context, const char *name, struct error *error)
{
    static const char *const ours[] = {"config.ini", "metrics.jsonl", "summary.json",
        "model.safetensors", "report.html", "checkpoints"};
    struct strangers *strangers = context;
    char path[FILE_PATH_MAX];
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (strcmp(name, ours[i]) == 0)
            return STATUS_OK;
    fail(error, STATUS_OK, "%s was not written by lockstep and is left as it is",
        directory_path(path, strangers->place, name));
    warnings_note(strangers->warnings, error);
    return STATUS_OK;
}

/* The old model stays until the new one replaces it: it may be what this run starts from. */
static enum status remove_old(const struct directory *place, const struct run_state *resumed,
    struct warnings *warnings, struct error *error)
{
    struct strangers strangers = {place, warnings};
    enum status status = run_directory_remove_parts(place, error);
    if (!status)
        status = checkpoint_clean(place, resumed ? resumed->step : 0, warnings, error);
    if (!status && !resumed)
        status = directory_remove_file(place, run_metrics, error);
    if (!status)
        status = directory_remove_file(place, run_summary, error);
    if (!status && !resumed)
        status = directory_each(place, note_stranger, &strangers, error);
    return status;
}

static bool is_config(const char *name)
{
    return strcmp(name, out_config) == 0;
}

/* config.ini is the mark: it goes last, and stays with whatever else does. */
void run_directory_remove(
    const struct directory *parent, const char *name, struct warnings *warnings)
{
    struct directory place;
    struct error error;
    struct warnings left = {0};
    enum status status = directory_enter(&place, parent, name, false, &error);
    if (!status)
        status = out_expect(&place, OUT_RUN, &error);
    if (!status)
        status = remove_old(&place, NULL, &left, &error);
    if (!status)
        status = directory_remove_file(&place, run_model, &error);
    if (!status)
        status = directory_remove_file(&place, "report.html", &error);
    directory_close(&place);
    if (!status && left.n == 0)
        directory_remove(parent, name, is_config, warnings);
    if (status)
        warnings_note(warnings, &error);
    for (int i = 0; i < left.n; i++)
        warnings_note(warnings, &left.first);
}

/* --- making it ----------------------------------------------------------------------------- */

/* Makes runs/20260131-174500, with -2, -3 ... behind it when that is another run's, perhaps one
 * that began in the same second. */
static enum status make_default(char path[FILE_PATH_MAX], struct error *error)
{
    char stamp[32];
    time_t now = time(NULL);
    struct tm local;
    localtime_r(&now, &local);
    strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", &local);
    snprintf(path, FILE_PATH_MAX, "runs/%s", stamp);
    enum status status = file_make_directory("runs", error);
    for (int i = 2; !status && mkdir(path, 0777) != 0; i++) {
        if (errno != EEXIST)
            return fail_errno(error, STATUS_CANNOT_CREATE, errno, "cannot make directory %s", path);
        snprintf(path, FILE_PATH_MAX, "runs/%s-%d", stamp, i);
    }
    return status;
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
    enum status status = make_default(path, error);
    return status ? status : out_open(place, path, true, error);
}

static enum status write_config(
    const struct directory *place, const struct options *options, struct error *error)
{
    char *text = NULL;
    enum status status = options_to_text(options, TEXT_RECORD, &text, error);
    if (!status)
        status = output_write_whole(place, out_config, text, strlen(text), error);
    free(text);
    return status;
}

/* Once nobody else has it, it is looked at again: time has passed since run_directory_check(). */
enum status run_directory_create(struct run_directory *directory, const struct options *options,
    const struct run_state *resumed, const struct directory *within, struct error *error)
{
    struct directory *place = &directory->place;
    struct warnings warnings = {0};
    enum status status = open_place(place, options, within, error);
    if (status)
        return status;
    directory_path(directory->metrics, place, run_metrics);
    status = directory_lock(place, error);
    if (!status)
        status = check(place, options, error);
    if (!status)
        status = remove_old(place, resumed, &warnings, error);
    print_warnings(&warnings);
    return status ? status : write_config(place, options, error);
}

void run_directory_leave(struct run_directory *directory)
{
    directory_close(&directory->place);
}
