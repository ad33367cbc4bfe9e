#include "data/split/folds.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/memory.h"
#include "data/order.h"

enum { EPOCH_OF_FOLDS = 2 };

/* The classes to be balanced: those of the dataset, or one. */
struct labelling {
    int64_t classes;
    const int32_t *label; /* NULL: one class */
};

static int64_t class_of(const struct labelling *labelling, int64_t sample)
{
    return labelling->label ? labelling->label[sample] : 0;
}

/* --- single samples --------------------------------------------------------------------------- */

static enum status deal_samples(int32_t *fold, int64_t samples, const struct labelling *labelling,
    const struct fold_request *request, struct error *error)
{
    int64_t classes = labelling->classes, *next = NULL;
    TRY(memory_take(&next, (size_t)classes + 1, sizeof *next, "the classes of the folds", error));
    for (int64_t sample = 0; sample < samples; sample++)
        next[class_of(labelling, sample) + 1]++;
    for (int64_t c = 0; c < classes; c++)
        next[c + 1] += next[c];
    struct order order;
    order_init(&order, samples, true, request->seed, RANDOM_SPLIT, EPOCH_OF_FOLDS);
    for (int64_t position = 0; position < samples; position++) {
        int64_t sample = order_at(&order, position);
        fold[sample] = (int32_t)(next[class_of(labelling, sample)]++ % request->folds);
    }
    free(next);
    return STATUS_OK;
}

/* --- whole groups ----------------------------------------------------------------------------- */

/* Sizes of groups and folds by class. A group usually has few classes, so its samples are listed
 * group by group instead of counted in a table of groups x classes. */
struct dealing {
    void *block;
    struct labelling labelling;
    const int32_t *group; /* [samples] */
    int64_t samples, groups, classes, folds;
    int64_t *start;    /* [groups + 1] */
    int64_t *sample;   /* [samples] those of group g are start[g] ... start[g + 1] - 1 */
    struct turn *turn; /* [groups] */
    int64_t *of_class; /* [classes] samples in all */
    int64_t *in_fold;  /* [folds x classes] */
    int64_t *size;     /* [folds] */
    int64_t *in_group; /* [classes] those of the current group */
};

struct turn {
    int64_t group, size, position; /* position in the permutation of groups */
};

static void place_dealing(void *object, struct carver *carver)
{
    struct dealing *dealing = object;
    size_t groups = (size_t)dealing->groups, classes = (size_t)dealing->classes;
    size_t folds = (size_t)dealing->folds;
    dealing->start = carve(carver, groups + 1, sizeof(int64_t));
    dealing->sample = carve(carver, (size_t)dealing->samples, sizeof(int64_t));
    dealing->turn = carve(carver, groups, sizeof(struct turn));
    dealing->of_class = carve(carver, classes, sizeof(int64_t));
    dealing->in_fold = carve(carver, folds, classes * sizeof(int64_t));
    dealing->size = carve(carver, folds, sizeof(int64_t));
    dealing->in_group = carve(carver, classes, sizeof(int64_t));
}

/* Larger groups come first, equal ones in the order of the permutation. */
static int compare_turns(const void *a, const void *b)
{
    const struct turn *left = a, *right = b;
    if (left->size != right->size)
        return left->size > right->size ? -1 : 1;
    return left->position < right->position ? -1 : 1;
}

static void list_groups(struct dealing *dealing, uint64_t seed)
{
    int64_t groups = dealing->groups, *start = dealing->start;
    struct order order;
    for (int64_t sample = 0; sample < dealing->samples; sample++) {
        dealing->of_class[class_of(&dealing->labelling, sample)]++;
        start[dealing->group[sample] + 1]++;
    }
    order_init(&order, groups, true, seed, RANDOM_SPLIT, EPOCH_OF_FOLDS);
    for (int64_t position = 0; position < groups; position++) {
        int64_t group = order_at(&order, position);
        dealing->turn[position] = (struct turn){group, start[group + 1], position};
    }
    for (int64_t group = 0; group < groups; group++)
        start[group + 1] += start[group];
    /* Filled from the end, so that start[g + 1] moves down to the first sample of group g, and the
     * array is shifted by one. */
    for (int64_t sample = dealing->samples - 1; sample >= 0; sample--)
        dealing->sample[--start[dealing->group[sample] + 1]] = sample;
    for (int64_t group = 0; group < groups; group++)
        start[group] = start[group + 1];
    start[groups] = dealing->samples;
    qsort(dealing->turn, (size_t)groups, sizeof *dealing->turn, compare_turns);
}

