#include "report/page/report_input.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/directory.h"
#include "base/memory.h"
#include "report/rows.h"
#include "run/run_files.h"
#include "run/run_reader.h"

/* Room for one more item, zeroed, at the end. */
static enum status grow(void *items_at, int n, size_t size, struct error *error)
{
    char **items = items_at, *grown = realloc(*items, ((size_t)n + 1) * size);
    if (!grown)
        return fail(error, STATUS_NO_RESOURCE, "no memory for %d items of a report", n + 1);
    memset(grown + (size_t)n * size, 0, size);
    *items = grown;
    return STATUS_OK;
}

static enum status add_run(struct report_input *input, const char *path, struct error *error)
{
    enum status status = grow(&input->run, input->runs, sizeof *input->run, error);
    if (!status)
        status = run_record_read(&input->run[input->runs], path, error);
    if (!status)
        input->runs++;
    return status;
}

/* --- sweeps ---------------------------------------------------------------------------------- */

/* The run that represents a batch size: at its rate, with the lowest seed; NULL: none. */
static const struct json *chosen_run(const struct json *sweep, const struct json *batch)
{
    const struct json *runs = js_get(sweep, "runs"), *chosen = NULL;
    double size = value_number(js_get(batch, "batch")), rate = value_number(js_get(batch, "lr"));
    for (size_t i = 0; i < js_size(runs); i++) {
        const struct json *run = js_item(runs, i);
        if (value_number(js_get(run, "batch")) == size && value_number(js_get(run, "lr")) == rate &&
            (!chosen || value_number(js_get(run, "seed")) < value_number(js_get(chosen, "seed"))))
            chosen = run;
    }
    return chosen;
}

/* A sweep's runs are in runs/ beside its file. A missing one is counted. */
static enum status add_chosen(
    struct sweep_file *sweep, const char *directory, const struct json *entry, struct error *error)
{
    char runs[FILE_PATH_MAX], path[FILE_PATH_MAX];
    const char *name = js_as_text(js_get(entry, "directory"));
    bool inside = name && *name && !strchr(name, '/') && strcmp(name, "..") != 0;
    enum status status = file_path(runs, directory, SWEEP_RUNS, error);
    if (!status && inside)
        status = file_path(path, runs, name, error);
    if (status)
        return status;
    if (!inside || !run_exists(path)) {
        sweep->lacking++;
        return STATUS_OK;
    }
    status = grow(&sweep->run, sweep->runs, sizeof *sweep->run, error);
    if (!status)
        status = run_record_read(&sweep->run[sweep->runs], path, error);
    if (!status)
        sweep->runs++;
    return status;
}

static enum status read_sweep(struct sweep_file *sweep, const char *directory, struct error *error)
{
    const struct json *batches = js_get(sweep->json, "batches");
    enum status status = STATUS_OK;
    if (js_size(batches) == 0 || !js_item(batches, 0))
        return fail(error, STATUS_BAD_DATA,
            "%s: no \"batches\": not what lockstep sweep writes, or a sweep without a finished run",
            sweep->path);
    for (size_t i = 0; i < js_size(batches) && !status; i++)
        status = add_chosen(sweep, directory, chosen_run(sweep->json, js_item(batches, i)), error);
    return status ? status : run_read_config(directory, &sweep->config, error);
}

static void sweep_clear(struct sweep_file *sweep)
{
    for (int i = 0; i < sweep->runs; i++)
        run_record_clear(&sweep->run[i]);
    free(sweep->run);
    free(sweep->config);
    js_destroy(sweep->json);
}

/* Takes the JSON over. */
static enum status add_sweep(
    struct report_input *input, const char *path, struct json *json, struct error *error)
{
    char directory[FILE_PATH_MAX] = ".";
    const char *slash = strrchr(path, '/');
    if (slash)
        snprintf(directory, sizeof directory, "%.*s", (int)(slash - path + (slash == path)), path);
    enum status status = grow(&input->sweep, input->sweeps, sizeof *input->sweep, error);
    if (status) {
        js_destroy(json);
        return status;
    }
    struct sweep_file *sweep = &input->sweep[input->sweeps];
    snprintf(sweep->path, sizeof sweep->path, "%s", path);
    sweep->json = json;
    status = read_sweep(sweep, directory, error);
    if (status)
        sweep_clear(sweep);
    else
        input->sweeps++;
    return status;
}

/* --- files ----------------------------------------------------------------------------------- */

