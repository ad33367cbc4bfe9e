#include "cli/run_directory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* runs/20260131-174500, with -2, -3 ... behind it when that is taken. */
static void default_path(char out[FILE_PATH_MAX])
{
    char stamp[32];
    time_t now = time(NULL);
    struct tm local;
    localtime_r(&now, &local);
    strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", &local);
    snprintf(out, FILE_PATH_MAX, "runs/%s", stamp);
    for (int i = 2; file_exists(out); i++)
        snprintf(out, FILE_PATH_MAX, "runs/%s-%d", stamp, i);
}

static enum status name_files(struct run_directory *directory, struct error *error)
{
    const char *path = directory->path;
    enum status status = file_path(directory->config, path, "config.ini", error);
    if (!status)
        status = file_path(directory->metrics, path, "metrics.jsonl", error);
    if (!status)
        status = file_path(directory->summary, path, "summary.json", error);
    if (!status)
        status = file_path(directory->model, path, "model.safetensors", error);
    return status;
}

enum status run_directory_create(
    struct run_directory *directory, const struct options *options, struct error *error)
{
    if (options->out[0])
        snprintf(directory->path, sizeof directory->path, "%s", options->out);
    else
        default_path(directory->path);
    bool empty = true;
    char *text = NULL;
    enum status status = name_files(directory, error);
    if (!status)
        status = file_make_directory(directory->path, error);
    if (!status)
        status = file_directory_is_empty(directory->path, &empty, error);
    if (!status && !empty && !options->overwrite)
        status = fail(error, STATUS_CANNOT_CREATE,
            "--out %s is not empty; choose another directory, or add --overwrite", directory->path);
    if (!status)
        status = options_to_text(options, TEXT_RECORD, &text, error);
    if (!status) {
        unlink(directory->metrics);
        unlink(directory->summary);
        unlink(directory->model);
        status = file_write_whole(directory->config, text, strlen(text), error);
    }
    free(text);
    return status;
}
