/* source_request.h: names the data to be read, and how labels are chosen and interpreted. */
#pragma once

#include "data/room.h"

/* HEADER_AUTO: the first line is a header if none of its feature fields is a number, and a sample
 * if all are; a mixture is refused. A label column given by name requires a header. */
enum header_choice { HEADER_AUTO, HEADER_ON, HEADER_OFF };

struct source_request {
    const char *data; /* as in source.h; a reader of one format is given its file's path instead */
    const char *labels; /* the label file; NULL: given by `data` */
    const char
        *label; /* columns of a table by name or number from 1, separated by commas; NULL: the
                           last one; with TASK_NONE: the columns to omit, NULL for none */
    enum header_choice header; /* of a table */
    enum task task;
    int threads; /* for reading, at least 1 */
    /* The names of a model's inputs [features] and label columns [labels]: in a table with a header
     * the columns of these names are taken, in any order, and other columns are omitted. With
     * TASK_NONE the label columns may be missing. `label` chooses the columns in place of
     * label_name, which then gives the order of several. NULL: columns are taken by position */
    char *const *feature_name;
    int64_t features;
    char *const *label_name;
    int64_t label_columns;
    const struct room *room; /* asked before memory is allocated for data; NULL: no limit */
};
