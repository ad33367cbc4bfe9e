#include "data/numbers/number_columns.h"

#include <stdlib.h>

#include "base/heartbeat.h"
#include "base/memory.h"

struct fitting {
    struct encoding *encoding;
    enum column_kind kind;
    int64_t bins;
    const struct dataset *dataset;
    const struct subset *train;
    struct number_target target;
    float *x; /* [train->size] of one column */
};

static void gather(const struct fitting *fit, int64_t c)
{
    const struct dataset *dataset = fit->dataset;
    heartbeat_beat();
    for (int64_t i = 0; i < fit->train->size; i++)
        fit->x[i] = value_as_float(
            dataset->values, dataset->type, subset_at(fit->train, i) * dataset->features + c);
}

static enum status fit_robust(const struct fitting *fit, int64_t c, struct error *error)
{
    struct number_code code;
    TRY(number_code_fit(&code, NUMBER_ROBUST, fit->x, fit->train->size, error));
    fit->encoding->scale.shift[c] = code.shift;
    fit->encoding->scale.factor[c] = code.factor;
    number_code_clear(&code);
    return STATUS_OK;
}

static enum status fit_column(const struct fitting *fit, int64_t c, struct error *error)
{
    int64_t rows = fit->train->size;
    gather(fit, c);
    fit->encoding->column[c].kind = fit->kind;
    if (fit->kind == COLUMN_ROBUST)
        return fit_robust(fit, c, error);
    struct number_code *code = &fit->encoding->code[c];
    if (fit->kind == COLUMN_QUANTILE)
        return number_code_fit(code, NUMBER_QUANTILE, fit->x, rows, error);
    return number_code_fit_bins(code, fit->x, rows, &fit->target, fit->bins, error);
}

static enum status fit_columns(struct fitting *fit, struct error *error)
{
    struct encoding *encoding = fit->encoding;
    TRY(memory_take(
        &fit->x, (size_t)fit->train->size, sizeof *fit->x, "the values of a column", error));
    if (fit->kind == COLUMN_PIECEWISE)
        TRY(number_target_init(&fit->target, fit->dataset, fit->train, error));
    if (fit->kind != COLUMN_ROBUST)
        TRY(memory_take(&encoding->code, (size_t)encoding->columns, sizeof *encoding->code,
            "the columns' codes", error));
    for (int64_t c = 0; c < encoding->columns; c++)
        if (levels_in(&fit->dataset->levels, c) == 0)
            TRY(fit_column(fit, c, error));
    return STATUS_OK;
}

enum status number_columns_fit(struct encoding *encoding, enum column_kind kind, int64_t bins,
    const struct dataset *dataset, const struct subset *train, struct error *error)
{
    struct fitting fit = {encoding, kind, bins, dataset, train, {0}, NULL};
    enum status status = fit_columns(&fit, error);
    number_target_clear(&fit.target);
    free(fit.x);
    return status;
}
