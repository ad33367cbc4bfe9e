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

/* A field that a message quotes. */
struct csv_sample {
    int64_t line;
    struct csv_field field; /* text NULL: there is none */
};

enum { CSV_ODD_SHOWN = 3 };

/* The cells of an input column in one part that are not numbers. */
struct csv_words {
    struct word_set set;                  /* numbered within this part */
    int64_t cells, missing;               /* cells with words; without a value */
    struct csv_sample odd[CSV_ODD_SHOWN]; /* the first words */
};

struct csv_part {
    const char *text, *end;
    int64_t first_row, rows;
    int64_t first_line, lines;  /* a row has several lines if there are line ends between quotes */
    struct word_set words;      /* labels that may be classes, numbered within this part */
    struct csv_words *of_input; /* [features]; NULL: all cells so far are numbers */
    struct word_set of_extra[N_CSV_EXTRAS];
    bool unlabelled; /* the label of a row is missing */
    struct csv_sample look[N_LOOKS];
    int64_t row, column; /* being parsed */
    int64_t line;        /* number of the row's first line */
    int64_t quotes;      /* in the part, only while the text is cut */
    struct error error;  /* of the first wrong line; STATUS_OK: none */
};

struct csv_rows {
    const struct csv_head *head;
    int64_t rows, features; /* features: the head's, which may change after reading */
    struct dataset *set;    /* labels: the number of a word in its part, -1 if it is missing; NULL
                            without a label column that may contain classes; targets: numeric
                            labels, NaN if missing; NULL with TASK_NONE. Values: numbers, or boxed
                            (csv_box) */
    int32_t *extra[N_CSV_EXTRAS]; /* [rows] number of a word in its part; NULL: no such column */
    int64_t lines;                /* more than the rows if a row has several */
    struct csv_part *part;
    int parts;
    atomic_llong word_bytes; /* memory for the words of all parts */
};

/* A cell that is not a number is stored as a NaN whose low bits are the number of its word plus 1;
 * 0 if it has no value. So a missing value is an ordinary quiet NaN. */
enum { CSV_WORDS_MOST = (1 << 22) - 2 };
float csv_box(int32_t word);   /* -1: missing */
int32_t csv_unbox(float cell); /* of a NaN */

/* Parses all lines into `set`, which must be zeroed. STATUS_BAD_DATA naming the first wrong line,
 * STATUS_NO_RESOURCE; the caller must clear the rows and the set in any case. `head` and `set` are
 * borrowed. */
enum status csv_rows_read(struct csv_rows *rows, struct dataset *set, const struct csv_head *head,
    int threads, struct error *error);

/* Reports a fault of a field of the current line. Returns false. */
bool csv_rows_refuse(
    const struct csv_head *head, struct csv_part *part, struct csv_field field, const char *fault);

/* Takes the field of the part's current column into the current row, as the column's role says. False:
 * the part's error is set. */
bool csv_rows_take(struct csv_rows *rows, struct csv_part *part, struct csv_field field);

/* Puts a word of the current line into one of the part's sets. False: the part's error is set. */
bool csv_rows_put(struct csv_rows *rows, struct csv_part *part, struct word_set *set,
    struct csv_field field, int32_t *number);

/* Returns why a field is not a number, with the remedy for the usual ways to write numbers;
 * csv_no_number: it is a word. */
extern const char csv_no_number[];
const char *csv_fault_of_text(struct csv_field field);

/* The texts that mean a missing value in every table, in upper or lower case. */
enum { N_CSV_MISSING_WORDS = 7, CSV_MISSING_LONGEST = 4 };
extern const char *const csv_missing_words[];

/* True if a field stands for a missing value. In labels, "null" and "none" may be class names. */
bool csv_is_missing(const struct csv_head *head, struct csv_field field, bool label);

/* True if a number of a column of numbers does: it equals one of the request's texts, whatever its
 * form (-999.0 for -999). */
bool csv_is_missing_number(const struct csv_head *head, float number);

/* Frees what belongs to the rows alone. */
void csv_rows_clear(struct csv_rows *rows);
