/* run_files.h: the directories that lockstep writes and the names of the files in them.
 *
 *     RUN/config.ini             the resolved options; its first line is OUT_MARK
 *         metrics.jsonl          the log (report/log/metrics_log.h)
 *         summary.json           the result (report/summary.h)
 *         model.safetensors      model/model.h
 *         checkpoints/step-.../  run/checkpoint.h
 *         report.html            `lockstep report`
 *     SWEEP/config.ini
 *         sweep.json, sweep.csv  report/sweep_report.h
 *         runs/b00032-.../       one run per batch size, learning rate and seed
 *     FOLDS/config.ini
 *         folds.json             report/folds_record.h
 *         predictions.csv        of every sample, by the model that was trained without it
 *         runs/fold1/ ...        one run per fold
 *     TUNE/config.ini
 *         tune.json, tune.csv    all tries
 *         best.ini               the configuration of the best: lockstep train --config best.ini
 *         model.safetensors      the model of the best; with --folds, its models are those of its runs
 *         runs/try001/ ...       one run per try, or one per try and fold
 */
#pragma once

#include <stdbool.h>

#include "base/directory.h"

#define RUN_CONFIG "config.ini"
#define RUN_LOG "metrics.jsonl"
#define RUN_SUMMARY "summary.json"
#define RUN_MODEL "model.safetensors"
#define RUN_CHECKPOINTS "checkpoints"
#define RUN_REPORT "report.html"

#define CHECKPOINT_MODEL "model.safetensors"
#define CHECKPOINT_OPTIMIZER "optimizer.safetensors"
#define CHECKPOINT_BEST "best.safetensors"
#define CHECKPOINT_EPOCH "epoch.safetensors"
#define CHECKPOINT_STATE "state.json"

#define SWEEP_JSON "sweep.json"
#define SWEEP_CSV "sweep.csv"
#define FOLDS_JSON "folds.json"
#define FOLDS_CSV "predictions.csv"
#define TUNE_JSON "tune.json"
#define TUNE_CSV "tune.csv"
#define TUNE_BEST "best.ini"
#define STUDY_RUNS "runs"

/* The kinds of directories that a file belongs to; values can be combined. */
enum run_file_owner {
    OF_RUN = 1,
    OF_CHECKPOINT = 2,
    OF_SWEEP = 4,
    OF_REPORT = 8, /* in the directory of a run or sweep, but not part of it */
    OF_FOLDS = 16,
    OF_TUNE = 32,
    OF_ALL = 63,
};

/* True if this is the name of a file of one of these owners, or the temporary name under which the
 * file is written. */
bool run_file_is(const char *name, int owners);
bool run_file_is_temporary(const char *name, int owners);

/* Removes the files of these owners from a directory, except config.ini. STATUS_IO. */
enum status run_files_remove(const struct directory *directory, int owners, struct error *error);

/* Refuses a directory in which something other than a regular file has one of these names.
 * STATUS_CANNOT_CREATE. */
enum status run_files_expect(const struct directory *directory, int owners, struct error *error);

/* --- the directory of --out ------------------------------------------------------------------ */

/* Lockstep writes, replaces and removes files only in directories that are empty or that it made
 * itself. It recognises its own directories by config.ini, a regular file that every run and every
 * study writes first. The first line of config.ini is
 * "# lockstep train --config FILE repeats this run (lockstep 0.2.0)", or without the version.
 * OUT_MARK is the beginning of that line, as a printf format; its argument is the command. */
#define OUT_MARK "# lockstep %s --config FILE"

/* Opens the directory at this path. A missing directory is created if `make` is true, else left
 * closed (descriptor -1). STATUS_CANNOT_CREATE. */
enum status out_open(struct directory *directory, const char *path, bool make, struct error *error);

/* OUT_EMPTY includes directories in which a process was killed while writing config.ini. */
enum out_kind { OUT_EMPTY, OUT_RUN, OUT_SWEEP, OUT_FOLDS, OUT_TUNE, OUT_FOREIGN };
enum out_kind out_kind_of(const struct directory *directory);

/* Refuses a directory that is neither empty nor of the given kind (a run, or a study).
 * STATUS_CANNOT_CREATE. */
enum status out_expect(
    const struct directory *directory, enum out_kind wanted, struct error *error);

/* For a command whose --out, or another option, is a file: refuses a file that must not be
 * overwritten, i.e. a file of a run, checkpoint or sweep, or one of the command's inputs, input [n].
 * STATUS_CANNOT_CREATE. */
enum status out_refuse_file(
    const char *option, const char *path, const char *const *input, int n, struct error *error);
