/* csv_head.h: finds the columns of a text table from its first line and the request. For the
 * format, see csv.h. */
#pragma once

#include "data/formats/csv.h"

struct csv_part;
struct csv_rows;

/* Parses the line [at, end) into row part->row. False: the part's error is set. */
typedef bool csv_line_parser(
    struct csv_rows *rows, struct csv_part *part, const char *at, const char *end);

struct csv_head {
    const char *name;       /* the file's name; borrowed */
    const char *text, *end; /* the sample lines, without blank ones at the end; borrowed */
    int64_t first_line;     /* line number of the first sample line */
    char delimiter;
    int64_t columns, features, labels; /* input and label columns; others are omitted */
    int32_t *role;                     /* [columns] see below */
    char **column_name;                /* [columns] (names.h); NULL: no header */
    char *const *feature_name;         /* [features] the request's, if it names them; borrowed */
    int64_t n_omitted;                 /* columns that the request does not name */
    char omitted[160];                 /* their names, or the first of them */
    enum task task;
    csv_line_parser *parse;  /* NULL: for a line of CSV */
    const struct room *room; /* asked for the memory for the samples; borrowed */
};

/* The role of a column: n >= 0 for label column n, CSV_LEFT_OUT, or that of an input, which is
 * negative too. */
enum { CSV_LEFT_OUT = INT32_MIN };

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
    return role < 0 && role != CSV_LEFT_OUT;
}

/* Creates the head for a text. STATUS_BAD_DATA, STATUS_USAGE (no such column), STATUS_NO_RESOURCE;
 * on failure the head is cleared. On success there is at least one line of samples. */
typedef enum status csv_head_reader(struct csv_head *head, const char *name, const char *text,
    size_t size, const struct source_request *request, struct error *error);

csv_head_reader csv_head_read; /* for a table, from its first line */

void csv_head_clear(struct csv_head *head);

/* True if a text begins like UTF-16: with a byte order mark, or with more than a quarter of its
 * characters in 8 bits, so that one byte of each pair, always the first or always the second, is 0. */
bool csv_is_utf16(const char *text, size_t size);
