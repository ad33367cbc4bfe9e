#include "data/csv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/csv_head.h"
#include "data/csv_labels.h"
#include "data/csv_rows.h"
#include "data/names.h"

static enum status name_features(
    struct dataset *dataset, const struct csv_head *head, struct error *error)
{
    char *text;
    size_t size = 0;
    enum status status = memory_take(
        &text, names_size(head->column_name, head->columns), 1, "the names of features", error);
    if (status)
        return status;
    for (int64_t c = 0; c < head->columns; c++)
        if (head->role[c] == CSV_FEATURE) {
            size_t length = strlen(head->column_name[c]) + 1;
            memcpy(text + size, head->column_name[c], length);
            size += length;
        }
    status = names_make(
        &dataset->feature_name, head->features, text, size, "the names of features", error);
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
    enum status status = csv_labels_settle(dataset, rows, error);
    if (!status && head->column_name)
        status = name_features(dataset, head, error);
    return status;
}

enum status csv_parse(const char *name, const char *text, size_t size,
    const struct csv_options *options, struct dataset *dataset, struct error *error)
{
    struct csv_head head;
    struct csv_rows rows;
    *dataset = (struct dataset){0};
    enum status status = csv_head_read(&head, name, text, size, options, error);
    if (status)
        return status;
    status = csv_rows_read(&rows, &head, options->threads, error);
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
        status = csv_parse(path, file.bytes, file.size, options, dataset, error);
    mapped_file_close(&file);
    return status;
}
