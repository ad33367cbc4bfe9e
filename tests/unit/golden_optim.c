/* golden_optim.c: optimizers, clipping, schedules and plateaus, each alone, against PyTorch's
 * numbers, tests/golden/optim-*.json, which tests/golden/optim writes.
 *
 * Weights and states after 40 steps on the same gradients: within 4 ulp, of the largest magnitude
 * that the number had on its way. (PyTorch may contract a product and a sum, and we do not.) Rates:
 * within 1e-13 of the base rate, since PyTorch multiplies from step to step.
 */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "optim/optimizer.h"
#include "optim/schedule.h"
#include "support/golden.h"
#include "support/unit.h"

enum { PARAMETERS_MAX = 100, ULPS = 4, STEPS_PER_EPOCH = 7 };

static struct json *parse(const char *name)
{
    char path[FILE_PATH_MAX];
    struct error error;
    assert_int_equal(file_path(path, golden_directory(), name, &error), STATUS_OK);
    return golden_parse(path);
}

/* --- optimizers ------------------------------------------------------------------------------ */

/* Weights, then states. */
enum { ARRAYS = 1 + OPTIMIZER_STATES_MAX };

struct progress {
    int64_t n;
    float value[ARRAYS][PARAMETERS_MAX];
    float most[ARRAYS][PARAMETERS_MAX]; /* largest magnitudes so far */
};

static void note(struct progress *progress)
{
    for (int a = 0; a < ARRAYS; a++)
        for (int64_t i = 0; i < progress->n; i++)
            progress->most[a][i] = fmaxf(progress->most[a][i], fabsf(progress->value[a][i]));
}

static bool agrees(const struct progress *progress, int array, const double *want, char *why)
{
    double bound[PARAMETERS_MAX];
    for (int64_t i = 0; i < progress->n; i++) {
        int exponent;
        frexp((double)progress->most[array][i], &exponent);
        bound[i] = ULPS * ldexp(1, exponent - FLT_MANT_DIG);
    }
    return compare_each(progress->value[array], want, progress->n, bound, why);
}

static void compare(const struct progress *progress, const struct json *seen,
    const struct optimizer_settings *settings)
{
    char why[COMPARE_TEXT];
    for (int a = 0; a <= optimizer_states(settings); a++) {
        const char *name = a ? optimizer_state_name(settings, a - 1) : "weights";
        double *want = golden_reals(a ? js_get(seen, "states") : seen, name, progress->n);
        if (!agrees(progress, a, want, why))
            fail_msg("%s, step %d, %s: %s", optimizer_words[settings->kind],
                (int)golden_int(seen, "step"), name, why);
        want[progress->n / 2] += 16 * FLT_EPSILON * (double)progress->most[a][progress->n / 2];
        assert_false(agrees(progress, a, want, NULL));
        free(want);
    }
}

static void one_step(const struct optimizer *optimizer, const struct clip *clip, int64_t step,
    double lr, const float *gradient, struct progress *progress, enum level level)
{
    struct optimizer_scalars scalars = optimizer_scalars(&optimizer->settings, step, lr, 1);
    if (clip->value > 0)
        scalars.clip_value = (float)clip->value;
    struct exact_sum squares = exact_sum_zero();
    clip_add_squares(&squares, gradient, progress->n, &scalars, level);
    scalars.clip_factor = clip_factor(clip, sqrt(exact_sum_value(&squares)));
    optimizer_step(optimizer, level, &scalars, progress->value[0], gradient, 0, progress->n);
    note(progress);
}

static void check_run(const struct json *root, const struct json *run, enum level level)
{
    static struct progress progress;
    int64_t n = golden_int(root, "parameters"), steps = golden_int(root, "steps");
    float *initial = golden_floats(root, "initial", n);
    float *gradients = golden_floats(root, "gradients", n * steps);
    double *rates = golden_reals(root, "rates", steps);
    const struct json *seen = js_get(run, "seen");
    const struct clip clip = golden_clip(run);
    struct optimizer optimizer = {.settings = golden_optimizer(run)};
    size_t compared = 0;
    assert_in_range(n, 1, PARAMETERS_MAX);
    progress = (struct progress){.n = n};
    memcpy(progress.value[0], initial, (size_t)n * sizeof *initial);
    for (int i = 0; i < optimizer_states(&optimizer.settings); i++)
        optimizer.state[i] = progress.value[1 + i];
    note(&progress);
    for (int64_t step = 1; step <= steps; step++) {
        one_step(
            &optimizer, &clip, step, rates[step - 1], gradients + (step - 1) * n, &progress, level);
        if (golden_int(js_item(seen, compared), "step") == step)
            compare(&progress, js_item(seen, compared++), &optimizer.settings);
        if (compared == js_size(seen))
            break;
    }
    assert_int_equal(compared, js_size(seen));
    free(initial);
    free(gradients);
    free(rates);
}

