#include "data/loader.h"

#include <string.h>

void loader_samples(
    const struct loader *loader, const struct order *order, int64_t first, int64_t n, int64_t *out)
{
    order_run(order, first, n, out);
    for (int64_t i = 0; i < n; i++)
        out[i] = subset_at(loader->subset, out[i]);
}

/* Rows are scattered over memory, so the hardware cannot predict the next one. The beginning of a
 * row is prefetched while the rows before it are scaled; the hardware prefetches the rest. */
static void prefetch_row(const struct dataset *dataset, int64_t sample)
{
    enum { LINE = 64, MOST = 4096 };
    size_t row_bytes = (size_t)dataset->features * value_size(dataset->type);
    const char *row = (const char *)dataset->values + (size_t)sample * row_bytes;
    for (size_t at = 0; at < row_bytes && at < MOST; at += LINE)
        __builtin_prefetch(row + at);
}

static void copy_truth(const struct loader *loader, int64_t sample, int64_t row, struct truth truth)
{
    const struct dataset *dataset = loader->dataset;
    const struct scale *scale = loader->target_scale;
    int64_t outputs = dataset->outputs;
    if (dataset->labels && truth.label)
        truth.label[row] = dataset->labels[sample];
    if (!dataset->targets || !truth.target)
        return;
    float *out = truth.target + row * outputs;
    const float *target = dataset->targets + sample * outputs;
    if (scale)
        loader->vector->scale(out, target, VALUE_F32, scale->shift, scale->factor, outputs);
    else
        memcpy(out, target, (size_t)outputs * sizeof *out);
}

static void copy_weights(
    const struct dataset *dataset, const int64_t *sample, int64_t n, float *weight)
{
    for (int64_t i = 0; i < n; i++)
        weight[i] = dataset->weight ? dataset->weight[sample[i]] : 1;
}

void loader_rows(const struct loader *loader, const struct order *order, int64_t first, int64_t n,
    int64_t beyond, float *x, struct truth truth)
{
    enum { AT_ONCE = 32, AHEAD = 1 };
    const struct dataset *dataset = loader->dataset;
    int64_t sample[AT_ONCE + AHEAD], all = n + (beyond < AHEAD ? beyond : AHEAD);
    for (int64_t begin = 0; begin < n; begin += AT_ONCE) {
        int64_t rows = n - begin < AT_ONCE ? n - begin : AT_ONCE;
        int64_t known = all - begin < rows + AHEAD ? all - begin : rows + AHEAD;
        loader_samples(loader, order, first + begin, known, sample);
        for (int64_t i = 0; begin == 0 && i < AHEAD && i < rows; i++)
            prefetch_row(dataset, sample[i]);
        for (int64_t i = 0; i < rows; i++) {
            int64_t row = begin + i;
            if (i + AHEAD < known)
                prefetch_row(dataset, sample[i + AHEAD]);
            encoding_row(loader->encoding, loader->vector, dataset, sample[i],
                x + row * loader->encoding->inputs);
            copy_truth(loader, sample[i], row, truth);
        }
        if (truth.weight)
            copy_weights(dataset, sample, rows, truth.weight + begin);
    }
}

void loader_truth(const struct loader *loader, int64_t first, int64_t n, struct truth truth)
{
    for (int64_t i = 0; i < n; i++) {
        int64_t sample = subset_at(loader->subset, first + i);
        copy_truth(loader, sample, i, truth);
        if (truth.weight)
            copy_weights(loader->dataset, &sample, 1, truth.weight + i);
    }
}
