#include "report/page/report_input.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/rows.h"
#include "run/run_files.h"
#include "run/run_reader.h"

/* Enlarges an array of n items by one item, which is set to zero. */
static enum status grow(void *items_at, int n, size_t size, struct error *error)
{
    char **items = items_at, *grown = realloc(*items, ((size_t)n + 1) * size);
    if (!grown)
        return fail(error, STATUS_NO_RESOURCE, "no memory for %d items of a report", n + 1);
    memset(grown + (size_t)n * size, 0, size);
    *items = grown;
    return STATUS_OK;
}

static enum status add_run(struct run **runs, int *n, const char *directory, struct error *error)
{
    TRY(grow(runs, *n, sizeof **runs, error));
    TRY(run_record_read(&(*runs)[*n], directory, error));
    ++*n;
    return STATUS_OK;
}

/* --- sweeps ---------------------------------------------------------------------------------- */

/* Returns the run that represents a batch size: the one at its rate with the lowest seed. NULL:
 * none. */
static const struct json *chosen_run(const struct json *runs, const struct json *batch)
{
    struct rows some = {.n = 0};
    for (size_t i = 0; i < js_size(runs) && some.n < ROWS_MAX; i++)
        if (row_number(js_item(runs, i), "batch") == row_number(batch, "batch") &&
            row_number(js_item(runs, i), "lr") == row_number(batch, "lr"))
            some.row[some.n++] = js_item(runs, i);
    return rows_least(&some, "seed");
}

/* Adds the run that represents a batch size, from the directory runs/ beside sweep.json. A missing
 * run is counted in `lacking`. */
static enum status add_chosen(
    struct sweep_file *sweep, const char *directory, const struct json *entry, struct error *error)
{
    char runs[FILE_PATH_MAX], path[FILE_PATH_MAX] = "";
    const char *name = row_text(entry, "directory");
    TRY(file_path(runs, directory, STUDY_RUNS, error));
    if (name && *name && !strchr(name, '/') && strcmp(name, "..") != 0)
        TRY(file_path(path, runs, name, error));
    if (*path && run_exists(path))
        return add_run(&sweep->run, &sweep->runs, path, error);
    sweep->lacking++;
    return STATUS_OK;
}

static enum status read_sweep(struct sweep_file *sweep, const char *directory, struct error *error)
{
    const struct json *runs = js_get(sweep->json, "runs");
    struct rows batches = rows_of(js_get(sweep->json, "batches"));
    if (batches.n == 0)
        return fail(error, STATUS_BAD_DATA,
            "%s: no \"batches\": not written by lockstep sweep, or none of its runs has finished",
            sweep->path);
    for (int i = 0; i < batches.n; i++)
        TRY(add_chosen(sweep, directory, chosen_run(runs, batches.row[i]), error));
    return run_read_config(directory, &sweep->config, error);
}

static void sweep_clear(struct sweep_file *sweep)
{
    for (int i = 0; i < sweep->runs; i++)
        run_record_clear(&sweep->run[i]);
    free(sweep->run);
    free(sweep->config);
    js_destroy(sweep->json);
}

static enum status add_sweep(
    struct report_input *input, const char *path, struct json *json, struct error *error)
{
    char directory[FILE_PATH_MAX] = ".";
    const char *slash = strrchr(path, '/');
    if (slash)
        snprintf(directory, sizeof directory, "%.*s", (int)(slash - path + (slash == path)), path);
    struct sweep_file sweep = {.json = json};
    snprintf(sweep.path, sizeof sweep.path, "%s", path);
    enum status status = read_sweep(&sweep, directory, error);
    if (!status)
        status = grow(&input->sweep, input->sweeps, sizeof *input->sweep, error);
    if (status)
        sweep_clear(&sweep);
    else
        input->sweep[input->sweeps++] = sweep;
    return status;
}

/* --- files ----------------------------------------------------------------------------------- */

static enum status add_bench(
    struct report_input *input, const char *path, struct json *json, struct error *error)
{
    enum status status = grow(&input->bench, input->benches, sizeof *input->bench, error);
    if (!status && js_size(js_get(json, "results")) == 0)
        status = fail(error, STATUS_BAD_DATA,
            "%s: no \"results\": not the complete output of lockstep bench --json", path);
    if (status) {
        js_destroy(json);
        return status;
    }
    struct bench_file *bench = &input->bench[input->benches++];
    snprintf(bench->path, sizeof bench->path, "%s", path);
    bench->json = json;
    return STATUS_OK;
}

