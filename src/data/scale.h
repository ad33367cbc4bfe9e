/* scale.h: scales inputs and targets, x' = (x - shift[f]) * factor[f], with shift and factor fitted
 * to the training samples.
 *
 *   none      x' = x
 *   unit      to [0, 1]: bytes by 1/255, other types by the range of each feature's training values
 *             (a constant feature becomes 0)
 *   standard  each feature to mean 0, variance 1 over the training samples (population variance;
 *             a constant feature becomes 0)
 *   bounded   standard, but with a divisor of at least 1/100 of the largest deviation from the mean
 *             and 1e-6 of the largest magnitude: a feature that is constant except in a few
 *             samples, or except for rounding, does not become large
 *   by-type   unit for bytes, none for other types
 *   robust, quantile       number_code.h; here the values are only checked
 *   auto      chosen by the caller before fitting
 *
 * Means and variances are computed in two passes, as double sums in sample order, over the values
 * that are present. x', shift and
 * factor are float32; the subtraction and the product each round once. A feature whose spread
 * (range or standard deviation) is below 2^-126 counts as constant, and floats beyond 2^125 in
 * magnitude are refused if they are to be scaled, so that every difference and every factor is a
 * normal number.
 */
#pragma once

#include <stdint.h>

#include "base/status.h"
#include "base/vector.h"
#include "data/dataset.h"
#include "data/subset.h"

enum scale_kind {
    SCALE_AUTO,
    SCALE_NONE,
    SCALE_UNIT,
    SCALE_STANDARD,
    SCALE_BOUNDED,
    SCALE_BY_TYPE,
    SCALE_ROBUST,
    SCALE_QUANTILE
};
extern const char *const scale_words[]; /* "auto", "none", ..., NULL */

struct scale {
    enum scale_kind kind; /* as fitted, never SCALE_BY_TYPE; SCALE_NONE has shift 0, factor 1 */
    int64_t features;
    float *shift, *factor; /* one block, owned by shift */
};

/* Fits the scaling of the inputs to the samples in `train`, which has at least one; `kind` is not
 * SCALE_AUTO. Sets present [features] to the number of values that are not missing; a feature
 * without any gets some finite scaling, and so does a category, which is not scaled (shift 0, factor
 * 1). NULL: no value may be missing. STATUS_BAD_DATA
 * (naming sample and feature) for a value that is infinite (with any kind of scaling) or too
 * large to be scaled; STATUS_NO_RESOURCE. On failure the scale is cleared. */
enum status scale_fit(struct scale *scale, enum scale_kind kind, const struct dataset *dataset,
    const struct subset *train, int64_t *present, struct error *error);

/* Fits the scaling of the targets: SCALE_NONE or SCALE_STANDARD; `features` is then the number of
 * outputs. */
enum status scale_fit_targets(struct scale *scale, enum scale_kind kind,
    const struct dataset *dataset, const struct subset *train, struct error *error);

void scale_clear(struct scale *scale);

/* Converts back to the original units, x = x' / factor[f] + shift[f], in double; for a constant
 * feature, the constant. */
static inline double scale_undo(const struct scale *scale, int64_t f, double scaled)
{
    double shift = (double)scale->shift[f], factor = (double)scale->factor[f];
    return factor == 0 ? shift : scaled / factor + shift;
}

/* Writes the scaled row of sample number `sample` to x [features], with the loops of a level. */
void scale_row(const struct scale *scale, const struct vector *vector,
    const struct dataset *dataset, int64_t sample, float *x);
