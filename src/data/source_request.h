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
    /* Other columns of a table, by name or number like `label`; NULL or "": none. All but `weight`,
     * `group` and `when`, which name one column each, are lists. */
    const char *ignore;      /* neither inputs nor labels */
    const char *categorical; /* categories, even if they look like numbers */
    const char *weight;      /* sample weights, dataset->weight */
    const char *group;       /* dataset->group */
    const char *when;        /* dataset->when */
    const char *id;          /* dataset->id */
    const char *missing; /* texts that mean a missing value, separated by commas, in addition to the
                            usual ones; among numbers, also all with the same value. NULL or "":
                            none */
    const char *model_missing; /* the same for a model, if `missing` names none; ignored unless the
                                  data are a table */
    const char *model_weight;  /* weights by the name of their column, if `weight` names none and a
                                 header has it, with a note; NULL: none */
    char separator;            /* of fields; 0: as csv_delimiter.h finds it */
    char decimal;              /* ',': of numbers; 0 or '.': a point */
    enum task task;
    int threads; /* for reading, at least 1 */
    /* The names of a model's inputs [features] and label columns [labels]: in a table with a header
     * the columns of these names are taken, in any order, and other columns are omitted. With
     * TASK_NONE the label columns may be missing. `label` chooses the columns in place of
     * label_name, which then gives the order of several. NULL: columns are taken by position */
    char *const *feature_name;
    int64_t features;
    const struct levels *levels; /* of the inputs; NULL: to be found. Words are given the codes of
                                    these levels, and a column without levels must be numeric */
    char *const *label_name;
    int64_t label_columns;
    const struct room *room; /* asked before memory is allocated for data; NULL: no limit */
};
