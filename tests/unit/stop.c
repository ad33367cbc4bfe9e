/* The rules by which figures end a run, at their edges. */
#include "run/run_state.h"
#include "run/stop.h"

#include <math.h>
#include <string.h>

#include "support/unit.h"

enum { MOST = 16 };

static struct evaluation_record evaluation(int64_t step, double loss, double accuracy)
{
    return (struct evaluation_record){
        .step = step, .validation = {.samples = 10, .loss = loss, .accuracy = accuracy}};
}

static struct stop_rules early(const char *metric, int64_t patience, double min_delta)
{
    struct stop_rules rules = {.early = true, .patience = patience, .min_delta = min_delta};
    assert_true(metric_find(metric, &rules.watched));
    return rules;
}

/* Evaluations at steps 10, 20, ... until one ends the run; returns its number from 1, 0: none did.
 */
static int ends_at(const struct stop_rules *rules, const double *value, int n, int64_t *best_step)
{
    struct stop_state state = {0};
    stop_begin(rules, &state);
    for (int i = 0; i < n; i++) {
        struct evaluation_record record = evaluation(10 * (i + 1), value[i], value[i]);
        struct stop_outcome outcome = stop_step(rules, &state, &record);
        struct stop_outcome again = stop_check(rules, &state, &record);
        assert_int_equal(outcome.over, again.over); /* what a resumed run asks */
        assert_int_equal(outcome.improved, state.best_step == record.step);
        *best_step = state.best_step;
        if (outcome.over) {
            assert_int_equal(outcome.reason, STOP_EARLY);
            return i + 1;
        }
    }
    return 0;
}

#define assert_ends(at, best, metric, patience, min_delta, ...)                                    \
    do {                                                                                           \
        const double values[] = {__VA_ARGS__};                                                     \
        struct stop_rules rules = early(metric, patience, min_delta);                              \
        int64_t best_step = -1;                                                                    \
        assert_int_equal(at, ends_at(&rules, values, sizeof values / sizeof *values, &best_step)); \
        assert_int_equal(best, best_step);                                                         \
    } while (0)

TEST(test_patience)
{
    /* 0 and 1: the first that has not improved */
    assert_ends(3, 20, "val_loss", 0, 0, 3, 2, 2.5, 1);
    assert_ends(3, 20, "val_loss", 1, 0, 3, 2, 2.5, 1);
    assert_ends(4, 20, "val_loss", 2, 0, 3, 2, 2.5, 2.4, 1);
    assert_ends(0, 40, "val_loss", 2, 0, 3, 2, 2.5, 1, 1.5);
    /* in a row: an improvement begins the count anew */
    assert_ends(7, 40, "val_loss", 3, 0, 3, 4, 5, 2, 2, 3, 4, 1);
    assert_ends(0, 10, "val_loss", INT64_MAX, 0, 1, 2, 3, 4);
    /* never at the first, which improves on nothing */
    assert_ends(0, 10, "val_loss", 0, 0, 3);
}

TEST(test_direction)
{
    assert_ends(2, 10, "val_accuracy", 1, 0, 0.5, 0.4);
    assert_ends(0, 20, "val_accuracy", 1, 0, 0.4, 0.5);
    assert_ends(2, 10, "val_loss", 1, 0, 0.4, 0.5);
}

/* Exactly as good, or better by exactly min_delta, is no improvement. */
TEST(test_min_delta)
{
    assert_ends(2, 10, "val_loss", 1, 0, 2, 2);
    assert_ends(0, 20, "val_loss", 1, 0, 2, nextafter(2, 0));
    assert_ends(2, 10, "val_loss", 1, 0.5, 2, 1.5);
    assert_ends(0, 20, "val_loss", 1, 0.5, 2, nextafter(1.5, 0));
    assert_ends(2, 10, "val_accuracy", 1, 0.25, 0.5, 0.75);
    assert_ends(0, 20, "val_accuracy", 1, 0.25, 0.5, nextafter(0.75, 1));
    /* small gains add up to none: each is measured against the best */
    assert_ends(3, 10, "val_loss", 2, 0.5, 2, 1.75, 1.5);
}

TEST(test_no_number)
{
    double nan = (double)NAN;
    assert_ends(1, 0, "val_loss", 1, 0, nan, 1);
    assert_ends(0, 20, "val_loss", 2, 0, nan, 1, nan);
    assert_ends(4, 20, "val_loss", 2, 0, nan, 1, nan, nan);
    assert_ends(0, 20, "val_loss", 1, 0, (double)INFINITY, 5);
}

TEST(test_target)
{
    struct stop_rules rules = {.has_target = true, .goal = 0.88};
    struct stop_state remembered = {0};
    assert_true(metric_find("val_accuracy", &rules.target));
    struct evaluation_record below = evaluation(10, 1, nextafter(0.88, 0)),
                             at = evaluation(20, 1, 0.88), none = {.step = 30};
    assert_false(stop_step(&rules, &remembered, &below).over);
    assert_true(stop_step(&rules, &remembered, &at).over);
    assert_int_equal(stop_step(&rules, &remembered, &at).reason, STOP_TARGET);
    assert_false(stop_step(&rules, &remembered, &none).over);
    assert_true(metric_find("val_loss", &rules.target));
    rules.goal = 1;
    assert_true(stop_step(&rules, &remembered, &at).over);
    rules.goal = nextafter(1, 0);
    assert_false(stop_step(&rules, &remembered, &at).over);
}

