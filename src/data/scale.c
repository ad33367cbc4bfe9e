#include "data/scale.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/heartbeat.h"
#include "base/memory.h"

const char *const scale_words[] = {
    "auto", "none", "unit", "standard", "bounded", "by-type", "robust", "quantile", NULL};

/* Differences of numbers up to this magnitude, and 1 divided by them, are normal float32. */
static const float largest_scaled = 0x1p125f;
static const double least_spread = 0x1p-126;

/* The statistics of each feature over the training samples. */
struct statistics {
    void *block;
    size_t features;
    double *sum, *square; /* square: sum of squared deviations from the mean */
    int64_t *present;     /* values that are not missing */
    float *least, *greatest;
    float *row; /* the current sample */
};

static void place_statistics(void *object, struct carver *carver)
{
    struct statistics *statistics = object;
    size_t n = statistics->features;
    statistics->sum = carve(carver, n, sizeof(double));
    statistics->square = carve(carver, n, sizeof(double));
    statistics->present = carve(carver, n, sizeof(int64_t));
    statistics->least = carve(carver, n, sizeof(float));
    statistics->greatest = carve(carver, n, sizeof(float));
    statistics->row = carve(carver, n, sizeof(float));
}

/* The data to be scaled: the rows of inputs or targets. */
struct matrix {
    const struct dataset *dataset;
    const void *values;
    enum value_type type;
    int64_t width;
    const char *what;            /* "feature", "target" */
    const char *option;          /* the option that selects the scaling */
    const struct levels *levels; /* NULL: no categories */
    bool may_miss;               /* NaN is a missing value */
};

static void scale_values(const struct scale *scale, const struct vector *vector, const void *values,
    enum value_type type, int64_t sample, float *row)
{
    size_t start = (size_t)sample * (size_t)scale->features * value_size(type);
    vector->scale(
        row, (const char *)values + start, type, scale->shift, scale->factor, scale->features);
}

/* Reads a row as float32, with a scale that has shift 0 and factor 1 so far. */
static void read_row(
    const struct matrix *matrix, const struct scale *unscaled, int64_t sample, float *row)
{
    heartbeat_beat();
    scale_values(unscaled, vector_of(level_highest()), matrix->values, matrix->type, sample, row);
}

static enum status check_row(
    const struct matrix *matrix, int64_t sample, const float *row, float limit, struct error *error)
{
    char place[DATASET_PLACE];
    for (int64_t f = 0; f < matrix->width; f++) {
        if (matrix->may_miss && isnan(row[f]))
            continue;
        if (!isfinite(row[f]))
            return fail(error, STATUS_BAD_DATA,
                "%s: %s %lld of %s is %f; every input must be finite", matrix->dataset->name,
                matrix->what, (long long)f, dataset_place(matrix->dataset, sample, place),
                (double)row[f]);
        if (fabsf(row[f]) > limit)
            return fail(error, STATUS_BAD_DATA,
                "%s: %s %lld of %s is %g, too large to be scaled in float32; use %s none or "
                "smaller units",
                matrix->dataset->name, matrix->what, (long long)f,
                dataset_place(matrix->dataset, sample, place), (double)row[f], matrix->option);
    }
    return STATUS_OK;
}

/* True if no value is missing or greater in magnitude than `most`: a loop that the compiler vectorizes. */
static bool is_plain(const float *row, int64_t width, float most)
{
    int other = 0;
    for (int64_t f = 0; f < width; f++)
        other |= !(fabsf(row[f]) <= most);
    return !other;
}

/* Adds a row to the sums: a plain one, or one with missing values. */
static void add_row(struct statistics *statistics, bool plain)
{
    double *restrict sum = statistics->sum;
    int64_t *restrict present = statistics->present;
    const float *restrict row = statistics->row;
    if (plain)
        for (size_t f = 0; f < statistics->features; f++)
            sum[f] += (double)row[f];
    else
        for (size_t f = 0; f < statistics->features; f++) {
            sum[f] += isnan(row[f]) ? 0 : (double)row[f];
            present[f] -= isnan(row[f]);
        }
}

/* Checks all values, up to `limit` in magnitude, and gathers their sums and extremes. */
static enum status gather(struct statistics *statistics, const struct scale *unscaled,
    const struct matrix *matrix, const struct subset *train, float limit, struct error *error)
{
    float *restrict least = statistics->least, *restrict greatest = statistics->greatest;
    float *restrict row = statistics->row;
    for (int64_t f = 0; f < matrix->width; f++) {
        statistics->present[f] = train->size;
        least[f] = INFINITY;
        greatest[f] = -INFINITY;
    }
    for (int64_t i = 0; i < train->size; i++) {
        int64_t sample = subset_at(train, i);
        read_row(matrix, unscaled, sample, row);
        bool plain = is_plain(row, matrix->width, fminf(limit, FLT_MAX));
        if (!plain)
            TRY(check_row(matrix, sample, row, limit, error));
        add_row(statistics, plain);
        for (int64_t f = 0; f < matrix->width; f++) {
            least[f] = row[f] < least[f] ? row[f] : least[f];
            greatest[f] = row[f] > greatest[f] ? row[f] : greatest[f];
        }
    }
    return STATUS_OK;
}

