/* csv_head.h: what the first line of a text table and the options settle. The format: csv.h. */
#ifndef DATA_FORMATS_CSV_HEAD_H
#define DATA_FORMATS_CSV_HEAD_H

#include "data/formats/csv.h"

struct csv_head {
    const char *name;       /* of the file; borrowed */
    const char *text, *end; /* the lines of samples, without blank ones at the end; borrowed */
    int64_t first_line;     /* the number of the first of them */
    char delimiter;
    int64_t columns, features, labels; /* columns of inputs and of labels; some may be left out */
    int32_t *role;                     /* [columns] which label a column holds, or one of: */
    char **column_name;                /* [columns] names.h; NULL: there is no header */
    enum task task;
    const struct room *room; /* to be asked for the samples; borrowed */
};

enum csv_role { CSV_FEATURE = -1, CSV_LEFT_OUT = -2 };

/* Takes the first line apart. STATUS_BAD_DATA, STATUS_USAGE (no such column), STATUS_NO_RESOURCE;
 * on failure the head is cleared. At least one line of samples is there. */
enum status csv_head_read(struct csv_head *head, const char *name, const char *text, size_t size,
    const struct csv_options *options, struct error *error);

void csv_head_clear(struct csv_head *head);

#endif