static enum status add_file(struct report_input *input, const char *path, struct error *error)
{
    struct json *json = NULL;
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    if (run_file_is(name, OF_RUN))
        return fail(
            error, STATUS_BAD_DATA, "%s: only a part of a run; pass the run's directory", path);
    TRY(run_read_json(path, &json, error));
    if (row_text(json, "bench"))
        return add_bench(input, path, json, error);
    if (row_is(json, "kind", "sweep"))
        return add_sweep(input, path, json, error);
    js_destroy(json);
    return fail(error, STATUS_BAD_DATA,
        "%s: neither the output of lockstep bench --json nor a sweep.json; for a run, pass its "
        "directory",
        path);
}

/* --- directories ----------------------------------------------------------------------------- */

/* Adds a directory if it belongs to a run or a sweep, and sets *taken accordingly. */
static enum status add_one_directory(
    struct report_input *input, const char *path, bool *taken, struct error *error)
{
    char sweep[FILE_PATH_MAX];
    TRY(file_path(sweep, path, SWEEP_JSON, error));
    bool swept = file_exists(sweep);
    *taken = swept || run_exists(path);
    if (swept)
        return add_file(input, sweep, error);
    return *taken ? add_run(&input->run, &input->runs, path, error) : STATUS_OK;
}

/* Does the same for the entry `name` of the directory `path`, but only notes a damaged run or
 * sweep. */
static enum status add_inner(
    struct report_input *input, const char *path, const char *name, int *found, struct error *error)
{
    char inner[FILE_PATH_MAX];
    bool taken = false;
    TRY(file_path(inner, path, name, error));
    if (!file_is_directory(inner))
        return STATUS_OK;
    enum status status = add_one_directory(input, inner, &taken, error);
    *found += taken;
    if (status != STATUS_BAD_DATA && status != STATUS_NO_INPUT)
        return status;
    js_append_text(input->unread, error->text);
    return STATUS_OK;
}

static int is_inside(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

/* Adds every run and sweep in a directory, in the order of their names: b64 before b128. */
static enum status add_inside(
    struct report_input *input, const char *path, int *found, struct error *error)
{
    struct dirent **entry = NULL;
    size_t before = js_size(input->unread);
    enum status status = STATUS_OK;
    int n = scandir(path, &entry, is_inside, versionsort);
    if (n < 0)
        return fail_errno(error, STATUS_NO_INPUT, errno, "cannot open directory %s", path);
    for (int i = 0; i < n; i++) {
        if (!status)
            status = add_inner(input, path, entry[i]->d_name, found, error);
        free(entry[i]);
    }
    free(entry);
    size_t unread = js_size(input->unread);
    if (!status && unread > before && unread - before == (size_t)*found)
        status = fail(error, STATUS_BAD_DATA, "%s", js_as_text(js_item(input->unread, unread - 1)));
    return status;
}

/* Reads the result of a study, if the directory has one. A page has the first of each kind. */
static enum status add_study(
    struct json **study, const char *path, const char *name, struct error *error)
{
    char file[FILE_PATH_MAX];
    TRY(file_path(file, path, name, error));
    return !*study && file_exists(file) ? run_read_json(file, study, error) : STATUS_OK;
}

static enum status add_directory(struct report_input *input, const char *path, struct error *error)
{
    char runs[FILE_PATH_MAX];
    bool taken;
    int found = 0;
    TRY(add_study(&input->folds, path, FOLDS_JSON, error));
    TRY(add_study(&input->tune, path, TUNE_JSON, error));
    TRY(add_one_directory(input, path, &taken, error));
    if (taken)
        return STATUS_OK;
    TRY(add_inside(input, path, &found, error));
    TRY(file_path(runs, path, STUDY_RUNS, error));
    if (found == 0 && file_is_directory(runs)) /* of folds, or a sweep that is still running */
        TRY(add_inside(input, runs, &found, error));
    if (found > 0)
        return STATUS_OK;
    return fail(error, STATUS_BAD_DATA,
        "%s: no run (metrics.jsonl, summary.json) and no sweep (sweep.json) in this directory or "
        "its subdirectories",
        path);
}

enum status report_input_add(struct report_input *input, const char *path, struct error *error)
{
    if (!input->unread)
        input->unread = js_array();
    if (!file_exists(path))
        return fail_errno(error, STATUS_NO_INPUT, ENOENT, "%s", path);
    if (file_is_directory(path))
        return add_directory(input, path, error);
    return add_file(input, path, error);
}

void report_input_clear(struct report_input *input)
{
    for (int i = 0; i < input->runs; i++)
        run_record_clear(&input->run[i]);
    for (int i = 0; i < input->sweeps; i++)
        sweep_clear(&input->sweep[i]);
    for (int i = 0; i < input->benches; i++)
        js_destroy(input->bench[i].json);
    js_destroy(input->unread);
    js_destroy(input->folds);
    js_destroy(input->tune);
    free(input->run);
    free(input->sweep);
    free(input->bench);
    memset(input, 0, sizeof *input);
}