/* Divides the sums to get means, then sums the squared deviations from them. */
static void gather_squares(struct statistics *statistics, const struct scale *unscaled,
    const struct matrix *matrix, const struct subset *train)
{
    double *restrict mean = statistics->sum, *restrict square = statistics->square;
    float *restrict row = statistics->row;
    for (int64_t f = 0; f < matrix->width; f++)
        mean[f] /= (double)statistics->present[f];
    for (int64_t i = 0; i < train->size; i++) {
        read_row(matrix, unscaled, subset_at(train, i), row);
        for (int64_t f = 0; f < matrix->width; f++) {
            double deviation = (double)row[f] - mean[f];
            square[f] += isnan(row[f]) ? 0 : deviation * deviation;
        }
    }
}

/* Returns the standard deviation of a feature, or the divisor that SCALE_BOUNDED uses instead. */
static double deviation_of(const struct statistics *statistics, int64_t f, enum scale_kind kind)
{
    double mean = statistics->sum[f];
    double deviation = sqrt(statistics->square[f] / (double)statistics->present[f]);
    double least = (double)statistics->least[f], greatest = (double)statistics->greatest[f];
    if (kind == SCALE_STANDARD)
        return deviation;
    double distance = fmax(greatest - mean, mean - least);
    return fmax(deviation, fmax(distance / 100, 1e-6 * fmax(fabs(least), fabs(greatest))));
}

/* True for kinds that are set here, from statistics. */
static bool is_linear(enum scale_kind kind)
{
    return kind == SCALE_UNIT || kind == SCALE_STANDARD || kind == SCALE_BOUNDED;
}

static void set_scale(struct scale *scale, const struct statistics *statistics, int64_t f)
{
    bool centred = scale->kind == SCALE_STANDARD || scale->kind == SCALE_BOUNDED;
    double shift = (double)statistics->least[f];
    double spread = (double)statistics->greatest[f] - shift;
    bool constant = spread == 0;
    if (statistics->present[f] == 0)
        return;
    if (centred && !constant) {
        shift = statistics->sum[f];
        spread = deviation_of(statistics, f, scale->kind);
    }
    scale->shift[f] = (float)shift;
    scale->factor[f] = constant || spread < least_spread ? 0 : (float)(1 / spread);
}

/* Sets shift and factor of a scale, initially 0 and 1, from the statistics; other kinds
 * only check the values. Sets present [width], unless it is NULL. */
static enum status fit_by_statistics(struct scale *scale, const struct matrix *matrix,
    const struct subset *train, int64_t *present, struct error *error)
{
    struct statistics statistics = {.features = (size_t)matrix->width};
    float limit = scale->kind == SCALE_NONE ? INFINITY : largest_scaled;
    TRY(memory_carve(
        &statistics.block, place_statistics, &statistics, "the data statistics", error));
    enum status status = gather(&statistics, scale, matrix, train, limit, error);
    bool centred = scale->kind == SCALE_STANDARD || scale->kind == SCALE_BOUNDED;
    if (!status && centred)
        gather_squares(&statistics, scale, matrix, train);
    for (int64_t f = 0; f < matrix->width && !status; f++) {
        if (is_linear(scale->kind) && !(matrix->levels && levels_in(matrix->levels, f) > 0))
            set_scale(scale, &statistics, f);
        if (present)
            present[f] = statistics.present[f];
    }
    free(statistics.block);
    return status;
}

static enum status fit(struct scale *scale, enum scale_kind kind, const struct matrix *matrix,
    const struct subset *train, int64_t *present, struct error *error)
{
    bool bytes = matrix->type == VALUE_U8;
    bool fitted = kind != SCALE_NONE && !(kind == SCALE_UNIT && bytes);
    *scale = (struct scale){.kind = kind, .features = matrix->width};
    enum status status =
        memory_take(&scale->shift, (size_t)matrix->width, 2 * sizeof(float), "the scaling", error);
    if (!status) {
        scale->factor = scale->shift + matrix->width;
        for (int64_t f = 0; f < matrix->width; f++)
            scale->factor[f] = kind == SCALE_UNIT && bytes ? 1 / 255.0F : 1;
        for (int64_t f = 0; f < matrix->width && present; f++)
            present[f] = train->size;
        if (fitted || value_is_float(matrix->type))
            status = fit_by_statistics(scale, matrix, train, present, error);
    }
    if (status)
        scale_clear(scale);
    return status;
}

enum status scale_fit(struct scale *scale, enum scale_kind kind, const struct dataset *dataset,
    const struct subset *train, int64_t *present, struct error *error)
{
    struct matrix inputs = {dataset, dataset->values, dataset->type, dataset->features, "feature",
        "--scale", &dataset->levels, present != NULL};
    if (kind == SCALE_BY_TYPE)
        kind = dataset->type == VALUE_U8 ? SCALE_UNIT : SCALE_NONE;
    enum status status =
        dataset_check(dataset, fit(scale, kind, &inputs, train, present, error), error);
    if (status)
        scale_clear(scale);
    return status;
}

enum status scale_fit_targets(struct scale *scale, enum scale_kind kind,
    const struct dataset *dataset, const struct subset *train, struct error *error)
{
    struct matrix targets = {dataset, dataset->targets, VALUE_F32, dataset->outputs, "target",
        "--normalize-target", NULL, false};
    return fit(scale, kind, &targets, train, NULL, error);
}

void scale_clear(struct scale *scale)
{
    free(scale->shift);
    *scale = (struct scale){0};
}

void scale_row(const struct scale *scale, const struct vector *vector,
    const struct dataset *dataset, int64_t sample, float *x)
{
    scale_values(scale, vector, dataset->values, dataset->type, sample, x);
}
