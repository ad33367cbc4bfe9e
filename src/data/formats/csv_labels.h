/* csv_labels.h: the labels of a parsed table: classes, named or not, or targets. */
#ifndef DATA_FORMATS_CSV_LABELS_H
#define DATA_FORMATS_CSV_LABELS_H

#include "data/formats/csv_rows.h"

/* Moves labels or targets from the rows into the dataset, whose number of samples is already set,
 * with classes and their names, or outputs. The rule: csv.h. STATUS_BAD_DATA naming two lines that
 * contradict each other, STATUS_NO_RESOURCE. */
enum status csv_labels_settle(struct dataset *dataset, struct csv_rows *rows, struct error *error);

#endif
