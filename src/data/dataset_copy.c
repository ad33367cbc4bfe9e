#include "data/dataset_copy.h"

#include <string.h>

#include "base/memory.h"
#include "data/names.h"

static enum status copy_names(struct dataset *to, const struct dataset *from, struct error *error)
{
    struct dataset source = *from;
    struct dataset_list list[DATASET_LISTS], copy[DATASET_LISTS];
    dataset_lists(&source, list);
    dataset_lists(to, copy);
    for (int i = 0; i < DATASET_LISTS; i++)
        if (*list[i].pointer)
            TRY(names_copy(
                copy[i].pointer, *list[i].pointer, list[i].n, "names of the data", error));
    return levels_copy(&to->levels, &from->levels, error);
}

enum status dataset_borrow(struct dataset *to, const struct dataset *from, struct error *error)
{
    *to = *from;
    to->lent = true;
    to->shared = false;
    /* Values in a mapped file are memory like any other, since `from` keeps the file open. */
    to->path[0] = '\0';
    to->file = (struct mapped_file){0};
    struct dataset_list list[DATASET_LISTS];
    dataset_lists(to, list);
    for (int i = 0; i < DATASET_LISTS; i++)
        *list[i].pointer = NULL;
    to->levels = (struct levels){0};
    enum status status = copy_names(to, from, error);
    if (status)
        dataset_clear(to);
    return status;
}

enum status dataset_copy(struct dataset *to, const struct dataset *from, struct error *error)
{
    TRY(dataset_borrow(to, from, error));
    struct dataset lent = *to;
    struct dataset_array array[DATASET_ARRAYS], copy[DATASET_ARRAYS];
    enum status status = STATUS_OK;
    dataset_arrays(&lent, &lent, array);
    dataset_arrays(to, &lent, copy);
    for (int i = 0; i < DATASET_ARRAYS; i++)
        memset(copy[i].pointer, 0, sizeof(void *));
    to->lent = false;
    for (int i = 0; i < DATASET_ARRAYS && !status; i++) {
        if (array[i].bytes == 0)
            continue;
        status = memory_take(copy[i].pointer, array[i].bytes, 1, "a copy of the data", error);
        if (!status)
            memcpy(dataset_array_start(&copy[i]), dataset_array_start(&array[i]), array[i].bytes);
    }
    if (status)
        dataset_clear(to);
    return status;
}

static bool same_names(char *const *one, char *const *other, int64_t n)
{
    for (int64_t i = 0; one && other && i < n; i++)
        if (strcmp(one[i], other[i]) != 0)
            return false;
    return !one == !other;
}

/* True if the numbers of classes or levels may differ. Numbers of classes without names are those of
 * `train`, or are refused. */
static bool renumbers(const struct dataset *from, const struct dataset *train)
{
    return from->levels.columns > 0 ||
           (from->classes > 0 &&
               (from->classes > train->classes ||
                   !same_names(from->class_name, train->class_name, from->classes)));
}

enum status dataset_fit(struct dataset *to, const struct dataset *from, const struct dataset *train,
    struct error *error)
{
    TRY(renumbers(from, train) ? dataset_copy(to, from, error) : dataset_borrow(to, from, error));
    enum status status = dataset_match(train, to, error);
    if (status)
        dataset_clear(to);
    return status;
}
