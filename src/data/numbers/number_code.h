/* number_code.h: codes one column of numbers, by values fitted to the training samples.
 *
 *   robust      (x - median) s, s = 1 / (q75 - q25), or 2 / (max - min) if that is 0, or 0; then
 *               y / sqrt(1 + (y / 3)^2), so |y| <= 3
 *               (Holzmueller, Grinsztajn, Steinwart, arXiv:2407.04491, section 3)
 *   quantile    the normal score (normal_score.h) of the share of training values below x. The
 *               distribution is interpolated between n = max(min(N / 30, 1000), 10), at most N,
 *               knots: quantiles of the N training values at k / (n - 1). As scikit-learn's
 *               QuantileTransformer(subsample=None, output_distribution="normal") does it: a value
 *               that is several knots gets the middle of their shares, and scores end at +-5.1993,
 *               those of 1e-7. Unlike there, only values at or beyond the outermost knots get
 *               these, not also those within 1e-7 of them, which would be all of a column of
 *               tiny numbers
 *   piecewise   T numbers, e_t = (x - b_(t-1)) / (b_t - b_(t-1)), clamped to [0, 1], except that
 *               the first is not clamped below and the last not above
 *               (Gorishniy, Rubachev, Babenko, arXiv:2203.05556, equation 1):
 *
 *                    b_0    b_1         b_2  b_3        knots: b_0 < ... < b_T (bin_edges.h)
 *                     |------|------x----|----|         T = 3
 *                        1      0.55       0
 *
 * A column whose training values are all equal, or nearly (their spread is below 2^-126), or all
 * missing, is coded as 0. Values beyond 2^125 in magnitude must have been refused; then every
 * result is finite: e_1 and e_T end at 2^60 in magnitude.
 *
 * Missing values (NaN) are ignored when fitting; the caller fills them before coding. Knots, shift
 * and factor are computed in double and rounded to float32 once; robust and piecewise codes are
 * computed in float32, normal scores in double. Nothing calls libm, so the bits are the same on
 * every machine.
 *
 * Threads: any may fit, each its own column, and any may code.
 */
#pragma once

#include <math.h>
#include <stdint.h>

#include "base/status.h"
#include "data/numbers/number_target.h"

enum number_kind { NUMBER_ROBUST, NUMBER_QUANTILE, NUMBER_PIECEWISE };

struct number_code {
    enum number_kind kind;
    float shift, factor; /* robust: the median and s */
    int64_t knots;       /* quantile: n, or 0 for a column that is coded as 0; piecewise: T + 1, or
                            at most 1 for such a column */
    float *knot;         /* [knots], one block with: */
    float *inverse;      /* piecewise [knots - 1]: 1 / (b_t - b_(t-1)) */
};

/* Fits robust or quantile codes to x [rows], in O(rows). STATUS_NO_RESOURCE, with the code
 * cleared. */
enum status number_code_fit(struct number_code *code, enum number_kind kind, const float *x,
    int64_t rows, struct error *error);

/* Fits piecewise codes of at most `bins` >= 1 bins to x [target->rows]: bins that separate the
 * target (bin_edges.h), or, if target is NULL or has neither labels nor targets, quantiles.
 * STATUS_NO_RESOURCE, with the code cleared. */
enum status number_code_fit_bins(struct number_code *code, const float *x, int64_t rows,
    const struct number_target *target, int64_t bins, struct error *error);

/* Makes a code of stored knots, which are copied, e.g. those of a model file. STATUS_BAD_DATA if
 * they cannot be those of a fitted code: not finite, not in order, or with steps below 2^-126;
 * STATUS_NO_RESOURCE. The code is cleared on failure. A robust code has no knots: set its
 * members. */
enum status number_code_set(struct number_code *code, enum number_kind kind, const float *knot,
    int64_t knots, struct error *error);

void number_code_clear(struct number_code *code);

/* Returns how many numbers code one value: at least 1. */
static inline int64_t number_code_width(const struct number_code *code)
{
    return code->kind == NUMBER_PIECEWISE && code->knots > 2 ? code->knots - 1 : 1;
}

/* The code of x by one of the three kinds; `out` has number_code_width() numbers. The first two are
 * inline for loops over many columns in sources that are compiled once per level. */

static inline float number_robust(float x, float shift, float factor)
{
    float y = (x - shift) * factor;
    y = y > 0x1p30f ? 0x1p30f : y; /* the square below must not overflow; the result is 3 */
    y = y < -0x1p30f ? -0x1p30f : y;
    float third = y * (1.0f / 3.0f);
    return y / sqrtf(1.0f + third * third);
}

static inline void number_piecewise(
    const float *knot, const float *inverse, int64_t bins, float x, float *out)
{
    for (int64_t t = 0; t < bins; t++) {
        float e = (x - knot[t]) * inverse[t];
        e = e > 0.0f ? e : 0.0f;
        out[t] = e < 1.0f ? e : 1.0f;
    }
    float first = (x - knot[0]) * inverse[0];
    if (first < 0.0f)
        out[0] = first > -0x1p60f ? first : -0x1p60f;
    float last = (x - knot[bins - 1]) * inverse[bins - 1];
    if (last > 1.0f)
        out[bins - 1] = last < 0x1p60f ? last : 0x1p60f;
}

float number_quantile(const float *knot, int64_t knots, float x);

void number_code_apply(const struct number_code *code, float x, float *out);
