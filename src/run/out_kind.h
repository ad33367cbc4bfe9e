/* out_kind.h: the kind of a directory that --out names. Lockstep writes, replaces and removes files
 * only in directories that are empty or that it made itself.
 *
 * Those have a config.ini, a regular file, which every run and sweep writes first and whose first
 * line is:
 *
 *     # lockstep train --config FILE repeats this run
 */
#ifndef RUN_OUT_KIND_H
#define RUN_OUT_KIND_H

#include "base/directory.h"

/* The beginning of that line, for printf; its argument is the command. */
#define OUT_MARK "# lockstep %s --config FILE"

/* Opens the directory of this path. If it is missing it is made, or without `make` left closed
 * (descriptor -1). STATUS_CANNOT_CREATE. */
enum status out_open(struct directory *directory, const char *path, bool make, struct error *error);

/* OUT_EMPTY: also one in which a process was killed while it wrote config.ini. */
enum out_kind { OUT_EMPTY, OUT_RUN, OUT_SWEEP, OUT_FOREIGN };
enum out_kind out_kind_of(const struct directory *directory);

/* Refuses a directory that is neither empty nor of this kind (run or sweep).
 * STATUS_CANNOT_CREATE. */
enum status out_expect(
    const struct directory *directory, enum out_kind wanted, struct error *error);

/* For a command whose --out is a file: refuses one whose content must not be lost, a file of a run,
 * checkpoint or sweep, or an input of the command, input [n]. STATUS_CANNOT_CREATE. */
enum status out_refuse_file(const char *path, const char *const *input, int n, struct error *error);

#endif
