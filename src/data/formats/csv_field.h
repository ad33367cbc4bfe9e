/* csv_field.h: the fields of one line of a text table. The format: csv.h.
 *
 * A line is given as [at, end), without what ends it. Threads: any.
 */
#ifndef DATA_FORMATS_CSV_FIELD_H
#define DATA_FORMATS_CSV_FIELD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/decimal.h"

struct csv_field {
    const char *text; /* without blanks and quotes around it */
    size_t length;
    bool quoted; /* then a quote in it is still written twice */
};

/* Where the line at `at` ends, before LF or CR LF; *next: where the next one begins, or `end`. */
const char *csv_line_end(const char *at, const char *end, const char **next);

/* Comma, tab or semicolon: which of them the line has most of outside quotes; where they are
 * equally many, tab before semicolon before comma. */
char csv_find_delimiter(const char *at, const char *end);

/* Whether this is no part of a field at its beginning or end. */
static inline bool csv_is_blank(char c, char delimiter)
{
    return c == ' ' || (c == '\t' && delimiter != '\t');
}

/* Reads the field at `at`. Returns where it ends: at a delimiter or at `end`. NULL if its quotes
 * are wrong: not closed in this line, or with something outside them; the field is then all up to
 * the next delimiter. */
const char *csv_field_read(
    struct csv_field *field, const char *at, const char *end, char delimiter);

/* Whether the whole field is a number. */
bool csv_field_number(struct csv_field field, struct decimal *number);

/* Copies the text, quotes written twice made one, and a 0 behind it to `out`, which has room for
 * length + 1. Returns the bytes written, 0 included. */
size_t csv_field_copy(struct csv_field field, char *out);

/* For messages: some of its text, in which what cannot be printed is '?'; returns out. */
enum { CSV_EXCERPT = 48 };
const char *csv_field_excerpt(struct csv_field field, char out[CSV_EXCERPT]);

#endif
