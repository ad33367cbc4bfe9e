/* Rounds, and the samples that they leave. */
#include "study/repetitions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/unit.h"

/* --- rounds -------------------------------------------------------------------------------- */

struct order {
    struct repetitions *repetitions;
    char text[100];
    int fails_at;
};

static enum status note_order(void *context, int i, struct error *error)
{
    struct order *order = context;
    size_t used = strlen(order->text);
    snprintf(order->text + used, sizeof order->text - used, "%d/%d:%d ",
        (int)order->repetitions->done, (int)order->repetitions->total, i);
    (void)error;
    return order->repetitions->done == order->fails_at ? STATUS_DIVERGED : STATUS_OK;
}

TEST(rounds_in_turn)
{
    struct repetitions repetitions = {.repeats = 2};
    struct order order = {.repetitions = &repetitions, .fails_at = -1};
    struct error error;
    assert_int_equal(repetitions_run(&repetitions, 3, note_order, &order, &error), STATUS_OK);
    assert_string_equal(order.text, "0/6:0 1/6:1 2/6:2 3/6:0 4/6:1 5/6:2 ");
}

TEST(the_first_failure_ends_them)
{
    struct repetitions repetitions = {.repeats = 2};
    struct order order = {.repetitions = &repetitions, .fails_at = 1};
    struct error error;
    assert_int_equal(repetitions_run(&repetitions, 3, note_order, &order, &error), STATUS_DIVERGED);
    assert_string_equal(order.text, "0/6:0 1/6:1 ");
}

/* --- samples ------------------------------------------------------------------------------- */

static struct json *row_of(const double *sample, int n)
{
    struct json *row = js_object();
    for (int i = 0; i < n; i++)
        js_push_real(row, "a", sample[i]);
    return row;
}

static double real_at(const struct json *json, const char *key)
{
    double value = 0;
    assert_true(js_as_real(js_get(json, key), &value));
    return value;
}

static void assert_summary(const double *sample, int n, double least, double median, double most)
{
    struct json *row = row_of(sample, n);
    assert_true(samples_median(row, "a") == median);
    samples_summarize(row);
    const struct json *summary = js_get(row, "a");
    assert_true(real_at(summary, "least") == least);
    assert_true(real_at(summary, "median") == median);
    assert_true(real_at(summary, "most") == most);
    js_destroy(row);
}

TEST(summaries)
{
    static double longest[REPEATS_MAX];
    for (int i = 0; i < REPEATS_MAX; i++)
        longest[i] = REPEATS_MAX - i; /* 1000 ... 1 */
    assert_summary((const double[]){4}, 1, 4, 4, 4);
    assert_summary((const double[]){5, 1}, 2, 1, 3, 5);
    assert_summary((const double[]){9, -1, 2}, 3, -1, 2, 9);
    assert_summary((const double[]){8, 1, 2, 4}, 4, 1, 3, 8);
    assert_summary((const double[]){3, 3, 1, 1, 100}, 5, 1, 3, 100);
    assert_summary(longest, REPEATS_MAX, 1, 500.5, 1000);
}

/* Samples stay in their order: round r of one figure belongs to round r of another. */
TEST(ratios_round_by_round)
{
    struct json *row = row_of((const double[]){8, 2, 6}, 3);
    for (int i = 0; i < 3; i++)
        js_push_real(row, "b", (const double[]){2, 1, 4}[i]);
    assert_true(samples_median(row, "a") == 6);
    samples_divide(row, "ratio", "a", "b"); /* 4, 2, 1.5 */
    samples_to_medians(row);
    assert_true(real_at(row, "ratio") == 2);
    assert_true(real_at(row, "b") == 2);
    js_destroy(row);
}

/* What is no sample stays, and the keys keep their order. */
TEST(other_values_stay)
{
    struct json *row = row_of((const double[]){1}, 1), *inner = js_array();
    js_append(inner, js_object());
    js_set(row, "tiles", inner);
    js_set_int(row, "k", 16);
    samples_summarize(row);
    char *text = js_text(row, false);
    assert_string_equal(
        text, "{\"a\":{\"median\":1.0,\"least\":1.0,\"most\":1.0},\"tiles\":[{}],\"k\":16}");
    free(text);
    js_destroy(row);
}
