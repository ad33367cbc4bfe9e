/* run_directory.h: where a run writes. Rank 0 only.
 *
 *   config.ini         the resolved configuration: lockstep train --config it repeats the run
 *   metrics.jsonl      report/metrics_log.h
 *   summary.json       report/summary.h
 *   model.safetensors  model/model.h
 *   checkpoints/       run/checkpoint.h
 *
 * Nothing else in it is replaced or removed, and nothing at all in a directory that is not lockstep's
 * (run/out_kind.h, base/directory.h).
 */
#ifndef API_RUN_DIRECTORY_H
#define API_RUN_DIRECTORY_H

#include "base/directory.h"
#include "options/options.h"
#include "run/run_state.h"

struct run_directory {
    struct directory place;      /* locked; -1: none */
    char metrics[FILE_PATH_MAX]; /* its path, for messages */
};

/* Refuses, before any work is done, what run_directory_create() would refuse of --out: a directory
 * that is not lockstep's; one that holds a run, unless --overwrite or --resume says what to do with
 * it; a link or a directory in the place of a file. STATUS_CANNOT_CREATE. */
enum status run_directory_check(const struct options *options, struct error *error);

/* Makes the directory, or takes the one that is there, and writes config.ini. With --overwrite old
 * results go. `resumed` is where a run goes on whose directory it is: what came after goes, and
 * leftovers of a crash; NULL: it begins. `within`: the directory that has it, in which it is no link;
 * NULL: --out is a path of the user's. What of lockstep's cannot be removed, and what --overwrite
 * leaves, is said on stderr in one line. Where the file system has locks, it is this process's until
 * run_directory_leave(), whatever the status. STATUS_CANNOT_CREATE (also if another process's run is in
 * it), STATUS_IO, STATUS_NO_RESOURCE. */
enum status run_directory_create(struct run_directory *directory, const struct options *options,
    const struct run_state *resumed, const struct directory *within, struct error *error);
void run_directory_leave(struct run_directory *directory);

/* Removes the run `name` in a directory, or what of it is lockstep's; one that is no run is left. What
 * stays is noted. */
void run_directory_remove(
    const struct directory *parent, const char *name, struct warnings *warnings);

/* Removes what is left of files that a killed process was writing. STATUS_IO. */
enum status run_directory_remove_parts(const struct directory *place, struct error *error);

/* One line on stderr, if there are any. */
void print_warnings(const struct warnings *warnings);

#endif
