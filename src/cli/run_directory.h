/* run_directory.h: where a run writes. Rank 0 only.
 *
 *   config.ini         the resolved configuration: lockstep train --config it repeats the run
 *   metrics.jsonl      report/metrics_log.h
 *   summary.json       report/summary.h
 *   model.safetensors  train/model.h
 */
#ifndef CLI_RUN_DIRECTORY_H
#define CLI_RUN_DIRECTORY_H

#include "base/file.h"
#include "cli/options.h"

struct run_directory {
    char path[FILE_PATH_MAX];
    char config[FILE_PATH_MAX], metrics[FILE_PATH_MAX], summary[FILE_PATH_MAX],
        model[FILE_PATH_MAX];
};

/* Makes the directory, refuses one that is not empty unless --overwrite (whose old results go), and
 * writes config.ini. STATUS_CANNOT_CREATE, STATUS_IO, STATUS_NO_RESOURCE. */
enum status run_directory_create(
    struct run_directory *directory, const struct options *options, struct error *error);

#endif
