#include "cli/commands.h"

#include <stdio.h>
#include <unistd.h>

#include "api/session_base.h"
#include "base/text.h"
#include "options/training_settings.h"
#include "report/table.h"
#include "study/column_summary.h"

/* --- the columns as JSON ------------------------------------------------------------------- */

enum { FREQUENT = 3, FREQUENT_TEXT = 120, NUMBER_NAME = 32 };

/* Returns the name of a level, or its number, written to `room`. */
static const char *level_name_of(
    const struct column_summary *summary, int64_t level, char room[NUMBER_NAME])
{
    if (summary->name)
        return summary->name[level];
    snprintf(room, NUMBER_NAME, "%lld", (long long)level);
    return room;
}

/* Returns the most frequent level that is less frequent than `last` (or as frequent, and later);
 * -1: there is none. */
static int64_t next_level(const struct column_summary *summary, int64_t last)
{
    int64_t best = -1, limit = last < 0 ? INT64_MAX : summary->count[last];
    for (int64_t l = 0; l < summary->levels; l++) {
        int64_t count = summary->count[l];
        bool later = count < limit || (count == limit && l > last);
        if (later && (best < 0 || count > summary->count[best]))
            best = l;
    }
    return best;
}

static void write_frequent(const struct column_summary *summary, char out[FREQUENT_TEXT])
{
    char number[NUMBER_NAME];
    int64_t level = -1;
    *out = '\0';
    for (int i = 0; i < FREQUENT && (level = next_level(summary, level)) >= 0; i++)
        text_append(out, FREQUENT_TEXT, "%s%.24s %.3g %%", i ? ", " : "",
            level_name_of(summary, level, number),
            100 * (double)summary->count[level] / (double)(summary->present + summary->missing));
    if (summary->levels > FREQUENT)
        text_append(out, FREQUENT_TEXT, " ...");
}

static struct json *counts_of(const struct column_summary *summary)
{
    char number[NUMBER_NAME];
    struct json *counts = js_object();
    for (int64_t l = 0; l < summary->levels; l++)
        js_set_int(counts, level_name_of(summary, l, number), summary->count[l]);
    return counts;
}

static void set_values(struct json *row, const struct column_summary *summary)
{
    struct json *values = js_object();
    js_set_real(values, "mean", summary->mean);
    js_set_real(values, "least", summary->least);
    js_set_real(values, "most", summary->greatest);
    js_set(row, "values", values);
}

static struct json *column_row(
    const char *name, int64_t number, const char *kind, const struct column_summary *summary)
{
    char frequent[FREQUENT_TEXT], unnamed[NUMBER_NAME];
    struct json *row = js_object();
    snprintf(unnamed, sizeof unnamed, "%s %lld", *kind == 'l' || *kind == 't' ? kind : "input",
        (long long)number + 1);
    js_set_text(row, "name", name ? name : unnamed);
    js_set_text(row, "kind", kind);
    row_set_count(row, "missing", summary->missing);
    if (summary->levels == 0 && summary->present > 0)
        set_values(row, summary);
    if (summary->levels > 0) {
        write_frequent(summary, frequent);
        js_set_int(row, "levels", summary->levels);
        js_set_text(row, "frequent", frequent);
        js_set(row, "counts", counts_of(summary));
    }
    if (summary->constant)
        js_set_bool(row, "constant", true);
    return row;
}

static enum status add_inputs(
    struct json *columns, const struct dataset *dataset, struct error *error)
{
    struct column_summary summary;
    for (int64_t f = 0; f < dataset->features; f++) {
        TRY(column_summarise_input(&summary, dataset, f, error));
        const char *name = dataset->feature_name ? dataset->feature_name[f] : NULL;
        js_append(
            columns, column_row(name, f, summary.levels > 0 ? "category" : "number", &summary));
        column_summary_clear(&summary);
    }
    return STATUS_OK;
}

static enum status add_labels(
    struct json *columns, const struct dataset *dataset, struct error *error)
{
    struct column_summary summary;
    for (int64_t j = 0; j < dataset_label_columns(dataset); j++) {
        TRY(column_summarise_label(&summary, dataset, j, error));
        const char *name = dataset->label_name ? dataset->label_name[j] : NULL;
        js_append(
            columns, column_row(name, j, dataset->classes > 0 ? "label" : "target", &summary));
        column_summary_clear(&summary);
    }
    return STATUS_OK;
}

