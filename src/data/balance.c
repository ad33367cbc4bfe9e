#include "data/balance.h"

#include <stdlib.h>

#include "base/memory.h"

enum status balance_classes(
    float *weight, const struct dataset *dataset, const struct subset *subset, struct error *error)
{
    int64_t classes = dataset->classes, *count = NULL;
    enum status status =
        memory_take(&count, (size_t)classes, sizeof *count, "the sizes of classes", error);
    if (status)
        return status;
    for (int64_t i = 0; i < subset->size; i++)
        count[dataset->labels[subset_at(subset, i)]]++;
    for (int64_t c = 0; c < classes; c++)
        weight[c] =
            count[c] ? (float)((double)subset->size / ((double)classes * (double)count[c])) : 0;
    free(count);
    return STATUS_OK;
}
