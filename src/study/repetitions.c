#include "study/repetitions.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum status repetitions_run(struct repetitions *repetitions, int n, measurement *measure,
    void *context, struct error *error)
{
    enum status status = STATUS_OK;
    repetitions->total = (int64_t)repetitions->repeats * n;
    for (int64_t i = 0; i < repetitions->total && !status; i++) {
        repetitions->done = i;
        status = measure(context, (int)(i % n), error);
    }
    return status;
}

void repetitions_report(const struct repetitions *repetitions, const char *format, ...)
{
    enum { TEXT_MAX = 200 };
    char text[TEXT_MAX];
    va_list arguments;
    if (!repetitions->listener)
        return;
    int64_t per_round = repetitions->total / repetitions->repeats;
    int used = snprintf(text, sizeof text, "round %d of %d, ",
        (int)(repetitions->done / per_round) + 1, repetitions->repeats);
    va_start(arguments, format);
    vsnprintf(text + used, sizeof text - (size_t)used, format, arguments);
    va_end(arguments);
    repetitions->listener->hear(
        repetitions->listener->context, repetitions->done, repetitions->total, text);
}

/* --- samples ------------------------------------------------------------------------------- */

static double sample_at(const struct json *samples, size_t round)
{
    double value = 0;
    js_as_real(js_item(samples, round), &value);
    return value;
}

static int ascending(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

void sort_reals(double *value, int n)
{
    qsort(value, (size_t)n, sizeof *value, ascending);
}

double sort_to_median(double *value, int n)
{
    sort_reals(value, n);
    return (value[(n - 1) / 2] + value[n / 2]) / 2;
}

/* Copies the samples and returns the number of samples, at most REPEATS_MAX. */
static int copy_samples(const struct json *samples, double value[REPEATS_MAX])
{
    int n = 0;
    for (; n < REPEATS_MAX && (size_t)n < js_size(samples); n++)
        value[n] = sample_at(samples, (size_t)n);
    return n;
}

static struct json *summary_of(const struct json *samples)
{
    double value[REPEATS_MAX];
    int n = copy_samples(samples, value);
    struct json *summary = js_object();
    js_set_real(summary, "median", sort_to_median(value, n));
    js_set_real(summary, "least", value[0]);
    js_set_real(summary, "most", value[n - 1]);
    return summary;
}

double samples_median(const struct json *row, const char *key)
{
    double value[REPEATS_MAX];
    int n = copy_samples(js_get(row, key), value);
    return n > 0 ? sort_to_median(value, n) : 0;
}

void samples_divide(struct json *row, const char *key, const char *over, const char *under)
{
    const struct json *a = js_get(row, over), *b = js_get(row, under);
    for (size_t round = 0; round < js_size(a); round++)
        js_push_real(row, key, sample_at(a, round) / sample_at(b, round));
}

/* True for an array of samples. Other arrays, such as "tiles", are not summarized. */
static bool is_samples(const struct json *value)
{
    double first;
    return js_as_real(js_item(value, 0), &first);
}

void samples_summarize(struct json *row)
{
    for (size_t i = 0; i < js_size(row); i++) {
        const char *key = js_key(row, i);
        if (is_samples(js_get(row, key)))
            js_set(row, key, summary_of(js_get(row, key)));
    }
}

void samples_to_medians(struct json *row)
{
    for (size_t i = 0; i < js_size(row); i++) {
        const char *key = js_key(row, i);
        if (is_samples(js_get(row, key)))
            js_set_real(row, key, samples_median(row, key));
    }
}
