#include "data/subset.h"

#include <stdlib.h>

#include "base/memory.h"

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
