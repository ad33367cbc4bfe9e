/* run_directory.h: the directory of a run (run/run_files.h). Rank 0 only.
 *
 * Replaces and removes only lockstep's own files. In a directory that lockstep did not make, it
 * replaces and removes nothing (run/run_files.h, base/directory.h).
 */
#pragma once

#include "base/directory.h"
#include "api/session.h"
#include "run/run_state.h"

/* Makes the paths among the options absolute if they exist. STATUS_NO_RESOURCE. */
enum status options_make_absolute(struct options *options, struct error *error);

/* Sets `record` to the options of a run as config.ini records them: paths and automatic values are
 * resolved, so the options keep their meaning later and in any directory. `record` shares the texts
 * of `options`. STATUS_NO_RESOURCE. */
enum status options_resolve(struct options *record, const struct options *options,
    const struct session *session, struct error *error);

/* Writes config.ini, the first file of a run or a sweep. STATUS_IO, STATUS_NO_RESOURCE. */
enum status run_directory_write_config(
    const struct directory *place, const struct options *options, struct error *error);

/* Rejects early every --out that run_directory_create() would reject: a directory that lockstep did
 * not make; a directory that contains a run, unless --overwrite or --resume is given; a directory
 * in which a link or a directory has the name of one of lockstep's files. STATUS_CANNOT_CREATE. */
enum status run_directory_check(const struct options *options, struct error *error);

/* Makes the directory, or uses the existing one, and writes config.ini. With --overwrite, removes
 * old results. `resumed`: the state from which the run in the directory is resumed, so results from
 * after that state and leftovers of a crash are removed; NULL: a new run. `within`: the parent of
 * the run's directory, which must not be a link; NULL: --out is a path given by the user. Prints
 * one line on stderr about files that cannot be removed or that --overwrite does not remove. The
 * caller closes `place`, even on failure. Until then the run's directory is locked, if the file
 * system supports locks. STATUS_CANNOT_CREATE (also if another process holds the lock), STATUS_IO,
 * STATUS_NO_RESOURCE. */
enum status run_directory_create(struct directory *place, const struct options *options,
    const struct run_state *resumed, const struct directory *within, struct error *error);

/* Removes lockstep's files from the run `name` in a directory, and then the run's directory if it
 * is empty. Does not touch a directory that is not a run. Adds a warning for every entry that is
 * not removed. */
void run_directory_remove(
    const struct directory *parent, const char *name, struct warnings *warnings);

/* Removes incomplete files that a killed process left. STATUS_IO. */
enum status run_directory_remove_parts(const struct directory *place, struct error *error);

/* Prints the warnings, if there are any, as one line on stderr. */
void print_warnings(const struct warnings *warnings);
