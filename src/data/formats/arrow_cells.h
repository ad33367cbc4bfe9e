/* arrow_cells.h: the cells of one column in one batch of the Arrow C data interface, as numbers or as
 * the fields that a text table would have.
 *
 * Nulls are empty fields, and true and false are words. A dictionary has the texts of its values.
 * Blanks around words are skipped. The buffers belong to the array, which must outlive the cells; the
 * interface does not say how large they are, so only what they contain is checked. Threads: any may
 * read.
 */
#pragma once

#include "base/status.h"
#include "base/value.h"
#include "data/formats/arrow_abi.h"
#include "data/formats/csv_field.h"

enum arrow_kind {
    ARROW_OTHER, /* a type whose values cannot be used */
    ARROW_NOTHING,
    ARROW_TRUTH,
    ARROW_NUMBER,
    ARROW_HALF,
    ARROW_TIME, /* a date, timestamp, time of day or duration, stored as an integer */
    ARROW_TEXT,
    ARROW_LARGE_TEXT,
    ARROW_TEXT_VIEW,
    ARROW_DICTIONARY
};

struct arrow_type {
    enum arrow_kind kind, word;        /* word: of a dictionary's values */
    enum value_type value, word_value; /* of numbers and times; of a dictionary, of its indices */
};

/* Returns the type that a schema describes. */
struct arrow_type arrow_type_of(const struct ArrowSchema *schema);

struct arrow_cells {
    enum arrow_kind kind;
    enum value_type value;
    int64_t rows, first;     /* first: place of the first row in the buffers */
    const uint8_t *valid;    /* bitmap; NULL: no nulls */
    const void *data;        /* numbers, bits, offsets, views or indices */
    const char *text;        /* of ARROW_TEXT and ARROW_LARGE_TEXT */
    const void *const *part; /* [parts] texts of views */
    int64_t parts;
    const void *part_size;    /* [parts] int64_t, at any alignment */
    struct arrow_cells *word; /* the values of a dictionary */
    void *own;                /* texts made from other cells, or NULL */
};

/* Opens rows [skip, skip + rows) of an array, counted behind its offset, and checks that they can be
 * read. `place` names the column in messages. STATUS_BAD_DATA (lengths, buffers or offsets that
 * contradict each other), STATUS_NO_RESOURCE; the caller clears the cells, which were zeroed, even on failure. */
enum status arrow_cells_open(struct arrow_cells *cells, struct arrow_type type,
    const struct ArrowArray *array, int64_t skip, int64_t rows, const char *place,
    struct error *error);

/* Makes cells that arrow_cells_text() can read, with doubled quotes, as csv_field.h has them.
 * Numbers with a fraction or an exponent have the shortest text of their type, and whole floats end
 * with ".0". `decimal` is the decimal separator. STATUS_NO_RESOURCE. */
enum status arrow_cells_make_text(struct arrow_cells *cells, char decimal, struct error *error);

/* Returns the field of a row; "" for a null. */
struct csv_field arrow_cells_text(const struct arrow_cells *cells, int64_t row);

/* True for cells that arrow_cells_number() can read. */
static inline bool arrow_cells_are_numbers(const struct arrow_cells *cells)
{
    return cells->kind == ARROW_NUMBER || cells->kind == ARROW_HALF;
}

/* Returns the number of a row, rounded once; NaN for a null. */
float arrow_cells_number(const struct arrow_cells *cells, int64_t row);

void arrow_cells_clear(struct arrow_cells *cells);
