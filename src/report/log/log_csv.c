#include "report/log/log_csv.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "report/rows.h"
#include "run/run_reader.h"

#define FIRST_COLUMNS "step,epoch,lr,train_loss"
enum { ROW_MAX = 2048 };

enum status log_csv_check(const char *path, bool replace, struct error *error)
{
    char head[sizeof FIRST_COLUMNS] = "";
    FILE *file;
    uint64_t size;
    if (!file_exists(path))
        return STATUS_OK;
    if (file_open_regular(path, &file, &size, error))
        return error->status = STATUS_CANNOT_CREATE;
    size_t length = fread(head, 1, sizeof head - 1, file);
    fclose(file);
    if (length > 0 && strcmp(head, FIRST_COLUMNS) != 0)
        return fail(error, STATUS_CANNOT_CREATE,
            "--log-csv %s exists and does not begin with " FIRST_COLUMNS
            ", so it is not a table of --log-csv; choose another file",
            path);
    if (length > 0 && !replace)
        return fail(error, STATUS_CANNOT_CREATE,
            "--log-csv %s exists; choose another file, or add --overwrite", path);
    return STATUS_OK;
}

/* --- rows ------------------------------------------------------------------------------------ */

static void add_number(char row[ROW_MAX], double value)
{
    text_append(row, ROW_MAX, ",%s", isfinite(value) ? text_from_real(value, (char[32]){""}) : "");
}

/* Adds the names of the columns of metrics, or their values. */
static void add_metrics(char row[ROW_MAX], const struct log_csv *csv, bool names)
{
    char name[METRIC_NAME_MAX];
    static const enum metric_set order[] = {
        METRIC_VALIDATION, METRIC_VALIDATION_EMA, METRIC_TEST, METRIC_TEST_EMA};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        for (int m = 0; m < N_METRICS; m++) {
            const struct metric_choice choice = {order[i], (enum metric)m};
            if (csv->has[order[i]][m] && names)
                text_append(row, ROW_MAX, ",%s", metric_choice_name(choice, name));
            else if (csv->has[order[i]][m])
                add_number(row, csv->value[order[i]][m]);
        }
}

static enum status write_header(struct log_csv *csv, struct error *error)
{
    char row[ROW_MAX] = FIRST_COLUMNS;
    add_metrics(row, csv, true);
    text_append(row, sizeof row, ",noise_scale,seconds\n");
    return output_append(&csv->output, row, strlen(row), error);
}

/* Writes the row that has been collected, if there is one. */
static enum status write_row(struct log_csv *csv, struct error *error)
{
    char row[ROW_MAX] = "";
    if (csv->step == 0)
        return STATUS_OK;
    text_append(row, sizeof row, "%lld,%lld", (long long)csv->step, (long long)csv->epoch);
    add_number(row, csv->lr);
    add_number(row, csv->train_loss);
    add_metrics(row, csv, false);
    add_number(row, csv->noise_scale);
    add_number(row, csv->seconds);
    text_append(row, sizeof row, "\n");
    csv->step = 0;
    return output_append(&csv->output, row, strlen(row), error);
}

/* --- events ---------------------------------------------------------------------------------- */

static void begin_row(struct log_csv *csv, int64_t step)
{
    csv->step = step;
    csv->train_loss = csv->noise_scale = (double)NAN;
    for (int s = 0; s < N_METRIC_SETS; s++)
        for (int m = 0; m < N_METRICS; m++)
            csv->value[s][m] = (double)NAN;
}

static void take_metrics(struct log_csv *csv, const struct json *event)
{
    bool test = row_is(event, "set", "test");
    enum metric_set set = test ? METRIC_TEST : METRIC_VALIDATION,
                    ema = test ? METRIC_TEST_EMA : METRIC_VALIDATION_EMA;
    for (int m = 0; m < N_METRICS; m++) {
        char averaged[METRIC_NAME_MAX];
        const char *name = metric_name((enum metric)m);
        snprintf(averaged, sizeof averaged, "ema_%s", name);
        csv->value[set][m] = row_number(event, name);
        csv->value[ema][m] = row_number(event, averaged);
    }
}

/* Evaluations and the epoch of one step are one row, which ends with the epoch or when another step is
 * heard of. */
static enum status take(void *context, const struct json *event, struct error *error)
{
    struct log_csv *csv = context;
    int64_t step = run_int(event, "step");
    bool evaluation = row_is(event, "event", "evaluation"), epoch = row_is(event, "event", "epoch");
    if (row_is(event, "event", "end") || (step > csv->step && csv->step > 0))
        TRY(write_row(csv, error));
    if (!evaluation && !epoch)
        return STATUS_OK;
    if (csv->step == 0)
        begin_row(csv, step);
    csv->epoch = run_int(event, "epoch");
    csv->lr = row_number(event, "lr");
    csv->seconds = row_number(event, "elapsed_s");
    if (evaluation) {
        take_metrics(csv, event);
        return STATUS_OK;
    }
    csv->train_loss = row_number(event, "train_loss");
    csv->noise_scale = row_number(event, "noise_scale");
    return write_row(csv, error);
}

/* --- the file -------------------------------------------------------------------------------- */

static void choose_columns(struct log_csv *csv, const struct job *job)
{
    const struct settings *settings = &job->settings;
    enum prediction_kind kind = prediction_kind_of(settings->criterion.kind);
    for (int s = METRIC_VALIDATION; s < N_METRIC_SETS; s++) {
        enum metric_set set = (enum metric_set)s;
        bool present = (metric_set_is_test(set) ? job->test : job->validation) &&
                       (!metric_set_is_averaged(set) || settings->optimizer.average > 0);
        for (int m = 0; m < N_METRICS; m++)
            csv->has[s][m] = present && metric_applies((enum metric)m, kind,
                                            settings->mlp.width[settings->mlp.layers]);
    }
}

enum status log_csv_open(struct log_csv *csv, const char *path, const struct job *job,
    struct metrics_log *log, const char *directory, struct error *error)
{
    const struct log_sink sink = {csv, take};
    *csv = (struct log_csv){.output.descriptor = -1};
    choose_columns(csv, job);
    TRY(output_open(&csv->output, path, error));
    enum status status = write_header(csv, error);
    if (!status)
        status = metrics_log_add_sink(log, &sink, directory, error);
    if (status)
        return output_end(&csv->output, status, error);
    return output_publish(&csv->output, error);
}

enum status log_csv_close(struct log_csv *csv, struct error *error)
{
    return csv->output.descriptor < 0 ? STATUS_OK : output_end(&csv->output, STATUS_OK, error);
}
