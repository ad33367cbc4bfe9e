#include "data/encoding_fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/heartbeat.h"
#include "base/memory.h"
#include "base/split.h"
#include "base/text.h"
#include "data/category_levels.h"
#include "data/numbers/number_columns.h"

const char *const impute_words[] = {"median", "mean", "zero", "refuse", NULL};
const char *const encode_words[] = {"none", "piecewise", NULL};

/* The data of a fit, and its result. */
struct fitting {
    struct encoding *encoding;
    const struct encoding_choice *choice;
    const struct dataset *dataset;
    const struct subset *train;
    int64_t *present; /* [columns] values that are not missing */
};

static float value_at(const struct fitting *fit, int64_t i, int64_t c)
{
    const struct dataset *dataset = fit->dataset;
    return value_as_float(
        dataset->values, dataset->type, subset_at(fit->train, i) * dataset->features + c);
}

static bool is_category(const struct fitting *fit, int64_t c)
{
    return levels_in(&fit->dataset->levels, c) > 0;
}

/* --- columns that cannot be encoded ---------------------------------------------------------- */

enum status encoding_refuse_missing(
    const struct dataset *dataset, const struct subset *subset, struct error *error)
{
    char name[ENCODING_NAME], place[DATASET_PLACE];
    for (int64_t i = 0; i < subset->size && value_is_float(dataset->type); i++) {
        int64_t sample = subset_at(subset, i);
        for (int64_t c = 0; c < dataset->features; c++)
            if (levels_in(&dataset->levels, c) == 0 &&
                isnan(
                    value_as_float(dataset->values, dataset->type, sample * dataset->features + c)))
                return fail(error, STATUS_BAD_DATA,
                    "%s: feature %s is missing in %s, which --impute refuse does not accept; use "
                    "--impute median, or omit the column (--ignore)",
                    dataset->name, encoding_column_name(dataset->feature_name, c, name),
                    dataset_place(dataset, sample, place));
    }
    return STATUS_OK;
}

static bool is_empty(const struct dataset *dataset, const struct subset *subset, int64_t c)
{
    int64_t i = 0;
    while (i < subset->size && isnan(value_as_float(dataset->values, dataset->type,
                                   subset_at(subset, i) * dataset->features + c)))
        i++;
    return i == subset->size;
}

enum status encoding_refuse_empty(
    const struct dataset *dataset, const struct subset *subset, struct error *error)
{
    enum { SHOWN_MOST = 5 };
    char name[ENCODING_NAME], names[SHOWN_MOST * ENCODING_NAME] = "";
    int64_t empty = 0;
    for (int64_t c = 0; c < dataset->features && empty <= SHOWN_MOST; c++)
        if (is_empty(dataset, subset, c) && empty++ < SHOWN_MOST)
            text_append(names, sizeof names, "%s%s", *names ? "," : "",
                encoding_column_name(dataset->feature_name, c, name));
    if (empty == 0)
        return STATUS_OK;
    bool named = dataset->feature_name && !strstr(names, "(\"\")");
    const char *quote = strchr(names, ' ') ? "\"" : "";
    return fail(error, STATUS_BAD_DATA,
        "%s: feature%s %s%s missing in all %lld training samples; omit %s (--ignore%s%s%s%s)",
        dataset->name, empty > 1 ? "s" : "", names,
        empty == 1           ? " is"
        : empty > SHOWN_MOST ? " and others are"
                             : " are",
        (long long)subset->size, empty > 1 ? "these columns" : "the column", named ? " " : "",
        named ? quote : "", named ? names : "", named ? quote : "");
}

static enum status check_columns(const struct fitting *fit, struct error *error)
{
    TRY(encoding_refuse_empty(fit->dataset, fit->train, error));
    return fit->choice->impute == IMPUTE_REFUSE
               ? encoding_refuse_missing(fit->dataset, fit->train, error)
               : STATUS_OK;
}

/* --- fill values ----------------------------------------------------------------------------- */

enum { FALLBACK_SAMPLES = 4096, AT_ONCE = 16, GATHERED = 1 << 22 };

/* The values of some columns, each with room for all samples. Rows are far apart in memory, so
 * several columns are gathered at once. */
struct gathered {
    float *x; /* [columns x room] */
    int64_t room, columns;
    int64_t n[AT_ONCE];
};

static enum status take_gathered(struct gathered *gathered, int64_t size, struct error *error)
{
    gathered->room = size;
    gathered->columns = larger(1, least(AT_ONCE, GATHERED / size));
    return memory_take(&gathered->x, (size_t)gathered->columns, (size_t)size * sizeof *gathered->x,
        "the medians of columns", error);
}

/* Gathers the values of the columns first ... end - 1. */
static void gather_values(
    const struct fitting *fit, int64_t first, int64_t end, struct gathered *gathered)
{
    int64_t size = fit->train->size, few = divide_up(size, FALLBACK_SAMPLES);
    bool whole = true;
    for (int64_t c = first; c < end; c++)
        whole &= fit->present[c] == size;
    memset(gathered->n, 0, sizeof gathered->n);
    for (int64_t i = 0; i < size; i += whole ? few : 1) {
        bool sampled = i % few == 0;
        heartbeat_beat();
        for (int64_t c = first; c < end; c++) {
            if (!sampled && fit->present[c] == size)
                continue;
            float value = value_at(fit, i, c);
            if (!isnan(value))
                gathered->x[(c - first) * gathered->room + gathered->n[c - first]++] = value;
        }
    }
}

