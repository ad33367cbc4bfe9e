/* study_place.h: the directory of a study, which is a sweep, a cross-validation or a search for the
 * best options: several runs, and files about all of them (run/run_files.h). Rank 0 only.
 *
 * A study can continue in its directory only if every option on which its runs depend has the value
 * that config.ini in that directory records. The set of runs may change (the number of tries, and for a
 * sweep --batch, --lr-grid and --seeds), and so may options that concern the machine. All runs must
 * have the same definition of sums and random draws (base/definition.h).
 */
#pragma once

#include "base/directory.h"
#include "options/options.h"
#include "run/run_files.h"

struct study {
    const char *noun; /* for messages */
    enum command command;
    enum out_kind kind;
    enum run_file_owner owner;        /* of its files */
    const char *json;                 /* name of the file that has data_xxh3 */
    bool (*is_run)(const char *name); /* can this be the name of one of its runs? */
};

/* Rejects a directory that lockstep did not make, and one in which an entry has the name of a run
 * but is not a run. Without --overwrite, also rejects the directory of a different study. Writes
 * nothing. STATUS_CANNOT_CREATE, STATUS_USAGE (naming the first option that differs),
 * STATUS_BAD_DATA (a run with a different definition), STATUS_CONFIG. */
enum status study_place_check(
    const struct study *study, const struct options *options, struct error *error);

/* Makes the directory of the study, and in it that of its runs, unless they exist; removes old runs
 * with --overwrite, and writes config.ini; warns like run_directory_create(). Without --overwrite,
 * STATUS_BAD_DATA if the data differ from those of the study in it. The caller closes both
 * directories, even on failure. Until then `place` is locked, if the file system supports locks. */
enum status study_place_create(struct directory *place, struct directory *runs,
    const struct study *study, const struct options *options, uint64_t data_xxh3,
    struct error *error);
