#include "data/split/sample_split.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/split.h"
#include "data/order.h"

/* The part that a sample belongs to. */
enum { OUTSIDE, TRAIN, VALIDATION, TEST };

struct splitting {
    const struct dataset *dataset;
    const struct split_request *request;
    unsigned char *part; /* [samples] */
    int64_t left;        /* samples in TRAIN */
};

static void sample_move(struct splitting *splitting, int64_t sample, unsigned char part)
{
    splitting->part[sample] = part;
    splitting->left--;
}

static void init_order(const struct splitting *splitting, struct order *order, int64_t n, int part)
{
    order_init(order, n, true, splitting->request->seed, RANDOM_SPLIT, part == TEST ? 1 : 0);
}

/* --- any samples, or classes in proportion ---------------------------------------------------- */

/* Moves the first n samples of the permutation; with quotas, only the first of each class. */
static void take_first(struct splitting *splitting, int64_t n, unsigned char part, int64_t *quota)
{
    const struct dataset *dataset = splitting->dataset;
    struct order order;
    init_order(splitting, &order, dataset->samples, part);
    for (int64_t position = 0; n > 0; position++) {
        int64_t sample = order_at(&order, position);
        if (splitting->part[sample] != TRAIN || (quota && quota[dataset->labels[sample]] == 0))
            continue;
        if (quota)
            quota[dataset->labels[sample]]--;
        sample_move(splitting, sample, part);
        n--;
    }
}

__extension__ typedef __int128 wide;

struct share {
    int64_t class, rest; /* rest: the remainder of n * samples of the class / samples */
    bool last;           /* one more would leave no sample of the class */
};

/* Classes that get one sample more come first. */
static int compare_shares(const void *a, const void *b)
{
    const struct share *left = a, *right = b;
    if (left->last != right->last)
        return left->last ? 1 : -1;
    if (left->rest != right->rest)
        return left->rest > right->rest ? -1 : 1;
    return left->class < right->class ? -1 : 1;
}

/* Turns the samples of each class into its part of n. Rounding down leaves at least one sample of
 * each class, as n is below their total; rounding up may not. */
static void apportion(int64_t *quota, struct share *share, int64_t classes, int64_t n)
{
    int64_t total = 0, missing = n;
    for (int64_t c = 0; c < classes; c++)
        total += quota[c];
    for (int64_t c = 0; c < classes; c++) {
        int64_t samples = quota[c];
        quota[c] = (int64_t)((wide)n * samples / total);
        share[c] = (struct share){.class = c,
            .rest = (int64_t)((wide)n * samples % total),
            .last = quota[c] + 1 >= samples};
        missing -= quota[c];
    }
    qsort(share, (size_t)classes, sizeof *share, compare_shares);
    for (int64_t i = 0; i < missing; i++)
        quota[share[i].class]++;
}

static enum status take_stratified(
    struct splitting *splitting, int64_t n, unsigned char part, struct error *error)
{
    const struct dataset *dataset = splitting->dataset;
    int64_t classes = dataset->classes, *quota = NULL;
    struct share *share = NULL;
    enum status status =
        memory_take(&quota, (size_t)classes, sizeof *quota, "the classes of the split", error);
    if (!status)
        status =
            memory_take(&share, (size_t)classes, sizeof *share, "the classes of the split", error);
    if (!status) {
        for (int64_t sample = 0; sample < dataset->samples; sample++)
            if (splitting->part[sample] == TRAIN)
                quota[dataset->labels[sample]]++;
        apportion(quota, share, classes, n);
        take_first(splitting, n, part, quota);
    }
    free(share);
    free(quota);
    return status;
}
/* --- whole groups ----------------------------------------------------------------------------- */

/* Marks the groups to be taken by a negative size; `size` has the samples of each that are left.
 * Groups that still fit come first. The smallest of the others follows if that is nearer to n, or
 * if nothing fits. One group at least stays. Returns the number of samples in the groups. */
static int64_t choose_groups(
    const struct splitting *splitting, int64_t *size, int64_t n, unsigned char part)
{
    int64_t groups = splitting->dataset->groups, taken = 0, smallest = -1;
    struct order order;
    init_order(splitting, &order, groups, part);
    for (int64_t position = 0; position < groups; position++) {
        int64_t group = order_at(&order, position);
        if (size[group] == 0)
            continue;
        if (taken + size[group] <= n) {
            taken += size[group];
            size[group] = -size[group];
        } else if (smallest < 0 || size[group] < size[smallest]) {
            smallest = group;
        }
    }
    if (smallest < 0)
        return taken;
    int64_t after = taken + size[smallest];
    if (after < splitting->left && (taken == 0 || after - n < n - taken)) {
        size[smallest] = -size[smallest];
        return after;
    }
    return taken;
}

