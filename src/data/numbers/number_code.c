#include "data/numbers/number_code.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/split.h"
#include "data/numbers/bin_edges.h"
#include "data/numbers/normal_score.h"

static const double least_step = 0x1p-126;

/* The score of 1e-7, where scikit-learn clips: the share that it adds to its bounds. */
static const float last_score = 5.19933758F;

static enum status take_knots(struct number_code *code, int64_t knots, struct error *error)
{
    code->knots = knots;
    TRY(memory_take(
        &code->knot, (size_t)knots, 2 * sizeof(float), "the coding of a column", error));
    code->inverse = code->knot + knots;
    return STATUS_OK;
}

static double spread_of(const struct sorted_column *sorted)
{
    return sorted->n > 0 ? (double)sorted->value[sorted->n - 1] - (double)sorted->value[0] : 0;
}

static void fit_robust(struct number_code *code, const struct sorted_column *sorted)
{
    if (sorted->n == 0)
        return;
    double middle = sorted_column_quantile(sorted, 3, 4) - sorted_column_quantile(sorted, 1, 4);
    double divisor = middle >= least_step ? middle : spread_of(sorted) / 2;
    code->shift = (float)sorted_column_quantile(sorted, 1, 2);
    code->factor = divisor >= least_step ? (float)(1 / divisor) : 0;
}

static enum status fit_quantile(
    struct number_code *code, const struct sorted_column *sorted, struct error *error)
{
    int64_t n = least(sorted->n, larger(least(sorted->n / 30, 1000), 10));
    if (spread_of(sorted) < least_step)
        return STATUS_OK;
    TRY(take_knots(code, n, error));
    for (int64_t k = 0; k < n; k++)
        code->knot[k] = (float)sorted_column_quantile(sorted, k, n - 1);
    return STATUS_OK;
}

enum status number_code_fit(struct number_code *code, enum number_kind kind, const float *x,
    int64_t rows, struct error *error)
{
    struct sorted_column sorted;
    *code = (struct number_code){.kind = kind};
    TRY(sorted_column_init(&sorted, x, rows, error));
    enum status status = STATUS_OK;
    if (kind == NUMBER_ROBUST)
        fit_robust(code, &sorted);
    else
        status = fit_quantile(code, &sorted, error);
    sorted_column_clear(&sorted);
    if (status)
        number_code_clear(code);
    return status;
}

static void set_inverse(struct number_code *code)
{
    for (int64_t t = 0; t + 1 < code->knots; t++)
        code->inverse[t] = (float)(1 / ((double)code->knot[t + 1] - (double)code->knot[t]));
}

enum status number_code_fit_bins(struct number_code *code, const float *x, int64_t rows,
    const struct number_target *target, int64_t bins, struct error *error)
{
    struct sorted_column sorted;
    *code = (struct number_code){.kind = NUMBER_PIECEWISE};
    TRY(sorted_column_init(&sorted, x, rows, error));
    enum status status = take_knots(code, bins + 1, error);
    if (!status && target && (target->classes > 0 || target->outputs > 0))
        status = bin_edges_by_target(code->knot, &code->knots, &sorted, target, bins, error);
    else if (!status)
        bin_edges_by_quantile(code->knot, &code->knots, &sorted, bins);
    sorted_column_clear(&sorted);
    if (status)
        number_code_clear(code);
    else
        set_inverse(code);
    return status;
}

static enum status check_knots(
    enum number_kind kind, const float *knot, int64_t knots, struct error *error)
{
    for (int64_t i = 0; i < knots; i++) {
        if (!isfinite(knot[i]))
            return fail(error, STATUS_BAD_DATA, "knot %lld of a column is %g; it must be finite",
                (long long)i, (double)knot[i]);
        double step = i > 0 ? (double)knot[i] - (double)knot[i - 1] : 1;
        if (step < (kind == NUMBER_PIECEWISE ? least_step : 0))
            return fail(error, STATUS_BAD_DATA,
                "knot %lld of a column is %g, after %g; knots must be in increasing order",
                (long long)i, (double)knot[i], (double)knot[i - 1]);
    }
    return STATUS_OK;
}

enum status number_code_set(struct number_code *code, enum number_kind kind, const float *knot,
    int64_t knots, struct error *error)
{
    *code = (struct number_code){.kind = kind};
    TRY(check_knots(kind, knot, knots, error));
    enum status status = take_knots(code, knots, error);
    if (status) {
        number_code_clear(code);
        return status;
    }
    for (int64_t i = 0; i < knots; i++)
        code->knot[i] = knot[i];
    if (kind == NUMBER_PIECEWISE)
        set_inverse(code);
    return STATUS_OK;
}

void number_code_clear(struct number_code *code)
{
    free(code->knot);
    *code = (struct number_code){0};
}

/* Returns the number of knots below x, or, with `equal`, at or below it; knots >= 1. Every value
 * takes another path, so a branch would be mispredicted: the product is none. */
static int64_t count_below(const float *knot, int64_t knots, float x, bool equal)
{
    int64_t first = 0, n = knots; /* the answer is in [first, first + n] */
    while (n > 1) {
        int64_t half = n / 2;
        float at = knot[first + half - 1];
        first += half * (equal ? at <= x : at < x);
        n -= half;
    }
    return first + (equal ? knot[first] <= x : knot[first] < x);
}

float number_quantile(const float *knot, int64_t knots, float x)
{
    if (knots == 0)
        return 0;
    if (!(x > knot[0])) /* or a NaN, which no search would find */
        return -last_score;
    if (x >= knot[knots - 1])
        return last_score;
    int64_t above = count_below(knot, knots, x, true);
    double share, low = (double)knot[above - 1], high = (double)knot[above];
    if (knot[above - 1] == x) /* the middle of all knots at x */
        share = (double)(count_below(knot, above, x, false) + above - 1) / 2;
    else
        share = (double)(above - 1) + ((double)x - low) / (high - low);
    share /= (double)(knots - 1);
    if (share < 1e-7)
        return -last_score;
    return share > 1 - 1e-7 ? last_score : (float)normal_score(share);
}

void number_code_apply(const struct number_code *code, float x, float *out)
{
    if (code->kind == NUMBER_ROBUST)
        out[0] = number_robust(x, code->shift, code->factor);
    else if (code->kind == NUMBER_QUANTILE)
        out[0] = number_quantile(code->knot, code->knots, x);
    else if (code->knots > 1)
        number_piecewise(code->knot, code->inverse, code->knots - 1, x, out);
    else
        out[0] = 0;
}