/* Adds the columns that are neither inputs nor labels. */
static void add_others(struct json *columns, const struct dataset *dataset)
{
    for (int64_t i = 0; i < dataset->others; i++) {
        struct json *row = js_object();
        js_set_text(row, "name", dataset->other[2 * i + 1]);
        js_set_text(row, "kind", dataset->other[2 * i]);
        js_append(columns, row);
    }
}

/* Describes a dataset: data, samples, features, unlabelled (rows left out), note, and an array of all
 * columns: name, kind (number, category, label, target, weight, group, split-by, id, group and id ...,
 * ignored), missing, constant; values of numbers; levels, frequent (a text) and counts of categories
 * and class labels. STATUS_NO_RESOURCE; on success the caller destroys *row. */
static enum status data_row(struct json **row, const struct dataset *dataset, struct error *error)
{
    struct json *columns = js_array();
    *row = js_object();
    js_set_text(*row, "data", dataset->name);
    js_set_int(*row, "samples", dataset->samples);
    js_set_int(*row, "features", dataset->features);
    js_set_int(*row, "unlabelled", dataset->unlabelled);
    js_set_text(*row, "note", dataset->note[0] ? dataset->note : NULL);
    enum status status = add_inputs(columns, dataset, error);
    if (!status)
        status = add_labels(columns, dataset, error);
    add_others(columns, dataset);
    js_set(*row, "columns", columns);
    if (!status)
        return STATUS_OK;
    js_destroy(*row);
    *row = NULL;
    return status;
}

/* --- as text ------------------------------------------------------------------------------- */

/* Prints the columns, of which images have many. */
static void print_columns(FILE *file, const struct json *row)
{
    enum { SHOWN_MOST = 100 };
    const struct json *columns = row_value(row, "columns");
    struct rows all = rows_of(columns);
    int64_t n = (int64_t)js_size(columns), shown = n < SHOWN_MOST ? n : SHOWN_MOST;
    all.n = (int)shown;
    table_print(file,
        "name: column, kind, missing, values: mean and range, levels, "
        "frequent: most frequent, constant",
        &all, TABLE_ANY_WIDTH);
    if (n > shown)
        fprintf(file, "... and %lld more columns; --json has all\n", (long long)(n - shown));
}

static void print_row(FILE *file, const struct json *row)
{
    char samples[32], features[32];
    int64_t unlabelled = (int64_t)row_number(row, "unlabelled");
    fprintf(file, "%s: %s samples, %s inputs", row_text(row, "data"),
        text_grouped((int64_t)row_number(row, "samples"), samples),
        text_grouped((int64_t)row_number(row, "features"), features));
    if (unlabelled > 0)
        fprintf(file, " (%lld row%s without a label left out)", (long long)unlabelled,
            unlabelled == 1 ? "" : "s");
    fprintf(file, "\n\n");
    print_columns(file, row);
}

/* ------------------------------------------------------------------------------------------- */

/* Prints the columns, and then refuses those that no training accepts. */
static enum status describe(
    const struct options *options, const struct dataset *dataset, struct error *error)
{
    struct json *row;
    TRY(data_row(&row, dataset, error));
    if (options->json) {
        TRY(row_print(row, error));
    } else {
        print_row(stdout, row);
        js_destroy(row);
        dataset_tell_note(&(struct messages){.tell = NULL}, dataset);
    }
    return encoding_refuse_empty(dataset, &(struct subset){.size = dataset->samples}, error);
}

static enum status run(const struct options *options, const struct invocation *invocation,
    struct comm *comm, struct error *error)
{
    (void)invocation;
    struct dataset train = {0}, test = {0};
    if (comm->rank > 0) /* one rank suffices */
        return comm_agree(comm, STATUS_OK, error);
    struct source_request request = source_request_of(options, training_settings_task(options));
    request.threads =
        options->threads > 0 ? (int)options->threads : (int)sysconf(_SC_NPROCESSORS_ONLN);
    enum status status = source_read_train(&request, &train, &test, error);
    if (!status)
        status = describe(options, &train, error);
    dataset_clear(&train);
    dataset_clear(&test);
    return comm_agree(comm, status, error);
}

const struct command_row command_data = {
    .arguments = "SOURCE [options]",
    .summary = "the columns of a table: kinds, ranges, missing values, levels",
    .help =
        "  lockstep data table.csv --label species\n"
        "  lockstep data table.csv --json\n"
        "\n"
        "Reads the data as `train` does, with the same options, and prints what each column is\n"
        "taken for: a number, a category with its levels, the label, a weight, a group, a sort\n"
        "key (split-by), an id, or ignored. A column without any value is refused,\n"
        "as by `train`.\n",
    .run = run,
};
