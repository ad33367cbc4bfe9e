/* csv_head.h: finds the columns of a text table from its first line and the request. For the
 * format, see csv.h. */
#pragma once

#include "data/formats/csv.h"
#include "data/formats/csv_field.h"

struct csv_part;
struct csv_rows;

/* Parses the line [at, end) into row part->row. False: the part's error is set. */
typedef bool csv_line_parser(
    struct csv_rows *rows, struct csv_part *part, const char *at, const char *end);

/* The kind of an input column's cells. CSV_FIND: not known yet; numbers or words. CSV_NUMBERS: a
 * word is an error. CSV_WORDS: all are words, numbers too. CSV_TEXTS: the same, of a frame's column
 * that nobody has declared to be a category, so that amounts and names of rows are refused. */
enum csv_kind { CSV_FIND, CSV_NUMBERS, CSV_WORDS, CSV_TEXTS };

/* Columns whose texts are kept apart from the inputs. */
enum csv_extra { CSV_GROUP, CSV_WHEN, CSV_ID, CSV_ROW_NAME, N_CSV_EXTRAS };

struct csv_head {
    const char *name;       /* the file's name; borrowed */
    const char *text, *end; /* the sample lines, without blank ones at the end; borrowed */
    int64_t counted_line;   /* the line whose fields are the columns, for messages */
    int64_t first_line;     /* line number of the first sample line */
    char delimiter;
    char decimal;                      /* ',': the decimal separator; else it is a point */
    bool has_quotes;                   /* so a record may have several lines */
    int64_t columns, features, labels; /* input and label columns; others are omitted */
    int32_t *role;                     /* [columns] see below */
    unsigned char *kind; /* [columns] enum csv_kind, of inputs; NULL without a table */
    int64_t also_id; /* number from 1 of a column that has the ids beside its own role; 0: none */
    bool has_weight, has_extra[N_CSV_EXTRAS]; /* which other columns there are */
    char **column_name;                       /* [columns] (names.h); NULL: no header */
    char *const *feature_name; /* [features] the request's, if it names them; borrowed */
    int64_t n_omitted;         /* columns that the request does not name */
    char omitted[160];         /* their names, or the first of them */
    char note[600];            /* what was found out about columns; "": nothing */
    enum task task;
    const char *missing;   /* texts that mean a missing value, as in the request; borrowed */
    float *missing_number; /* [missing_numbers] the numbers among them */
    int64_t missing_numbers;
    const struct levels *levels; /* of the inputs, as in the request; borrowed */
    csv_line_parser *parse;      /* NULL: for a line of CSV */
    const void *cells;           /* for `parse`, if the samples are not text; borrowed */
    int64_t rows;                /* of `cells`; 0: the samples are lines of text */
    const struct room *room;     /* asked for the memory for the samples; borrowed */
    bool asked;                  /* `room` has granted the samples */
};

/* The role of a column: n >= 0 for label column n, one of these, that of an extra column, or that of
 * an input, which is negative too. CSV_EMPTY: a column that is left out, and must have no values. */
enum {
    CSV_LEFT_OUT = INT32_MIN,
    CSV_EMPTY,
    CSV_WEIGHT,
    CSV_EXTRA,
    CSV_ROLES_END = CSV_EXTRA + N_CSV_EXTRAS
};

static inline enum csv_extra csv_extra_of(int32_t role)
{
    return (enum csv_extra)(role - CSV_EXTRA);
}

static inline int32_t csv_role_of_feature(int64_t feature)
{
    return -1 - (int32_t)feature;
}

static inline int64_t csv_feature_of(int32_t role)
{
    return -1 - (int64_t)role;
}

static inline bool csv_is_feature(int32_t role)
{
    return role < 0 && role >= CSV_ROLES_END;
}

/* Creates the head for a text. STATUS_BAD_DATA, STATUS_USAGE (no such column), STATUS_NO_RESOURCE;
 * on failure the head is cleared. On success there is at least one line of samples. */
typedef enum status csv_head_reader(struct csv_head *head, const char *name, const char *text,
    size_t size, const struct source_request *request, struct error *error);

csv_head_reader csv_head_read; /* for a table, from its first line */

/* Creates the head for at least one row of cells that `parse` takes, with columns of these names,
 * whatever request->header says. Errors as for csv_head_read(). */
enum status csv_head_of_cells(struct csv_head *head, const char *name, char *const *column_name,
    int64_t columns, int64_t rows, const struct source_request *request, struct error *error);

/* Returns the word for a sample's place in messages: lines count from 1, rows of cells from 0. */
static inline const char *csv_unit(const struct csv_head *head)
{
    return head->rows > 0 ? "row" : "line";
}

/* Numbers the inputs from 0, in the order of their columns. */
void csv_number_features(struct csv_head *head);

/* True if the whole field is a number, with the head's decimal separator. */
bool csv_head_number(const struct csv_head *head, struct csv_field field, struct decimal *number);

void csv_head_clear(struct csv_head *head);

/* The fault of a field that is not UTF-8, with the remedy. */
extern const char csv_not_utf8[];

/* True if a text begins like UTF-16: with a byte order mark, or with more than a quarter of its
 * characters in 8 bits, so that one byte of each pair, always the first or always the second, is 0. */
bool csv_is_utf16(const char *text, size_t size);
