/* out_kind.h: what a directory is that --out names. Lockstep writes, replaces and removes in those
 * that are empty or its own, and in no others.
 *
 * Its own has a config.ini, a regular file, that begins with the line which every run and every sweep
 * begins by writing, before anything else is made:
 *
 *     # lockstep train --config FILE repeats this run
 */
#ifndef RUN_OUT_KIND_H
#define RUN_OUT_KIND_H

#include "base/directory.h"

/* The beginning of that line, for printf: the command. */
#define OUT_MARK "# lockstep %s --config FILE"

/* The directory of this path; `make`: made if it is missing, else there may be none.
 * STATUS_CANNOT_CREATE. */
enum status out_open(struct directory *directory, const char *path, bool make, struct error *error);

/* OUT_EMPTY: also one in which a process was killed while it wrote that file. */
enum out_kind { OUT_EMPTY, OUT_RUN, OUT_SWEEP, OUT_FOREIGN };
enum out_kind out_kind_of(const struct directory *directory);

/* Refuses one that is neither empty nor of this kind, a run's or a sweep's. STATUS_CANNOT_CREATE. */
enum status out_expect(
    const struct directory *directory, enum out_kind wanted, struct error *error);

/* Refuses, as the --out of a command that writes one file, what would be lost by it: a file that a run,
 * a checkpoint or a sweep consists of, and one of the files that the command reads, input [n].
 * STATUS_CANNOT_CREATE. */
enum status out_refuse_file(const char *path, const char *const *input, int n, struct error *error);

#endif
