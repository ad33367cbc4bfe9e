#include "data/formats/csv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/formats/csv_head.h"
#include "data/formats/csv_labels.h"
#include "data/formats/csv_rows.h"
#include "data/names.h"

/* Appends the names of the columns of a role. */
static void append_names(char *text, size_t *size, const struct csv_head *head, int32_t role)
{
    for (int64_t c = 0; c < head->columns; c++)
        if (head->role[c] == role) {
            size_t length = strlen(head->column_name[c]) + 1;
            memcpy(text + *size, head->column_name[c], length);
            *size += length;
        }
}

/* Makes a list of n names, of the columns whose roles are `first`, first + 1 ... last. */
static enum status name_columns(char ***names, int64_t n, const struct csv_head *head,
    int32_t first, int32_t last, struct error *error)
{
    const char *what = "the names of columns";
    char *text;
    size_t size = 0;
    enum status status =
        memory_take(&text, names_size(head->column_name, head->columns), 1, what, error);
    if (status)
        return status;
    for (int32_t role = first; role <= last; role++)
        append_names(text, &size, head, role);
    status = names_make(names, n, text, size, what, error);
    free(text);
    return status;
}

enum status csv_make_dataset(struct dataset *dataset, const struct csv_head *head,
    struct csv_rows *rows, struct error *error)
{
    dataset->samples = rows->rows;
    dataset->features = head->features;
    dataset->type = VALUE_F32;
    dataset->first_line = head->first_line;
    dataset->values = rows->values;
    rows->values = NULL;
    TRY(csv_labels_settle(dataset, rows, error));
    if (head->column_name)
        TRY(name_columns(
            &dataset->feature_name, head->features, head, CSV_FEATURE, CSV_FEATURE, error));
    if (head->column_name && dataset->outputs > 0)
        TRY(name_columns(&dataset->target_name, dataset->outputs, head, 0,
            (int32_t)dataset->outputs - 1, error));
    return STATUS_OK;
}

enum status csv_parse(const char *name, const char *text, size_t size,
    const struct csv_options *options, struct dataset *dataset, struct error *error)
{
    struct csv_head head;
    struct csv_rows rows;
    *dataset = (struct dataset){0};
    TRY(csv_head_read(&head, name, text, size, options, error));
    enum status status = csv_rows_read(&rows, &head, options->threads, error);
    if (!status)
        status = csv_make_dataset(dataset, &head, &rows, error);
    snprintf(dataset->name, sizeof dataset->name, "%s", name);
    csv_rows_clear(&rows);
    csv_head_clear(&head);
    if (status)
        dataset_clear(dataset);
    return status;
}

enum status csv_read(const char *path, const struct csv_options *options, struct dataset *dataset,
    struct error *error)
{
    struct mapped_file file;
    *dataset = (struct dataset){0};
    enum status status = mapped_file_open(&file, path, error);
    if (!status)
        status = mapped_file_check(
            &file, path, csv_parse(path, file.bytes, file.size, options, dataset, error), error);
    if (status)
        dataset_clear(dataset);
    mapped_file_close(&file);
    return status;
}
