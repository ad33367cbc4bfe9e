#include "cli/run_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "train/checkpoint.h"

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

/* What a run left that was ended before its first checkpoint; --resume auto begins it again. */
static bool is_begun(const char *path, const struct options *options)
{
    char config[FILE_PATH_MAX];
    struct error error;
    return strcmp(options->resume, "auto") == 0 && !file_path(config, path, "config.ini", &error) &&
           file_exists(config);
}

static enum status make_asked(char path[FILE_PATH_MAX], const struct options *options,
    const struct run_state *resumed, struct error *error)
{
    bool empty = true;
    snprintf(path, FILE_PATH_MAX, "%s", options->out);
    enum status status = file_make_directory(path, error);
    if (!status)
        status = file_directory_is_empty(path, &empty, error);
    if (!status && !empty && !options->overwrite && !resumed && !is_begun(path, options))
        status = fail(error, STATUS_CANNOT_CREATE,
            "--out %s is not empty; choose another directory, add --overwrite, or go on with the "
            "run in it by --resume %s",
            path, path);
    return status;
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
    if (!status)
        status = file_path(directory->checkpoints, path, "checkpoints", error);
    return status;
}

/* What a file_write_whole() left that was killed: "model.safetensors.4711.part". */
static enum status remove_part(void *context, const char *name, struct error *error)
{
    static const char *const begins[] = {
        "config.ini.", "summary.json.", "model.safetensors.", "sweep.json.", "sweep.csv."};
    const char *end = strrchr(name, '.');
    char path[FILE_PATH_MAX];
    bool ours = false;
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
        ours |= strncmp(name, begins[i], strlen(begins[i])) == 0;
    if (!ours || strcmp(end, ".part") != 0)
        return STATUS_OK;
    enum status status = file_path(path, context, name, error);
    if (!status)
        unlink(path);
    return status;
}

enum status directory_remove_parts(const char *path, struct error *error)
{
    char place[FILE_PATH_MAX];
    snprintf(place, sizeof place, "%s", path);
    return file_each(place, remove_part, place, error);
}

/* Two runs in one directory, as when a requeued job begins before the old one has ended, would
 * write into each other's log and remove each other's checkpoints. */
enum status directory_lock(int *lock, const char *path, struct error *error)
{
    *lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*lock >= 0 && flock(*lock, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        return fail(error, STATUS_CANNOT_CREATE,
            "another process has a run in %s; wait for its end, or choose another directory", path);
    return STATUS_OK;
}

void directory_unlock(int *lock)
{
    if (*lock >= 0)
        close(*lock);
    *lock = -1;
}

void run_directory_leave(struct run_directory *directory)
{
    directory_unlock(&directory->lock);
}

enum status run_directory_create(struct run_directory *directory, const struct options *options,
    const struct run_state *resumed, struct error *error)
{
    char *text = NULL;
    enum status status = options->out[0] ? make_asked(directory->path, options, resumed, error)
                                         : make_default(directory->path, error);
    if (!status)
        status = directory_lock(&directory->lock, directory->path, error);
    if (!status)
        status = name_files(directory, error);
    if (!status)
        status = options_to_text(options, TEXT_RECORD, &text, error);
    if (!status)
        status = directory_remove_parts(directory->path, error);
    if (!status)
        status = checkpoint_clean(directory->checkpoints, resumed ? resumed->step : 0, error);
    if (!status) {
        /* The old model stays until the new one replaces it: it may be what this run starts from.
         */
        if (!resumed)
            unlink(directory->metrics);
        unlink(directory->summary);
        status = file_write_whole(directory->config, text, strlen(text), error);
    }
    free(text);
    return status;
}