/* Returns the best fold for the group whose samples are counted in in_group. */
static int64_t best_fold(const struct dealing *dealing)
{
    int64_t best = 0;
    double least_cost = 0;
    for (int64_t k = 0; k < dealing->folds; k++) {
        const int64_t *in_fold = dealing->in_fold + k * dealing->classes;
        double cost = 0;
        for (int64_t c = 0; c < dealing->classes; c++)
            if (dealing->in_group[c] > 0)
                cost += (double)in_fold[c] * (double)dealing->in_group[c] /
                        (double)dealing->of_class[c];
        bool better =
            cost < least_cost || (cost == least_cost && dealing->size[k] < dealing->size[best]);
        if (k == 0 || better) {
            best = k;
            least_cost = cost;
        }
    }
    return best;
}

static void deal_group(struct dealing *dealing, int32_t *fold, int64_t group)
{
    int64_t first = dealing->start[group], end = dealing->start[group + 1];
    for (int64_t i = first; i < end; i++)
        dealing->in_group[class_of(&dealing->labelling, dealing->sample[i])]++;
    int64_t best = best_fold(dealing);
    dealing->size[best] += end - first;
    for (int64_t i = first; i < end; i++) {
        int64_t class = class_of(&dealing->labelling, dealing->sample[i]);
        dealing->in_fold[best * dealing->classes + class]++;
        dealing->in_group[class] = 0;
        fold[dealing->sample[i]] = (int32_t)best;
    }
}

static enum status refuse(
    const struct dataset *dataset, int64_t folds, int64_t units, struct error *error)
{
    return fail(error, STATUS_USAGE,
        "%" PRId64 " folds of %s, which has only %" PRId64 " %s; use fewer folds", folds,
        dataset->name, units, dataset->group ? "groups" : "samples");
}

static enum status deal_groups(int32_t *fold, const struct dataset *dataset,
    const struct labelling *labelling, const struct fold_request *request, struct error *error)
{
    struct dealing dealing = {.labelling = *labelling,
        .group = dataset->group,
        .samples = dataset->samples,
        .groups = dataset->groups,
        .classes = labelling->classes,
        .folds = request->folds};
    TRY(memory_carve(&dealing.block, place_dealing, &dealing, "the groups of the folds", error));
    list_groups(&dealing, request->seed);
    int64_t units = 0; /* some groups may have only samples without labels, which are not here */
    while (units < dealing.groups && dealing.turn[units].size > 0)
        units++;
    enum status status =
        units < dealing.folds ? refuse(dataset, dealing.folds, units, error) : STATUS_OK;
    for (int64_t i = 0; i < units && !status; i++)
        deal_group(&dealing, fold, dealing.turn[i].group);
    free(dealing.block);
    return status;
}

/* ---------------------------------------------------------------------------------------------- */

enum status folds_assign(int32_t *fold, const struct dataset *dataset,
    const struct fold_request *request, struct error *error)
{
    bool by_class = request->stratified && dataset->classes > 0;
    struct labelling labelling = {
        by_class ? dataset->classes : 1, by_class ? dataset->labels : NULL};
    if (dataset->group)
        return deal_groups(fold, dataset, &labelling, request, error);
    if (request->folds > dataset->samples)
        return refuse(dataset, request->folds, dataset->samples, error);
    return deal_samples(fold, dataset->samples, &labelling, request, error);
}

enum status fold_subsets(struct subset *train, struct subset *held_out, const int32_t *fold,
    int64_t samples, int64_t k, struct error *error)
{
    int64_t n = 0;
    for (int64_t sample = 0; sample < samples; sample++)
        n += fold[sample] == k;
    *train = (struct subset){.size = samples - n};
    *held_out = (struct subset){.size = n};
    enum status status = memory_take(
        &train->number, (size_t)train->size, sizeof *train->number, "the samples of a fold", error);
    if (!status)
        status = memory_take(
            &held_out->number, (size_t)n, sizeof *held_out->number, "the samples of a fold", error);
    if (status) {
        subset_clear(train);
        subset_clear(held_out);
        return status;
    }
    int64_t *to_train = train->number, *to_held_out = held_out->number;
    for (int64_t sample = 0; sample < samples; sample++)
        *(fold[sample] == k ? to_held_out++ : to_train++) = sample;
    return STATUS_OK;
}
