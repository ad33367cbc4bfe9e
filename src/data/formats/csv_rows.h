/* csv_rows.h: parses the lines of a text table with several threads. For the format, see csv.h.
 *
 *     lines   | part 0 | part 1 | part 2 ...       cut at line ends into nearly equal sizes
 *     1st pass: counts the lines of each part, so that the first row of each is known
 *     2nd pass: parses them
 *
 * The result does not depend on the number of parts.
 */
#pragma once

#include <stdatomic.h>

#include "data/formats/csv_field.h"
#include "data/formats/csv_head.h"
#include "data/word_set.h"

/* The kinds of labels, judged by their text. */
enum label_look {
    LOOKS_WHOLE,    /* 2 */
    LOOKS_WORD,     /* two, 02 */
    LOOKS_DECIMAL,  /* 2.0, 2e0: a whole number below 2^24 in another form */
    LOOKS_FRACTION, /* 2.5 */
    N_LOOKS
};

/* The first label of one kind in a part. */
struct label_sample {
    int64_t line; /* 0: none */
    struct csv_field field;
};

struct csv_part {
    const char *text, *end;
    int64_t first_row, rows;
    struct word_set words; /* labels that may be classes, numbered within this part */
    int64_t counted_bytes; /* memory for `words` that csv_rows.word_bytes counts */
    struct label_sample look[N_LOOKS];
    int64_t row, column; /* being parsed */
    struct error error;  /* of the first wrong line; STATUS_OK: none */
};

struct csv_rows {
    const struct csv_head *head;
    int64_t rows;
    struct dataset *set; /* labels: the number of a word in its part; NULL without a label column
                            that may contain classes; targets: numeric labels; NULL with
                            TASK_NONE */
    struct csv_part *part;
    int parts;
    atomic_llong word_bytes; /* memory for the words of all parts */
};

/* Parses all lines into `set`, which must be zeroed. STATUS_BAD_DATA naming the first wrong line,
 * STATUS_NO_RESOURCE; the caller must clear the rows and the set in any case. `head` and `set` are
 * borrowed. */
enum status csv_rows_read(struct csv_rows *rows, struct dataset *set, const struct csv_head *head,
    int threads, struct error *error);

/* For csv_head.parse: sets the label of the current row from a field. False: the part's error is
 * set. */
bool csv_rows_label(struct csv_rows *rows, struct csv_part *part, struct csv_field field);

/* Frees what belongs to the rows alone. */
void csv_rows_clear(struct csv_rows *rows);
