/* levels.h: the words of the categories among the columns of a table.
 *
 *     column 0  column 1  column 2              first  0 | 0 | 3 | 5
 *     number    red       yes                   name   red green blue | yes no
 *               green     no
 *               blue                            levels of column c: name[first[c] ... first[c + 1])
 *
 * Levels are in the order of their first appearance. A column without levels holds numbers. A
 * zeroed struct has no categories at all. Threads: any may read.
 */
#pragma once

#include <stdint.h>

#include "base/status.h"

struct levels {
    int64_t columns; /* 0: no column is a category */
    int64_t *first;  /* [columns + 1] */
    char **name;     /* [first[columns]] (names.h) */
};

/* Returns the number of levels of a column; 0: it holds numbers. */
static inline int64_t levels_in(const struct levels *levels, int64_t column)
{
    return levels->columns > 0 ? levels->first[column + 1] - levels->first[column] : 0;
}

/* Returns the names of a column's levels [levels_in()]. */
static inline char *const *levels_names(const struct levels *levels, int64_t column)
{
    return levels->name + levels->first[column];
}

/* Allocates an independent copy. `from` may be empty. STATUS_NO_RESOURCE. */
enum status levels_copy(struct levels *levels, const struct levels *from, struct error *error);

/* Frees what the struct owns and zeroes it. */
void levels_clear(struct levels *levels);
