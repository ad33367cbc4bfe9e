/* sweep_place.h: where a sweep writes. Rank 0 only.
 *
 *   config.ini           what was asked for: by it the same sweep is known again
 *   sweep.json           report/sweep_report.h, as sweep.csv
 *   sweep.csv
 *   runs/b00032-lr0.05-s1/    an ordinary run (api/run_directory.h)
 *
 * A sweep goes on in its directory when every option that says what its runs are is the same. Which
 * runs there are may change (--batch, --lr-grid, --seeds), and so may the machine's side. Its runs
 * are all of one definition of sums and random draws (base/definition.h).
 */
#ifndef CLI_SWEEP_PLACE_H
#define CLI_SWEEP_PLACE_H

#include "base/directory.h"
#include "options/options.h"

struct sweep_place {
    struct directory place; /* locked; descriptor -1: none, as of the next */
    struct directory runs;
};

/* Refuses a directory that is not lockstep's, or in which something else has the name of a run; and,
 * without --overwrite, one that holds another sweep. Writes nothing. STATUS_CANNOT_CREATE,
 * STATUS_USAGE (naming the first option that differs), STATUS_BAD_DATA (a run of another definition),
 * STATUS_CONFIG. */
enum status sweep_place_check(const struct options *options, struct error *error);

/* Makes what is missing, removes old runs with --overwrite, and writes config.ini; what stays is said
 * as by run_directory_create(). Where the file system has locks, the directory is this process's until
 * sweep_place_leave(). */
enum status sweep_place_create(
    struct sweep_place *place, const struct options *options, struct error *error);

/* Refuses to go on with runs of other data than these, by what sweep.json says. STATUS_BAD_DATA. */
enum status sweep_place_check_data(
    const struct options *options, uint64_t data_xxh3, struct error *error);

void sweep_place_leave(struct sweep_place *place);

#endif
