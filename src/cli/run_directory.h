/* run_directory.h: where a run writes. Rank 0 only.
 *
 *   config.ini         the resolved configuration: lockstep train --config it repeats the run
 *   metrics.jsonl      report/metrics_log.h
 *   summary.json       report/summary.h
 *   model.safetensors  train/model.h
 *   checkpoints/       train/checkpoint.h
 */
#ifndef CLI_RUN_DIRECTORY_H
#define CLI_RUN_DIRECTORY_H

#include "base/file.h"
#include "cli/options.h"
#include "train/run_state.h"

struct run_directory {
    char path[FILE_PATH_MAX];
    char config[FILE_PATH_MAX], metrics[FILE_PATH_MAX], summary[FILE_PATH_MAX],
        model[FILE_PATH_MAX], checkpoints[FILE_PATH_MAX];
    int lock; /* a descriptor of the directory; -1: none */
};

/* Makes the directory, refuses one that is not empty unless --overwrite (whose old results go) or
 * --resume says what to do with it, and writes config.ini. `resumed` is where a run goes on whose
 * directory it is: what came after goes, and leftovers of a crash; NULL: it begins. Where the file
 * system has locks, it is this process's until run_directory_leave(), whatever the status.
 * STATUS_CANNOT_CREATE (also if another process's run is in it), STATUS_IO, STATUS_NO_RESOURCE. */
enum status run_directory_create(struct run_directory *directory, const struct options *options,
    const struct run_state *resumed, struct error *error);
void run_directory_leave(struct run_directory *directory);

/* Removes what a file_write_whole() left in a directory that was killed, of files named here or of a
 * sweep. STATUS_IO. */
enum status directory_remove_parts(const char *path, struct error *error);

/* The same lock alone, for another kind of directory: *lock is a descriptor, -1 where there are no
 * locks. STATUS_CANNOT_CREATE: it is another process's. */
enum status directory_lock(int *lock, const char *path, struct error *error);
void directory_unlock(int *lock);

#endif
