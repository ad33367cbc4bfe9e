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

/* Makes paths absolute if they exist. STATUS_NO_RESOURCE. */
enum status options_make_absolute(struct options *options, struct error *error);

/* Sets `record` to the options of a run as config.ini records them, with paths and automatic values
 * resolved, so that they mean the same later and in any directory. `record` shares the texts of
 * `options`. STATUS_NO_RESOURCE. */
enum status options_resolve(struct options *record, const struct options *options,
    const struct session *session, struct error *error);

/* Writes config.ini, the first file of a run or a sweep. STATUS_IO, STATUS_NO_RESOURCE. */
enum status run_directory_write_config(
    const struct directory *place, const struct options *options, struct error *error);

/* Rejects --out early where run_directory_create() would reject it: a directory that lockstep did
 * not make; one that contains a run, without --overwrite or --resume; a link or a directory in
 * place of a file. STATUS_CANNOT_CREATE. */
enum status run_directory_check(const struct options *options, struct error *error);

/* Makes the directory, or uses the existing one, and writes config.ini. With --overwrite, removes
 * old results. `resumed`: the state from which the run in it is resumed; removes later results and
 * leftovers of a crash. NULL: a new run. `within`: the directory that contains it, in which it must
 * not be a link; NULL: --out is a path given by the user. Prints one line on stderr about files
 * that cannot be removed, or that --overwrite leaves. The caller closes `place`, even on failure;
 * until then it is locked, if the file system supports locks. STATUS_CANNOT_CREATE (also if another
 * process has locked it), STATUS_IO, STATUS_NO_RESOURCE. */
enum status run_directory_create(struct directory *place, const struct options *options,
    const struct run_state *resumed, const struct directory *within, struct error *error);

/* Removes lockstep's files from the run `name` in a directory, and then the run's directory if it
 * is empty. Leaves a directory that is not a run. Adds a warning for everything that stays. */
void run_directory_remove(
    const struct directory *parent, const char *name, struct warnings *warnings);

/* Removes incomplete files that a killed process left. STATUS_IO. */
enum status run_directory_remove_parts(const struct directory *place, struct error *error);

/* Prints the warnings, if there are any, as one line on stderr. */
void print_warnings(const struct warnings *warnings);

#endif
