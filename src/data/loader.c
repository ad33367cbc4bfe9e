#include "data/loader.h"

#include <string.h>

int64_t loader_sample(const struct loader *loader, const struct order *order, int64_t position)
{
    return subset_at(loader->subset, order_at(order, position));
}

/* Rows lie scattered over memory, where no hardware expects the next one. The beginning of a row is
 * asked for while the one before it is scaled; what is beyond, the hardware sees coming. */
static void prefetch_row(const struct dataset *dataset, int64_t sample)
{
    enum { LINE = 64, MOST = 4096 };
    size_t row_bytes =
        (size_t)dataset->features * (dataset->type == VALUE_U8 ? sizeof(uint8_t) : sizeof(float));
    const char *row = (const char *)dataset->values + (size_t)sample * row_bytes;
    for (size_t at = 0; at < row_bytes && at < MOST; at += LINE)
        __builtin_prefetch(row + at);
}

static void copy_truth(
    const struct dataset *dataset, int64_t sample, int64_t row, struct truth truth)
{
    size_t outputs = (size_t)dataset->outputs;
    if (dataset->labels && truth.label)
        truth.label[row] = dataset->labels[sample];
    if (dataset->targets && truth.target)
        memcpy(truth.target + (size_t)row * outputs, dataset->targets + (size_t)sample * outputs,
            outputs * sizeof *truth.target);
}

void loader_rows(const struct loader *loader, const struct order *order, int64_t first, int64_t n,
    float *x, struct truth truth)
{
    const struct dataset *dataset = loader->dataset;
    int64_t next = n > 0 ? loader_sample(loader, order, first) : 0;
    for (int64_t row = 0; row < n; row++) {
        int64_t sample = next;
        if (row + 1 < n) {
            next = loader_sample(loader, order, first + row + 1);
            prefetch_row(dataset, next);
        }
        scale_row(loader->scale, loader->vector, dataset, sample, x + row * dataset->features);
        copy_truth(dataset, sample, row, truth);
    }
}
