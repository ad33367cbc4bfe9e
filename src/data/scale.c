#include "data/scale.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

/* Differences of numbers up to this magnitude, and one divided by them, are normal float32. */
static const float largest_scaled = 0x1p125f;
static const double least_spread = 0x1p-126;

/* What a pass over the training samples gathers of each feature; one block, owned by `sum`. */
struct statistics {
    double *sum, *square; /* square: of deviations from the mean */
    float *least, *greatest;
    float *row; /* bytes as floats */
};

static enum status statistics_take(
    struct statistics *statistics, int64_t features, struct error *error)
{
    enum { FLOATS = 7 }; /* a feature: two doubles, three floats */
    double *block = NULL;
    enum status status = memory_take(
        &block, (size_t)features, FLOATS * sizeof(float), "the statistics of the inputs", error);
    if (status)
        return status;
    float *floats = (float *)(block + 2 * features);
    *statistics = (struct statistics){.sum = block,
        .square = block + features,
        .least = floats,
        .greatest = floats + features,
        .row = floats + 2 * features};
    return STATUS_OK;
}

/* The stored row of a sample as floats: in place, or in `room` if it is bytes. */
static const float *row_of(const struct dataset *dataset, int64_t sample, float *room)
{
    size_t start = (size_t)sample * (size_t)dataset->features;
    if (dataset->type == VALUE_F32)
        return (const float *)dataset->values + start;
    const uint8_t *bytes = (const uint8_t *)dataset->values + start;
    for (int64_t f = 0; f < dataset->features; f++)
        room[f] = bytes[f];
    return room;
}

static enum status check_row(const struct dataset *dataset, int64_t sample, const float *row,
    float limit, struct error *error)
{
    for (int64_t f = 0; f < dataset->features; f++) {
        if (!isfinite(row[f]))
            return fail(error, STATUS_BAD_DATA,
                "%s: feature %lld of sample %lld (from 0) is %f; every input must be finite",
                dataset->name, (long long)f, (long long)sample, (double)row[f]);
        if (fabsf(row[f]) > limit)
            return fail(error, STATUS_BAD_DATA,
                "%s: feature %lld of sample %lld (from 0) is %g, too large to be scaled in "
                "float32; "
                "take --scale none or smaller units",
                dataset->name, (long long)f, (long long)sample, (double)row[f]);
    }
    return STATUS_OK;
}

static enum status check_all(
    const struct dataset *dataset, const struct subset *train, float limit, struct error *error)
{
    enum status status = STATUS_OK;
    for (int64_t i = 0; i < train->size && !status; i++) {
        int64_t sample = subset_at(train, i);
        status = check_row(dataset, sample, row_of(dataset, sample, NULL), limit, error);
    }
    return status;
}

static void gather(
    struct statistics *statistics, const struct dataset *dataset, const struct subset *train)
{
    double *restrict sum = statistics->sum;
    float *restrict least = statistics->least, *restrict greatest = statistics->greatest;
    for (int64_t f = 0; f < dataset->features; f++) {
        least[f] = INFINITY;
        greatest[f] = -INFINITY;
    }
    for (int64_t i = 0; i < train->size; i++) {
        const float *row = row_of(dataset, subset_at(train, i), statistics->row);
        for (int64_t f = 0; f < dataset->features; f++) {
            sum[f] += (double)row[f];
            least[f] = row[f] < least[f] ? row[f] : least[f];
            greatest[f] = row[f] > greatest[f] ? row[f] : greatest[f];
        }
    }
}

/* Turns sums into means, then adds up the squared deviations from them. */
static void gather_squares(
    struct statistics *statistics, const struct dataset *dataset, const struct subset *train)
{
    double *restrict mean = statistics->sum, *restrict square = statistics->square;
    for (int64_t f = 0; f < dataset->features; f++)
        mean[f] /= (double)train->size;
    for (int64_t i = 0; i < train->size; i++) {
        const float *row = row_of(dataset, subset_at(train, i), statistics->row);
        for (int64_t f = 0; f < dataset->features; f++) {
            double deviation = (double)row[f] - mean[f];
            square[f] += deviation * deviation;
        }
    }
}

static enum status fit_by_statistics(struct scale *scale, const struct dataset *dataset,
    const struct subset *train, struct error *error)
{
    struct statistics statistics;
    enum status status = statistics_take(&statistics, dataset->features, error);
    if (status)
        return status;
    gather(&statistics, dataset, train);
    if (scale->kind == SCALE_STANDARD)
        gather_squares(&statistics, dataset, train);

    for (int64_t f = 0; f < dataset->features; f++) {
        double shift = (double)statistics.least[f];
        double spread = (double)statistics.greatest[f] - shift;
        bool constant = spread == 0;
        if (scale->kind == SCALE_STANDARD && !constant) {
            shift = statistics.sum[f];
            spread = sqrt(statistics.square[f] / (double)train->size);
        }
        scale->shift[f] = (float)shift;
        scale->factor[f] = constant || spread < least_spread ? 0 : (float)(1 / spread);
    }
    free(statistics.sum);
    return STATUS_OK;
}

enum status scale_fit(struct scale *scale, enum scale_kind kind, const struct dataset *dataset,
    const struct subset *train, struct error *error)
{
    bool bytes = dataset->type == VALUE_U8;
    if (kind == SCALE_AUTO)
        kind = bytes ? SCALE_UNIT : SCALE_NONE;
    *scale = (struct scale){.kind = kind, .features = dataset->features};

    enum status status = STATUS_OK;
    if (!bytes)
        status = check_all(dataset, train, kind == SCALE_NONE ? INFINITY : largest_scaled, error);
    if (!status)
        status = memory_take(&scale->shift, (size_t)dataset->features, 2 * sizeof(float),
            "the scaling of the inputs", error);
    if (!status) {
        scale->factor = scale->shift + dataset->features;
        float factor = kind == SCALE_NONE ? 1 : 1 / 255.0F;
        for (int64_t f = 0; f < dataset->features; f++)
            scale->factor[f] = factor;
        if (kind == SCALE_STANDARD || (kind == SCALE_UNIT && !bytes))
            status = fit_by_statistics(scale, dataset, train, error);
    }
    if (status)
        scale_clear(scale);
    return status;
}

void scale_clear(struct scale *scale)
{
    free(scale->shift);
    *scale = (struct scale){0};
}

void scale_row(const struct scale *scale, const struct vector *vector,
    const struct dataset *dataset, int64_t sample, float *x)
{
    size_t start = (size_t)sample * (size_t)dataset->features;
    if (dataset->type == VALUE_U8)
        vector->scale_u8(x, (const uint8_t *)dataset->values + start, scale->shift, scale->factor,
            dataset->features);
    else
        vector->scale_f32(x, (const float *)dataset->values + start, scale->shift, scale->factor,
            dataset->features);
}