TEST(test_give_up)
{
    struct stop_rules rules = {.has_target = true, .goal = 0.88, .give_up_steps = 15};
    struct stop_state remembered = {0};
    assert_true(metric_find("val_accuracy", &rules.target));
    struct evaluation_record early = evaluation(14, 1, 0.5), late = evaluation(15, 1, 0.5),
                             reached = evaluation(20, 1, 0.88);
    assert_false(stop_step(&rules, &remembered, &early).over);
    assert_true(stop_step(&rules, &remembered, &late).over);
    assert_int_equal(stop_step(&rules, &remembered, &late).reason, STOP_GIVE_UP);
    assert_int_equal(stop_step(&rules, &remembered, &reached).reason, STOP_TARGET);
    rules.has_target = false; /* without a target, these are the steps of a part of the run */
    assert_false(stop_step(&rules, &remembered, &early).over);
    assert_int_equal(stop_step(&rules, &remembered, &reached).reason, STOP_GIVE_UP);
    assert_string_equal(stop_reason_name(STOP_GIVE_UP), "give_up");
}

/* Both at once: what was aimed for says more. */
TEST(test_target_before_early_stop)
{
    struct stop_rules rules = early("val_loss", 1, 0);
    struct stop_state remembered = {0};
    rules.has_target = metric_find("val_accuracy", &rules.target);
    rules.goal = 0.9;
    struct evaluation_record first = evaluation(10, 1, 0.5), second = evaluation(20, 2, 0.95);
    stop_begin(&rules, &remembered);
    assert_false(stop_step(&rules, &remembered, &first).over);
    assert_int_equal(stop_step(&rules, &remembered, &second).reason, STOP_TARGET);
}

/* A resumed run that watches something else begins to count anew. */
TEST(test_another_metric)
{
    struct stop_rules rules = early("val_loss", 1, 0);
    struct stop_state remembered = {0}, kept;
    struct evaluation_record record = evaluation(10, 1, 0.5);
    stop_begin(&rules, &remembered);
    stop_step(&rules, &remembered, &record);
    kept = remembered;
    stop_begin(&rules, &kept);
    assert_memory_equal(&kept, &remembered, sizeof kept);
    rules = early("val_accuracy", 1, 0);
    stop_begin(&rules, &remembered);
    assert_int_equal(remembered.best_step, 0);
    assert_string_equal(remembered.metric, "val_accuracy");
}

/* The best evaluation without early stopping: of equal ones the last, and no end. */
TEST(test_best_without_early_stopping)
{
    struct stop_rules rules = {.final_weights = FINAL_BEST, .patience = 1};
    const double values[] = {3, 2, 2.5, 2, (double)NAN, 2.25};
    int64_t best_step = -1;
    assert_int_equal(ends_at(&rules, values, 6, &best_step), 0);
    assert_int_equal(best_step, 40);
    assert_true(stop_keeps_best(&rules) && stop_watched(&rules).metric == METRIC_LOSS);
    /* with it, the rules of early stopping */
    rules = early("val_loss", 2, 0);
    rules.final_weights = FINAL_BEST;
    assert_int_equal(ends_at(&rules, values, 6, &best_step), 4);
    assert_int_equal(best_step, 20);
    /* which do not depend on what is kept */
    rules.final_weights = FINAL_LAST;
    assert_int_equal(ends_at(&rules, values, 6, &best_step), 4);
    assert_false(stop_keeps_best(&rules));
    rules = (struct stop_rules){.early = false};
    assert_int_equal(ends_at(&rules, values, 6, &best_step), 0);
    assert_int_equal(best_step, 0);
}

/* A metric of averaged weights is theirs alone. */
TEST(test_metric_of_averaged_weights)
{
    struct evaluation_record record = evaluation(10, 1, 0.5);
    struct metric_choice choice;
    record.validation_ema = (struct metrics){.samples = 10, .loss = 0.25};
    assert_true(metric_find("val_ema_loss", &choice));
    assert_true(stop_metric(choice, &record) == 0.25);
    assert_true(metric_find("val_loss", &choice));
    assert_true(stop_metric(choice, &record) == 1);
    assert_true(metric_find("test_ema_loss", &choice));
    assert_true(isnan(stop_metric(choice, &record)));
}

/* Relative to the larger of the two losses that are known; without either there is no limit. */
TEST(test_divergence)
{
    struct stop_rules rules = {.divergence = 1000};
    assert_true(stop_loss_limit(&rules, &(struct divergence){2, 3}) == 3000);
    assert_true(stop_loss_limit(&rules, &(struct divergence){4, 3}) == 4000);
    assert_true(stop_loss_limit(&rules, &(struct divergence){0, 3}) == 3000);
    assert_true(isinf(stop_loss_limit(&rules, &(struct divergence){0, 0})));
    rules.divergence = 0;
    assert_true(isinf(stop_loss_limit(&rules, &(struct divergence){4, 3})));
}
