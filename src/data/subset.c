#include "data/subset.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/split.h"
#include "data/order.h"

static enum status take_numbers(struct subset *subset, int64_t size, struct error *error)
{
    subset->size = size;
    return memory_take(
        &subset->number, (size_t)size, sizeof *subset->number, "the validation split", error);
}

/* Distributes the samples over the subsets by means of one bit per sample, which is 1 for
 * validation. The bits are set in the order in which samples are drawn, and read in increasing
 * order. */
static void deal(int64_t samples, const struct order *order, uint64_t *bitmap, struct subset *train,
    struct subset *validation)
{
    for (int64_t position = 0; position < validation->size; position++) {
        int64_t sample = order_at(order, position);
        bitmap[sample / 64] |= UINT64_C(1) << sample % 64;
    }
    int64_t *to_train = train->number, *to_validation = validation->number;
    for (int64_t sample = 0; sample < samples; sample++) {
        bool validates = bitmap[sample / 64] >> sample % 64 & 1;
        *(validates ? to_validation++ : to_train++) = sample;
    }
}

enum status subset_split(int64_t samples, int64_t n_validation, uint64_t seed, struct subset *train,
    struct subset *validation, struct error *error)
{
    *train = (struct subset){.size = samples};
    *validation = (struct subset){0};
    if (n_validation == 0)
        return STATUS_OK;

    uint64_t *bitmap = NULL;
    enum status status = memory_take(
        &bitmap, (size_t)divide_up(samples, 64), sizeof *bitmap, "the validation split", error);
    if (!status)
        status = take_numbers(train, samples - n_validation, error);
    if (!status)
        status = take_numbers(validation, n_validation, error);
    if (!status) {
        struct order order;
        order_init(&order, samples, true, seed, RANDOM_SPLIT, 0);
        deal(samples, &order, bitmap, train, validation);
    }
    free(bitmap);
    if (status) {
        subset_clear(train);
        subset_clear(validation);
    }
    return status;
}

void subset_clear(struct subset *subset)
{
    free(subset->number);
    *subset = (struct subset){0};
}

enum status subset_check_weights(const struct subset *subset, const struct dataset *dataset,
    const char *what, struct error *error)
{
    for (int64_t i = 0; i < subset->size; i++)
        if (!dataset->weight || dataset->weight[subset_at(subset, i)] > 0)
            return STATUS_OK;
    return subset->size == 0 ? STATUS_OK
                             : fail(error, STATUS_BAD_DATA,
                                   "%s: the weights of all %lld %s samples are 0; some must be "
                                   "above 0",
                                   dataset->name, (long long)subset->size, what);
}

enum status balance_classes(
    float *weight, const struct dataset *dataset, const struct subset *subset, struct error *error)
{
    int64_t classes = dataset->classes;
    double *of_class = NULL, all = 0;
    TRY(memory_take(&of_class, (size_t)classes, sizeof *of_class, "the class sizes", error));
    for (int64_t i = 0; i < subset->size; i++) {
        int64_t sample = subset_at(subset, i);
        double one = dataset->weight ? (double)dataset->weight[sample] : 1;
        of_class[dataset->labels[sample]] += one;
        all += one;
    }
    for (int64_t c = 0; c < classes; c++)
        weight[c] = of_class[c] > 0 ? (float)(all / ((double)classes * of_class[c])) : 0;
    free(of_class);
    return STATUS_OK;
}
