/* csv_dataset.h: makes a dataset from lines of text: values, class labels (with names, if they have
 * any) or targets, and column names. Used by all formats that have a csv_head.
 *
 * Errors: STATUS_BAD_DATA naming a wrong line, or two lines that contradict each other;
 * STATUS_NO_RESOURCE. On failure the dataset is cleared.
 */
#pragma once

#include "data/formats/csv_head.h"

/* Makes a dataset from the lines of a head, which it changes if columns turn out to be categories or
 * numbers of rows. */
enum status csv_dataset_make(
    struct dataset *dataset, struct csv_head *head, int threads, struct error *error);

/* Make a dataset: csv_dataset_parse() from text in memory, csv_dataset_read() from a file, which it
 * maps. The latter may also return STATUS_NO_INPUT. */
enum status csv_dataset_parse(struct dataset *dataset, const char *name, const char *text,
    size_t size, csv_head_reader *read_head, const struct source_request *request,
    struct error *error);
enum status csv_dataset_read(struct dataset *dataset, const char *path, csv_head_reader *read_head,
    const struct source_request *request, struct error *error);
