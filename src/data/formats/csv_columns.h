/* csv_columns.h: finds the columns of a text table that options name, by name or by number from 1.
 *
 * Threads: any. Collective: no.
 */
#pragma once

#include "data/formats/csv_head.h"

struct csv_choice {
    const char *option; /* for messages, without "--" */
    const char *list;   /* its value: names or numbers separated by commas; NULL or "": none */
    enum header_choice header;
    /* Gives a column its role; `value` is the option's own. */
    enum status (*take)(struct csv_head *head, int64_t column, const struct csv_choice *choice,
        struct error *error);
    int value;
};

/* Takes all columns in the list. Sets *named if one was found by its name, so that the first line
 * must be a header. STATUS_USAGE (no such column, or as `take` finds), STATUS_NO_RESOURCE. */
enum status csv_columns_take(
    struct csv_head *head, const struct csv_choice *choice, bool *named, struct error *error);

/* Refuses an option that names a column which has another purpose already, or names it twice. */
enum status csv_columns_refuse_taken(
    const struct csv_head *head, int64_t column, const char *option, struct error *error);

/* Takes the columns of --ignore, --categorical, --weight, --group, --split-by and --id from the
 * inputs. The column of the ids may have weights, groups or sort keys too. Otherwise like
 * csv_columns_take(). */
enum status csv_columns_choose(
    struct csv_head *head, const struct source_request *request, bool *named, struct error *error);
