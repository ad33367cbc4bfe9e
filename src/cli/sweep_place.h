/* sweep_place.h: where a sweep writes. Rank 0 only.
 *
 *   config.ini           what was asked for: by it the same sweep is known again
 *   sweep.json           report/sweep_report.h, as sweep.csv
 *   sweep.csv
 *   runs/b00032-lr0.05-s1/    an ordinary run (cli/run_directory.h)
 *
 * A sweep goes on in its directory when every option that says what its runs are is the same. Which
 * runs there are may change (--batch, --lr-grid, --seeds), and so may the machine's side. Its runs
 * are all of one definition of sums and random draws (base/definition.h).
 */
#ifndef CLI_SWEEP_PLACE_H
#define CLI_SWEEP_PLACE_H

#include "base/file.h"
#include "cli/options.h"

struct sweep_place {
    char path[FILE_PATH_MAX], config[FILE_PATH_MAX], json[FILE_PATH_MAX], csv[FILE_PATH_MAX],
        runs[FILE_PATH_MAX];
    int lock; /* -1: none */
};

/* Names the files, and refuses a directory that holds something else, or another sweep, unless
 * --overwrite says so; writes nothing. STATUS_CANNOT_CREATE, STATUS_USAGE (naming the first option
 * that differs), STATUS_BAD_DATA (a run of another definition), STATUS_CONFIG. */
enum status sweep_place_find(
    struct sweep_place *place, const struct options *options, struct error *error);

/* Makes what is missing, removes old runs with --overwrite, and writes config.ini. Where the file
 * system has locks, the directory is this process's until sweep_place_leave(). */
enum status sweep_place_create(
    struct sweep_place *place, const struct options *options, struct error *error);
/* Refuses to go on with runs of other data than these, by what sweep.json says. STATUS_BAD_DATA. */
enum status sweep_place_check_data(
    const struct sweep_place *place, uint64_t data_xxh3, struct error *error);

void sweep_place_leave(struct sweep_place *place);

#endif