static enum status add_bench(
    struct report_input *input, const char *path, struct json *json, struct error *error)
{
    enum status status = grow(&input->bench, input->benches, sizeof *input->bench, error);
    if (!status && js_size(js_get(json, "results")) == 0)
        status = fail(error, STATUS_BAD_DATA,
            "%s: no \"results\": not the whole of what lockstep bench --json writes", path);
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
        return fail(error, STATUS_BAD_DATA, "%s: a part of a run; name the run's directory", path);
    enum status status = run_read_json(path, &json, error);
    if (status)
        return status;
    const char *kind = js_as_text(js_get(json, "kind"));
    if (js_as_text(js_get(json, "bench")))
        return add_bench(input, path, json, error);
    if (kind && strcmp(kind, "sweep") == 0)
        return add_sweep(input, path, json, error);
    js_destroy(json);
    return fail(error, STATUS_BAD_DATA,
        "%s: neither what lockstep bench --json writes nor a sweep.json; of a run name its "
        "directory",
        path);
}

/* --- directories ----------------------------------------------------------------------------- */

struct name_list {
    int n;
    char **name;
};

static enum status take_name(void *context, const char *name, struct error *error)
{
    struct name_list *list = context;
    enum status status = grow(&list->name, list->n, sizeof *list->name, error);
    if (status)
        return status;
    list->name[list->n] = strdup(name);
    if (!list->name[list->n])
        return fail(error, STATUS_NO_RESOURCE, "no memory for the names in a directory");
    list->n++;
    return STATUS_OK;
}

static int compare_names(const void *left, const void *right)
{
    return strverscmp(*(char *const *)left, *(char *const *)right); /* b64 before b128 */
}

/* *taken: whether the directory is a run's or a sweep's. */
static enum status add_one_directory(
    struct report_input *input, const char *path, bool *taken, struct error *error)
{
    char sweep[FILE_PATH_MAX];
    enum status status = file_path(sweep, path, SWEEP_JSON, error);
    bool swept = !status && file_exists(sweep);
    *taken = swept || run_exists(path);
    if (status || !*taken)
        return status;
    return swept ? add_file(input, sweep, error) : add_run(input, path, error);
}

/* Notes why a run or sweep is omitted. */
static enum status note_unread(struct report_input *input, struct error *error)
{
    char *why = strdup(error->text);
    enum status status = grow(&input->why, input->unread, sizeof *input->why, error);
    if (!status && !why)
        status = fail(error, STATUS_NO_RESOURCE, "no memory for a note");
    if (status)
        free(why);
    else
        input->why[input->unread++] = why;
    return status;
}

/* Every run and sweep in it, in the order of names. */
static enum status add_inside(
    struct report_input *input, const char *path, int *found, struct error *error)
{
    struct name_list list = {0};
    int unread = 0;
    struct directory directory;
    enum status status = directory_open(&directory, path, error);
    if (!status)
        status = directory_each(&directory, take_name, &list, error);
    directory_close(&directory);
    if (list.n > 0)
        qsort(list.name, (size_t)list.n, sizeof *list.name, compare_names);
    for (int i = 0; i < list.n; i++) {
        char inner[FILE_PATH_MAX];
        bool taken = false;
        if (!status)
            status = file_path(inner, path, list.name[i], error);
        if (!status && file_is_directory(inner))
            status = add_one_directory(input, inner, &taken, error);
        *found += taken;
        if (status == STATUS_BAD_DATA || status == STATUS_NO_INPUT) {
            unread++;
            status = note_unread(input, error);
        }
        free(list.name[i]);
    }
    free(list.name);
    if (!status && unread > 0 && unread == *found)
        status = fail(error, STATUS_BAD_DATA, "%s", input->why[input->unread - 1]);
    return status;
}

static enum status add_directory(struct report_input *input, const char *path, struct error *error)
{
    char runs[FILE_PATH_MAX];
    bool taken;
    int found = 0;
    enum status status = add_one_directory(input, path, &taken, error);
    if (status || taken)
        return status;
    status = add_inside(input, path, &found, error);
    if (!status && found == 0)
        status = file_path(runs, path, SWEEP_RUNS, error);
    if (!status && found == 0 && file_is_directory(runs)) /* a sweep that is still running */
        status = add_inside(input, runs, &found, error);
    if (!status && found == 0)
        status = fail(error, STATUS_BAD_DATA,
            "%s: no run (metrics.jsonl, summary.json) and no sweep (sweep.json) in it or in its "
            "directories",
            path);
    return status;
}

enum status report_input_add(struct report_input *input, const char *path, struct error *error)
{
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
    for (int i = 0; i < input->unread; i++)
        free(input->why[i]);
    free(input->why);
    free(input->run);
    free(input->sweep);
    free(input->bench);
    memset(input, 0, sizeof *input);
}