TEST(optimizers_step_as_pytorchs)
{
    struct json *root = parse("optim-steps.json");
    const struct json *runs = js_get(root, "runs");
    assert_int_equal(js_size(runs), 17);
    for (size_t r = 0; r < js_size(runs); r++)
        for (enum level level = LEVEL_BASE; level < N_LEVELS; level++)
            if (level_runs(level))
                check_run(root, js_item(runs, r), level);
    js_destroy(root);
}

/* --- schedules ------------------------------------------------------------------------------- */

/* One call of scheduler.step() a step, or an epoch of `unit` steps. */
static struct schedule schedule_of(const struct json *object, int64_t unit)
{
    struct schedule schedule = {.lr = golden_real(object, "lr"),
        .total_steps = golden_int(object, "total") * unit,
        .steps_per_epoch = unit,
        .by_epoch = unit > 1,
        .warmup = golden_int(object, "warmup") * unit,
        .length = (int64_t)golden_real_or(object, "length", 0) * unit,
        .step_size = (int64_t)golden_real_or(object, "step_size", 0) * unit,
        .gamma = golden_real_or(object, "gamma", 0),
        .end_factor = golden_real_or(object, "end_factor", 0),
        .power = golden_real_or(object, "power", 0),
        .min_lr = golden_real_or(object, "min_lr", 0),
        .pct_start = golden_real_or(object, "pct_start", 0),
        .div_factor = golden_real_or(object, "div_factor", 0),
        .final_div_factor = golden_real_or(object, "final_div_factor", 0)};
    const struct json *milestones = js_get(object, "milestones");
    for (; milestones && (size_t)schedule.n_milestones < js_size(milestones);
         schedule.n_milestones++) {
        int64_t *milestone = &schedule.milestone[schedule.n_milestones];
        assert_true(js_as_int(js_item(milestones, (size_t)schedule.n_milestones), milestone));
        *milestone *= unit;
    }
    while (strcmp(schedule_words[schedule.kind], golden_text(object, "kind")) != 0)
        assert_true(++schedule.kind < N_SCHEDULES);
    return schedule;
}

TEST(schedules_are_pytorchs)
{
    struct json *root = parse("optim-schedules.json");
    const struct json *all = js_get(root, "schedules");
    assert_int_equal(js_size(all), 12);
    for (size_t i = 0; i < js_size(all); i++)
        for (int64_t unit = 1; unit <= STEPS_PER_EPOCH; unit += STEPS_PER_EPOCH - 1) {
            const struct json *object = js_item(all, i);
            struct schedule schedule = schedule_of(object, unit);
            int64_t units = golden_int(object, "total");
            double *rates = golden_reals(object, "rates", units);
            for (int64_t step = 1; step <= schedule.total_steps; step++) {
                double got = schedule_rate(&schedule, step, 1), want = rates[(step - 1) / unit];
                if (!(fabs(got - want) <= 1e-13 * schedule.lr))
                    fail_msg("%s (%d), unit %d, step %d: %.17g instead of %.17g",
                        schedule_words[schedule.kind], (int)i, (int)unit, (int)step, got, want);
            }
            free(rates);
        }
    js_destroy(root);
}

TEST(plateaus_are_pytorchs)
{
    struct json *root = parse("optim-plateau.json");
    const struct json *cases = js_get(root, "cases");
    assert_int_equal(js_size(cases), 3);
    for (size_t i = 0; i < js_size(cases); i++) {
        const struct json *object = js_item(cases, i);
        int64_t n = (int64_t)js_size(js_get(object, "metrics"));
        double *metrics = golden_reals(object, "metrics", n);
        double *rates = golden_reals(object, "rates", n), lr = golden_real(object, "lr"), last = lr;
        struct plateau_settings settings = {
            .maximise = strcmp(golden_text(object, "mode"), "max") == 0,
            .factor = golden_real(object, "factor"),
            .patience = golden_int(object, "patience"),
            .threshold = golden_real(object, "threshold"),
            .min_lr = golden_real(object, "min_lr")};
        struct plateau plateau = plateau_begin(&settings);
        const struct schedule schedule = {.kind = SCHEDULE_PLATEAU, .lr = lr};
        for (int64_t e = 0; e < n; e++) {
            bool fell = plateau_step(&plateau, &settings, lr, metrics[e]);
            double got = schedule_rate(&schedule, e + 1, plateau.factor);
            assert_true(fabs(got - rates[e]) <= 1e-13 * lr);
            assert_true(fell == (rates[e] < last));
            last = rates[e];
        }
        assert_true(last < lr / 4);
        free(metrics);
        free(rates);
    }
    js_destroy(root);
}
