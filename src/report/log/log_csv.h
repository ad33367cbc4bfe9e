/* log_csv.h: the file of --log-csv, a table of a run's evaluations and epochs for spreadsheets and
 * pandas. A sink of metrics_log.h, from whose lines it is made.
 *
 *     step,epoch,lr,train_loss,val_loss,val_accuracy,...,test_loss,...,noise_scale,seconds
 *
 * One row for each step after which the run was evaluated or an epoch ended. `train_loss` is the mean over
 * the epoch so far, and like `noise_scale` it is empty in rows within an epoch; `seconds` is training time without
 * evaluation. The columns are the same in all rows: for each set that the run has (val_, val_ema_, test_,
 * test_ema_), the metrics that apply to it. Numbers read back as the same double.
 *
 * The table is written anew when a run starts or resumes, from the run's log, so it never has a gap or a row
 * twice; then it grows row by row. Only a table of this kind is replaced. Rank 0 only.
 */
#pragma once

#include "base/output.h"
#include "report/log/metrics_log.h"
#include "run/job.h"

struct log_csv {
    struct output output;               /* descriptor -1: not open */
    bool has[N_METRIC_SETS][N_METRICS]; /* the columns */
    int64_t step;                       /* of the row that is being collected; 0: none */
    int64_t epoch;
    double lr, train_loss, noise_scale, seconds;
    double value[N_METRIC_SETS][N_METRICS];
};

/* Refuses a path at which there is something else than a table of this kind, or a table of another run unless
 * `replace` is true. STATUS_CANNOT_CREATE. */
enum status log_csv_check(const char *path, bool replace, struct error *error);

/* Writes the table of the log so far, and adds it to the log as a sink. `directory`: that of the run.
 * The caller closes it, even on failure. STATUS_CANNOT_CREATE, STATUS_IO, and those of
 * metrics_log_add_sink(). */
enum status log_csv_open(struct log_csv *csv, const char *path, const struct job *job,
    struct metrics_log *log, const char *directory, struct error *error);

/* STATUS_IO. */
enum status log_csv_close(struct log_csv *csv, struct error *error);