static enum status take_groups(
    struct splitting *splitting, int64_t n, unsigned char part, struct error *error)
{
    const struct dataset *dataset = splitting->dataset;
    int64_t *size = NULL;
    TRY(memory_take(
        &size, (size_t)dataset->groups, sizeof *size, "the groups of the split", error));
    for (int64_t sample = 0; sample < dataset->samples; sample++)
        if (splitting->part[sample] == TRAIN)
            size[dataset->group[sample]]++;
    int64_t taken = choose_groups(splitting, size, n, part);
    for (int64_t sample = 0; sample < dataset->samples; sample++)
        if (splitting->part[sample] == TRAIN && size[dataset->group[sample]] < 0)
            sample_move(splitting, sample, part);
    free(size);
    return taken > 0 ? STATUS_OK
                     : fail(error, STATUS_BAD_DATA,
                           "%s: the %" PRId64 " samples to be split are of one group, and groups "
                           "are not split; more groups are needed",
                           dataset->name, splitting->left);
}

/* --- the last samples ------------------------------------------------------------------------- */

static int compare_keys(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

/* Returns how many of the sorted keys are at the end, as nearly n as equal keys allow; 0: all are
 * equal. */
static int64_t count_last(const double *key, int64_t keys, int64_t n)
{
    double border = key[keys - n];
    int64_t first = keys - n, end = first;
    while (first > 0 && key[first - 1] == border)
        first--;
    while (end < keys && key[end] == border)
        end++;
    int64_t more = keys - first, fewer = keys - end;
    if (first == 0)
        return fewer;
    return fewer == 0 || more - n <= n - fewer ? more : fewer;
}

static enum status take_last(
    struct splitting *splitting, int64_t n, unsigned char part, struct error *error)
{
    const struct dataset *dataset = splitting->dataset;
    int64_t keys = 0;
    double *key = NULL;
    TRY(memory_take(
        &key, (size_t)splitting->left, sizeof *key, "the sort keys of the split", error));
    for (int64_t sample = 0; sample < dataset->samples; sample++)
        if (splitting->part[sample] == TRAIN)
            key[keys++] = dataset->when[sample];
    qsort(key, (size_t)keys, sizeof *key, compare_keys);
    int64_t last = count_last(key, keys, n);
    double from = last > 0 ? key[keys - last] : 0;
    for (int64_t sample = 0; sample < dataset->samples && last > 0; sample++)
        if (splitting->part[sample] == TRAIN && dataset->when[sample] >= from)
            sample_move(splitting, sample, part);
    free(key);
    return last > 0 ? STATUS_OK
                    : fail(error, STATUS_BAD_DATA,
                          "%s: the %" PRId64 " samples to be split have equal values in the column "
                          "of --split-by, and such samples are not separated",
                          dataset->name, keys);
}

/* --- all rules -------------------------------------------------------------------------------- */

static enum status take(
    struct splitting *splitting, int64_t n, unsigned char part, struct error *error)
{
    const struct dataset *dataset = splitting->dataset;
    if (n == 0)
        return STATUS_OK;
    if (splitting->left < 2)
        return fail(
            error, STATUS_BAD_DATA, "%s: the split leaves no sample to train on", dataset->name);
    n = least(n, splitting->left - 1); /* the test samples may be more than requested */
    if (dataset->when)
        return take_last(splitting, n, part, error);
    if (dataset->group)
        return take_groups(splitting, n, part, error);
    if (splitting->request->stratified)
        return take_stratified(splitting, n, part, error);
    take_first(splitting, n, part, NULL);
    return STATUS_OK;
}

/* Collects the samples of a part; all of them, if all are in it. */
static enum status collect(struct subset *subset, const struct splitting *splitting,
    unsigned char part, struct error *error)
{
    int64_t samples = splitting->dataset->samples, n = 0;
    for (int64_t sample = 0; sample < samples; sample++)
        n += splitting->part[sample] == part;
    *subset = (struct subset){.size = n};
    if (n == 0 || n == samples)
        return STATUS_OK;
    TRY(memory_take(
        &subset->number, (size_t)n, sizeof *subset->number, "the samples of the split", error));
    n = 0;
    for (int64_t sample = 0; sample < samples; sample++)
        if (splitting->part[sample] == part)
            subset->number[n++] = sample;
    return STATUS_OK;
}

static enum status divide(
    struct splitting *splitting, struct sample_split *split, struct error *error)
{
    const struct split_request *request = splitting->request;
    const struct subset *from = request->from;
    splitting->left = from ? from->size : splitting->dataset->samples;
    for (int64_t i = 0; i < splitting->left; i++)
        splitting->part[from ? subset_at(from, i) : i] = TRAIN;
    TRY(take(splitting, request->test, TEST, error));
    TRY(take(splitting, request->validation, VALIDATION, error));
    TRY(collect(&split->train, splitting, TRAIN, error));
    TRY(collect(&split->validation, splitting, VALIDATION, error));
    return collect(&split->test, splitting, TEST, error);
}

enum status sample_split(struct sample_split *split, const struct dataset *dataset,
    const struct split_request *request, struct error *error)
{
    struct splitting splitting = {.dataset = dataset, .request = request};
    *split = (struct sample_split){0};
    TRY(memory_take(&splitting.part, (size_t)dataset->samples, 1, "the split of samples", error));
    enum status status = divide(&splitting, split, error);
    free(splitting.part);
    if (status)
        sample_split_clear(split);
    return status;
}

void sample_split_clear(struct sample_split *split)
{
    subset_clear(&split->train);
    subset_clear(&split->validation);
    subset_clear(&split->test);
}
