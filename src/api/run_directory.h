/* run_directory.h: the directory of a run (run/run_files.h). Rank 0 only.
 *
 * Only lockstep's own files in it are replaced or removed, and nothing at all in a directory that
 * lockstep did not make (run/run_files.h, base/directory.h).
 */
#ifndef API_RUN_DIRECTORY_H
#define API_RUN_DIRECTORY_H

#include "base/directory.h"
#include "api/session.h"
#include "run/run_state.h"

/* Makes paths that exist mean the same in any directory. STATUS_NO_RESOURCE. */
enum status options_make_absolute(struct options *options, struct error *error);

/* The options of a run as config.ini records them: paths and automatic values are resolved, so that
 * they mean the same on another day and in another directory. `record` shares the texts of
 * `options`. STATUS_NO_RESOURCE. */
enum status options_resolve(struct options *record, const struct options *options,
    const struct session *session, struct error *error);

/* Writes config.ini, the first file of a run or a sweep. STATUS_IO, STATUS_NO_RESOURCE. */
enum status run_directory_write_config(
    const struct directory *place, const struct options *options, struct error *error);

/* Refuses early what run_directory_create() would refuse of --out: a directory that lockstep did
 * not make; one that holds a run, without --overwrite or --resume; a link or a directory in the
 * place of a file. STATUS_CANNOT_CREATE. */
enum status run_directory_check(const struct options *options, struct error *error);

/* Makes the directory, or uses the existing one, and writes config.ini. With --overwrite old
 * results are removed. `resumed`: the state from which the run in it is resumed; later results and
 * leftovers of a crash are removed. NULL: a new run. `within`: the directory that contains it, in
 * which it must not be a link; NULL: --out is a path of the user's. One line on stderr names files
 * that cannot be removed, and those that --overwrite leaves. The caller closes `place`, for every
 * status; until then it is locked, where the file system has locks. STATUS_CANNOT_CREATE (also if
 * another process has it locked), STATUS_IO, STATUS_NO_RESOURCE. */
enum status run_directory_create(struct directory *place, const struct options *options,
    const struct run_state *resumed, const struct directory *within, struct error *error);

/* Removes lockstep's files of the run `name` in a directory, and the run's directory if nothing
 * else is in it. A directory that is not a run's is left. Notes everything that stays. */
void run_directory_remove(
    const struct directory *parent, const char *name, struct warnings *warnings);

/* Removes incomplete files of a process that was killed. STATUS_IO. */
enum status run_directory_remove_parts(const struct directory *place, struct error *error);

/* Prints them as one line on stderr, if there are any. */
void print_warnings(const struct warnings *warnings);

#endif
