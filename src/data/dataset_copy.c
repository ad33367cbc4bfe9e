#include "data/dataset_copy.h"

#include <string.h>

#include "base/memory.h"
#include "data/names.h"

static enum status copy_list(char ***to, char *const *from, int64_t n, struct error *error)
{
    return from ? names_copy(to, from, n, "names of the data", error) : STATUS_OK;
}

static enum status copy_names(struct dataset *to, const struct dataset *from, struct error *error)
{
    TRY(copy_list(&to->id, from->id, from->samples + from->unlabelled, error));
    TRY(copy_list(&to->other, from->other, 2 * from->others, error));
    TRY(copy_list(&to->class_name, from->class_name, from->classes, error));
    TRY(copy_list(&to->feature_name, from->feature_name, from->features, error));
    TRY(copy_list(&to->label_name, from->label_name, dataset_label_columns(from), error));
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
    to->id = to->class_name = to->feature_name = to->label_name = to->other = NULL;
    to->levels = (struct levels){0};
    enum status status = copy_names(to, from, error);
    if (status)
        dataset_clear(to);
    return status;
}

/* Replaces an array by a copy; NULL stays NULL. */
static enum status copy_array(void *array, const void *from, size_t bytes, struct error *error)
{
    void *copy = NULL;
    if (!from)
        return STATUS_OK;
    TRY(memory_take(&copy, bytes, 1, "a copy of the data", error));
    memcpy(copy, from, bytes);
    memcpy(array, &copy, sizeof copy);
    return STATUS_OK;
}

static enum status copy_arrays(struct dataset *to, const struct dataset *from, struct error *error)
{
    size_t n = (size_t)(from->samples + from->unlabelled);
    TRY(copy_array(
        &to->values, from->values, n * (size_t)from->features * value_size(from->type), error));
    TRY(copy_array(&to->labels, from->labels, n * sizeof *from->labels, error));
    TRY(copy_array(
        &to->targets, from->targets, n * (size_t)from->outputs * sizeof *from->targets, error));
    TRY(copy_array(&to->weight, from->weight, n * sizeof *from->weight, error));
    TRY(copy_array(&to->group, from->group, n * sizeof *from->group, error));
    TRY(copy_array(&to->when, from->when, n * sizeof *from->when, error));
    return copy_array(&to->line, from->line, n * sizeof *from->line, error);
}

enum status dataset_copy(struct dataset *to, const struct dataset *from, struct error *error)
{
    TRY(dataset_borrow(to, from, error));
    to->lent = false;
    to->values = NULL;
    to->labels = to->group = NULL;
    to->targets = to->weight = NULL;
    to->when = NULL;
    to->line = NULL;
    enum status status = copy_arrays(to, from, error);
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
