/* csv_dataset.h: from lines of text to a dataset: its values, its classes, named or not, or its
 * targets, and the names of columns. For all formats whose head is a csv_head.
 *
 * STATUS_BAD_DATA naming a wrong line, or two lines that contradict each other; STATUS_NO_RESOURCE;
 * each with the dataset cleared.
 */
#ifndef DATA_FORMATS_CSV_DATASET_H
#define DATA_FORMATS_CSV_DATASET_H

#include "data/formats/csv_head.h"

/* From the lines of a head. */
enum status csv_dataset_make(
    struct dataset *dataset, const struct csv_head *head, int threads, struct error *error);

/* From text in memory, and from a file, which is mapped: STATUS_NO_INPUT too. */
enum status csv_dataset_parse(struct dataset *dataset, const char *name, const char *text,
    size_t size, csv_head_reader *read_head, const struct csv_options *options,
    struct error *error);
enum status csv_dataset_read(struct dataset *dataset, const char *path, csv_head_reader *read_head,
    const struct csv_options *options, struct error *error);

#endif