/* Returns the value that has k smaller or equal ones before it in the order of size, and moves
 * these before it (Hoare, "Algorithm 65: find", CACM 1961). */
static float select_value(float *x, int64_t n, int64_t k)
{
    int64_t from = 0, to = n - 1;
    while (from < to) {
        float pivot = x[from + (to - from) / 2];
        int64_t i = from, j = to;
        while (i <= j) {
            while (x[i] < pivot)
                i++;
            while (x[j] > pivot)
                j--;
            if (i <= j) {
                float kept = x[i];
                x[i++] = x[j];
                x[j--] = kept;
            }
        }
        if (k <= j)
            to = j;
        else if (k >= i)
            from = i;
        else
            break;
    }
    return x[k];
}

static float median_of(float *x, int64_t n)
{
    float upper = select_value(x, n, n / 2), lower = x[0];
    if (n % 2 == 1)
        return upper;
    for (int64_t i = 1; i < n / 2; i++)
        lower = x[i] > lower ? x[i] : lower;
    return (float)(((double)lower + (double)upper) / 2);
}

static float mean_of(const float *x, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += (double)x[i];
    return (float)(sum / (double)n);
}

static float statistic_of(enum impute impute, float *x, int64_t n)
{
    return impute == IMPUTE_MEAN ? mean_of(x, n) : median_of(x, n);
}

/* Tables are the data whose later samples may have holes that their training samples had not. */
static enum status fit_fill(const struct fitting *fit, bool missing, struct error *error)
{
    const struct dataset *dataset = fit->dataset;
    enum impute impute = fit->choice->impute;
    if (impute == IMPUTE_REFUSE || !value_is_float(dataset->type) || !(missing || dataset->table))
        return STATUS_OK;
    TRY(memory_take(&fit->encoding->fill, (size_t)dataset->features, sizeof(float),
        "values for missing ones", error));
    if (impute == IMPUTE_ZERO)
        return STATUS_OK;
    struct gathered gathered;
    TRY(take_gathered(&gathered, fit->train->size, error));
    for (int64_t first = 0; first < dataset->features; first += gathered.columns) {
        int64_t end = least(first + gathered.columns, dataset->features);
        gather_values(fit, first, end, &gathered);
        for (int64_t c = first; c < end; c++)
            if (!is_category(fit, c))
                fit->encoding->fill[c] = statistic_of(
                    impute, gathered.x + (c - first) * gathered.room, gathered.n[c - first]);
    }
    free(gathered.x);
    return STATUS_OK;
}

/* --- all of it ------------------------------------------------------------------------------- */

static enum column_kind number_kind_of(const struct encoding_choice *choice)
{
    if (choice->encode == ENCODE_PIECEWISE)
        return COLUMN_PIECEWISE;
    if (choice->scale == SCALE_ROBUST)
        return COLUMN_ROBUST;
    return choice->scale == SCALE_QUANTILE ? COLUMN_QUANTILE : COLUMN_LINEAR;
}

/* Describes the columns, if one of them is more than a scaled number that is always present. */
static enum status fit_columns(const struct fitting *fit, bool missing, struct error *error)
{
    struct encoding *encoding = fit->encoding;
    enum column_kind kind = number_kind_of(fit->choice);
    bool categories = fit->dataset->levels.columns > 0;
    if (missing || categories || kind != COLUMN_LINEAR) {
        TRY(memory_take(&encoding->column, (size_t)encoding->columns, sizeof *encoding->column,
            "the columns' encoding", error));
        for (int64_t c = 0; c < encoding->columns; c++)
            encoding->column[c].missing = fit->present[c] < fit->train->size;
    }
    if (categories)
        TRY(category_levels_choose(
            encoding, fit->dataset, fit->train, fit->choice->max_levels, error));
    if (kind != COLUMN_LINEAR)
        TRY(number_columns_fit(encoding, kind, fit->choice->bins, fit->dataset, fit->train, error));
    return encoding_complete(encoding, error);
}

static enum status fit_all(const struct fitting *fit, struct error *error)
{
    bool missing = false, piecewise = fit->choice->encode == ENCODE_PIECEWISE;
    enum scale_kind scale = piecewise ? SCALE_QUANTILE : fit->choice->scale; /* checks the values */
    TRY(scale_fit(&fit->encoding->scale, scale, fit->dataset, fit->train, fit->present, error));
    TRY(check_columns(fit, error));
    for (int64_t c = 0; c < fit->dataset->features; c++)
        missing |= fit->present[c] < fit->train->size;
    TRY(fit_fill(fit, missing, error));
    return dataset_check(fit->dataset, fit_columns(fit, missing, error), error);
}

enum status encoding_fit(struct encoding *encoding, const struct encoding_choice *choice,
    const struct dataset *dataset, const struct subset *train, struct error *error)
{
    struct fitting fit = {encoding, choice, dataset, train, NULL};
    *encoding = (struct encoding){.columns = dataset->features};
    TRY(memory_take(&fit.present, (size_t)dataset->features, sizeof *fit.present,
        "the columns' encoding", error));
    enum status status = fit_all(&fit, error);
    free(fit.present);
    if (status)
        encoding_clear(encoding);
    return status;
}
