#include "optim/optimizer.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "support/fill.h"
#include "support/reference.h"
#include "support/unit.h"

enum { N = 150, LONG = 3000, STEPS = 5 };

static const struct optimizer_settings variants[] = {
    {.kind = OPTIMIZER_SGD},
    {.kind = OPTIMIZER_SGD, .momentum = 0.9},
    {.kind = OPTIMIZER_SGD, .weight_decay = 1e-4},
    {.kind = OPTIMIZER_SGD, .momentum = 0.9, .weight_decay = 5e-4},
    {.kind = OPTIMIZER_SGD, .momentum = 0.9, .dampening = 0.25},
    {.kind = OPTIMIZER_SGD, .momentum = 0.9, .nesterov = true, .weight_decay = 1e-2},
    {.kind = OPTIMIZER_ADAM, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8},
    {.kind = OPTIMIZER_ADAM, .beta1 = 0.25, .beta2 = 0.95, .eps = 1e-3, .weight_decay = 1e-2},
    {.kind = OPTIMIZER_ADAMW, .beta1 = 0.9, .beta2 = 0.99, .eps = 1e-8, .weight_decay = 0.1},
    {.kind = OPTIMIZER_RMSPROP, .alpha = 0.99, .eps = 1e-8},
    {.kind = OPTIMIZER_RMSPROP, .alpha = 0.9, .eps = 1e-8, .weight_decay = 1e-2},
    {.kind = OPTIMIZER_RMSPROP, .alpha = 0.9, .eps = 1e-8, .momentum = 0.5},
    {.kind = OPTIMIZER_RMSPROP, .alpha = 0.5, .eps = 1, .momentum = 0.5, .weight_decay = 1e-2},
    {.kind = OPTIMIZER_ADAGRAD, .eps = 1e-10},
    {.kind = OPTIMIZER_ADAGRAD, .eps = 1e-10, .weight_decay = 1e-2},
    {.kind = OPTIMIZER_LION, .beta1 = 0.9, .beta2 = 0.99},
    {.kind = OPTIMIZER_LION, .beta1 = 0.25, .beta2 = 0.5, .weight_decay = 0.1},
};
enum { N_VARIANTS = sizeof variants / sizeof *variants };

/* The scalar reference's word for the same settings: one layer of n parameters. */
static struct reference_problem reference_of(const struct optimizer_settings *s, int64_t n)
{
    return (struct reference_problem){.layers = 1,
        .width = {n - 1, 1},
        .optimizer = s->kind,
        .lr = 0.1,
        .momentum = s->momentum,
        .weight_decay = s->weight_decay,
        .dampening = s->dampening,
        .nesterov = s->nesterov,
        .beta1 = s->beta1,
        .beta2 = s->beta2,
        .alpha = s->alpha,
        .eps = s->eps};
}

/* n floats' state of one optimizer. */
struct holder {
    struct optimizer optimizer;
    float state[OPTIMIZER_STATES_MAX][LONG];
};

static void hold(struct holder *holder, const struct optimizer_settings *settings)
{
    memset(holder, 0, sizeof *holder);
    holder->optimizer.settings = *settings;
    for (int i = 0; i < optimizer_states(settings); i++)
        holder->optimizer.state[i] = holder->state[i];
}

TEST(steps_are_the_definition_at_every_level)
{
    static struct holder holder;
    static float want_state[OPTIMIZER_STATES_MAX][LONG];
    for (int variant = 0; variant < N_VARIANTS; variant++)
        for (enum level level = LEVEL_BASE; level < N_LEVELS; level++)
            for (int n = 2; n <= N && level_runs(level); n += n < 40 ? 1 : 11) {
                float w[N], want[N], sum[N];
                float *const reference_state[2] = {want_state[0], want_state[1]};
                struct reference_problem problem = reference_of(&variants[variant], n);
                hold(&holder, &variants[variant]);
                memset(want_state, 0, sizeof want_state);
                fill_uniform(w, n, 1);
                memcpy(want, w, sizeof w);
                for (int step = 1; step <= STEPS; step++) {
                    struct optimizer_scalars scalars =
                        optimizer_scalars(&variants[variant], step, 0.1, (float)(1.0 / 77));
                    fill_uniform(sum, n, (uint64_t)step + 9);
                    reference_update(&problem, step, 77, sum, want, reference_state);
                    optimizer_step(&holder.optimizer, level, &scalars, w, sum, 0, n);
                    assert_compare(compare_bits(w, want, n, why));
                    for (int i = 0; i < OPTIMIZER_STATES_MAX; i++)
                        assert_compare(compare_bits(holder.state[i], want_state[i], n, why));
                }
            }
}

/* The average beside any optimizer is that of a plain loop, from the first weights on, and the
 * weights and states are those of a run without it. */
TEST(averages_are_the_definition_at_every_level)
{
    static struct holder holder, plain;
    const float share = (float)optimizer_average_share(3);
    for (int variant = 0; variant < N_VARIANTS; variant++)
        for (enum level level = LEVEL_BASE; level < N_LEVELS; level++)
            for (int n = 2; n <= N && level_runs(level); n += n < 40 ? 1 : 11) {
                struct optimizer_settings settings = variants[variant];
                float w[N], v[N], sum[N], average[N] = {0};
                settings.average = optimizer_average_share(3);
                int last = optimizer_states(&settings) - 1;
                hold(&holder, &settings);
                hold(&plain, &variants[variant]);
                fill_uniform(holder.state[last], N, 5); /* the first step replaces it */
                fill_uniform(w, N, 1);
                memcpy(v, w, sizeof v);
                for (int step = 1; step <= STEPS; step++) {
                    struct optimizer_scalars scalars =
                        optimizer_scalars(&settings, step, 0.1, (float)(1.0 / 77));
                    scalars.clip_value = step % 2 ? INFINITY : 0.25f;
                    fill_uniform(sum, n, (uint64_t)step + 9);
                    optimizer_step(&holder.optimizer, level, &scalars, w, sum, 0, n);
                    optimizer_step(&plain.optimizer, level, &scalars, v, sum, 0, n);
                    for (int i = 0; i < n; i++)
                        average[i] = step == 1 ? w[i] : fmaf(share, w[i] - average[i], average[i]);
                    assert_compare(compare_bits(holder.state[last], average, n, why));
                    assert_compare(compare_bits(w, v, n, why));
                    for (int s = 0; s < last; s++)
                        assert_compare(compare_bits(holder.state[s], plain.state[s], n, why));
                }
            }
}

/* After half_life more steps, a weight counts half as much. */
TEST(shares_of_an_average)
{
    assert_true(optimizer_average_share(1) == 0.5);
    for (int64_t half_life = 1; half_life <= INT64_C(1) << 40; half_life *= 2) {
        double want = -expm1(-log(2) / (double)half_life);
        assert_true(
            fabs(optimizer_average_share(half_life) / want - 1) < 1e-15 * (double)half_life);
    }
}

/* Clipped or not, stepped in runs of any cut, the parameters end the same: owners may be many. */
TEST(runs_use_their_own_state)
{
    static struct holder whole, cut;
    static float w[LONG], v[LONG], sum[LONG];
    for (int variant = 0; variant < N_VARIANTS; variant++)
        for (int clipped = 0; clipped < 2; clipped++) {
            hold(&whole, &variants[variant]);
            hold(&cut, &variants[variant]);
            fill_uniform(w, LONG, 1);
            memcpy(v, w, sizeof w);
            for (int step = 1; step <= STEPS; step++) {
                struct optimizer_scalars scalars =
                    optimizer_scalars(&variants[variant], step, 0.1, 0.5f);
                scalars.clip_value = clipped ? 0.25f : INFINITY;
                scalars.clip_factor = clipped ? 0.7f : 1;
                fill_uniform(sum, LONG, (uint64_t)step);
                optimizer_step(&whole.optimizer, LEVEL_BASE, &scalars, w, sum, 0, LONG);
                for (int at = 0; at < LONG; at += 37) {
                    int n = LONG - at < 37 ? LONG - at : 37;
                    optimizer_step(&cut.optimizer, LEVEL_BASE, &scalars, v + at, sum + at, at, n);
                }
                assert_compare(compare_bits(v, w, LONG, why));
                assert_memory_equal(whole.state, cut.state, sizeof whole.state);
            }
        }
}

/* w = 1; sums 2 and 4 of 2 samples: g = 1, 2. */
TEST(by_hand)
{
    float w = 1, sum = 2, velocity = 0;
    const struct optimizer optimizer = {
        {.kind = OPTIMIZER_SGD, .momentum = 0.5, .weight_decay = 0.25}, {&velocity}};
    struct optimizer_scalars scalars = optimizer_scalars(&optimizer.settings, 1, 0.5, 0.5f);
    optimizer_step(&optimizer, LEVEL_BASE, &scalars, &w, &sum, 0, 1);
    assert_true(velocity == 1.25f); /* 1 + 0.25 * 1 */
    assert_true(w == 0.375f);
    sum = 4;
    optimizer_step(&optimizer, LEVEL_BASE, &scalars, &w, &sum, 0, 1);
    assert_true(velocity == 0.625f + 2.09375f);
    assert_true(w == 0.375f - 0.5f * 2.71875f);
}

/* The first step of sgd takes the whole gradient, whatever the dampening; adam's first step is lr
 * times the sign, when eps is nothing beside g; all exact in these numbers. */
TEST(first_steps_by_hand)
{
    float w = 1, sum = 4, first = 0, second = 0;
    const struct optimizer damped = {
        {.kind = OPTIMIZER_SGD, .momentum = 0.5, .dampening = 0.75}, {&first}};
    struct optimizer_scalars scalars = optimizer_scalars(&damped.settings, 1, 0.125, 1);
    optimizer_step(&damped, LEVEL_BASE, &scalars, &w, &sum, 0, 1);
    assert_true(first == 4 && w == 0.5f);
    scalars = optimizer_scalars(&damped.settings, 2, 0.125, 1);
    optimizer_step(&damped, LEVEL_BASE, &scalars, &w, &sum, 0, 1);
    assert_true(first == 2 + 1 && w == 0.5f - 0.375f);

    const struct optimizer adam = {
        {.kind = OPTIMIZER_ADAM, .beta1 = 0.5, .beta2 = 0.75, .eps = 1e-30}, {&first, &second}};
    first = 0;
    w = 1;
    scalars = optimizer_scalars(&adam.settings, 1, 0.125, 1);
    optimizer_step(&adam, LEVEL_BASE, &scalars, &w, &sum, 0, 1);
    assert_true(first == 2 && second == 4 && w == 1 - 0.125f);
}

/* A factor of 0 leaves its term out, so an infinite weight meets no 0 * inf. */
TEST(a_term_with_factor_0_is_left_out)
{
    const struct optimizer optimizer = {{.kind = OPTIMIZER_SGD}, {NULL}};
    struct optimizer_scalars scalars = optimizer_scalars(&optimizer.settings, 1, 1, 1);
    float w[3] = {INFINITY, 1, -INFINITY}, sum[3] = {1, 1, 1};
    for (enum level level = LEVEL_BASE; level < N_LEVELS; level++)
        if (level_runs(level))
            optimizer_step(&optimizer, level, &scalars, w, sum, 0, 3);
    assert_true(w[0] == INFINITY && w[2] == -INFINITY);
}

/* --- bounds ---------------------------------------------------------------------------------- */

static bool allows(const struct optimizer_settings *settings, struct optimizer_bounds *bounds,
    double largest_sum, float scale, double lr)
{
    struct optimizer_scalars scalars = optimizer_scalars(settings, 10, lr, scale);
    return optimizer_allows(settings, &scalars, bounds, largest_sum);
}

/* The bounds refuse a step that would overflow a weight, and let pass any that cannot. */
TEST(steps_that_overflow_are_refused)
{
    const struct optimizer_settings plain = {.kind = OPTIMIZER_SGD}, momentum = {.momentum = 0.9};
    struct optimizer_bounds bounds = {.weight = 1};
    for (int i = 0; i < 1000000; i++)
        assert_true(allows(&plain, &bounds, 1e20, 0.5f, 0.1));
    struct optimizer_bounds before = bounds;
    assert_false(allows(&plain, &bounds, 1e30, 0.5f, 1e10));
    assert_false(allows(&plain, &bounds, (double)INFINITY, 0.5f, 0.1));
    assert_false(allows(&plain, &bounds, (double)NAN, 0.5f, 0.1));
    assert_memory_equal(&bounds, &before, sizeof bounds); /* a refused step leaves no trace */
    assert_true(allows(&plain, &bounds, 1, 0.5f, 0.1));

    /* Momentum gathers; weight decay multiplies what is there. */
    bool allowed = true;
    bounds = (struct optimizer_bounds){.weight = 1};
    for (int i = 0; i < 30 && allowed; i++)
        allowed = allows(&momentum, &bounds, 3e37, 1, 1e-3);
    assert_false(allowed);
    const struct optimizer_settings decay = {.weight_decay = 1e10};
    bounds = (struct optimizer_bounds){.weight = 1e30};
    assert_false(allows(&decay, &bounds, 0, 1, 1));
    bounds = (struct optimizer_bounds){.weight = 1};
    assert_true(allows(&decay, &bounds, 0, 1, 1));
}

/* A square that overflows would freeze its weight for good: refused, unless it is clipped. */
TEST(squares_that_overflow_are_refused)
{
    for (int variant = 0; variant < N_VARIANTS; variant++) {
        const struct optimizer_settings *settings = &variants[variant];
        struct optimizer_bounds bounds = {.weight = 1};
        if (settings->kind == OPTIMIZER_SGD || settings->kind == OPTIMIZER_LION)
            continue;
        struct optimizer_scalars scalars = optimizer_scalars(settings, 10, 1e-3, 1);
        assert_false(optimizer_allows(settings, &scalars, &bounds, 1e23));
        scalars.clip_value = 1;
        assert_true(optimizer_allows(settings, &scalars, &bounds, 1e23));
        scalars.clip_value = INFINITY;
        scalars.clip_factor = 1e-23f;
        assert_true(optimizer_allows(settings, &scalars, &bounds, 1e23));
        assert_false(optimizer_allows(settings, &scalars, &bounds, (double)INFINITY));
    }
}

/* An ordinary run never comes near the bounds, but where decay feeds them back. */
TEST(ordinary_steps_are_allowed_for_long)
{
    for (int variant = 0; variant < N_VARIANTS; variant++) {
        struct optimizer_settings settings = variants[variant];
        struct optimizer_bounds bounds = {.weight = 1};
        if (settings.kind != OPTIMIZER_ADAMW)
            settings.weight_decay = 0;
        for (int i = 0; i < 100000; i++)
            assert_true(allows(&settings, &bounds, 1e6, 1, 0.01));
    }
}

/* Bounds in exact numbers: V <- momentum V + (largest scale + decay W), W <- W + lr V. */
TEST(bounds_by_hand)
{
    const struct optimizer_settings settings = {.momentum = 0.5, .weight_decay = 0.25};
    struct optimizer_bounds bounds = {.weight = 4, .state = {8}};
    assert_true(allows(&settings, &bounds, 6, 0.5f, 2));
    assert_true(bounds.state[0] == 4 + (3 + 1) && bounds.weight == 4 + 2 * 8);
    assert_true(allows(&settings, &bounds, 0, 0.5f, 2));
    assert_true(bounds.state[0] == 4 + 5 && bounds.weight == 20 + 2 * 9);
}

/* No weight and no state that a run of steps makes lies beyond the bounds. */
TEST(the_bounds_hold)
{
    enum { RUNS = 60, LENGTH = 50 };
    static struct holder holder;
    for (uint64_t run = 0; run < RUNS * N_VARIANTS; run++) {
        struct optimizer_settings settings = variants[run % N_VARIANTS];
        float w[N], sum[N], any[4];
        fill_uniform(w, N, run);
        fill_uniform(any, 4, run + 100000);
        if (settings.momentum != 0)
            settings.momentum = fabs((double)any[0]);
        if (settings.weight_decay != 0)
            settings.weight_decay = fabs((double)any[1]);
        double lr = 3 * fabs((double)any[2]);
        float size = ldexpf(1, (int)(40 * any[3])); /* of the gradients */
        struct optimizer_bounds bounds = {.weight = 1};
        hold(&holder, &settings);
        for (int step = 1; step <= LENGTH; step++) {
            fill_uniform(sum, N, run * LENGTH + (uint64_t)step);
            for (int i = 0; i < N; i++)
                sum[i] *= size;
            struct optimizer_scalars scalars = optimizer_scalars(&settings, step, lr, 0.5f);
            if (!optimizer_allows(&settings, &scalars, &bounds, (double)size))
                break;
            optimizer_step(&holder.optimizer, LEVEL_BASE, &scalars, w, sum, 0, N);
            for (int i = 0; i < N; i++) {
                assert_true((double)fabsf(w[i]) <= bounds.weight * (1 + 1e-5));
                for (int s = 0; s < optimizer_states(&settings); s++)
                    assert_true((double)fabsf(holder.state[s][i]) <= bounds.state[s] * (1 + 1e-5));
            }
        }
    }
}

TEST(states_have_pytorchs_names)
{
    const struct optimizer_settings sgd = {.momentum = 0.9}, plain = {.kind = OPTIMIZER_SGD};
    const struct optimizer_settings adam = {.kind = OPTIMIZER_ADAMW};
    const struct optimizer_settings rmsprop = {.kind = OPTIMIZER_RMSPROP, .momentum = 0.1};
    const struct optimizer_settings lion = {.kind = OPTIMIZER_LION};
    assert_int_equal(optimizer_states(&plain), 0);
    assert_int_equal(optimizer_states(&sgd), 1);
    assert_string_equal(optimizer_state_name(&sgd, 0), "momentum_buffer");
    assert_int_equal(optimizer_states(&adam), 2);
    assert_string_equal(optimizer_state_name(&adam, 1), "exp_avg_sq");
    assert_int_equal(optimizer_states(&rmsprop), 2);
    assert_string_equal(optimizer_state_name(&rmsprop, 1), "momentum_buffer");
    assert_int_equal(optimizer_states(&lion), 1);
    assert_string_equal(optimizer_state_name(&lion, 0), "exp_avg");
    const struct optimizer_settings averaged = {.kind = OPTIMIZER_ADAM, .average = 0.5};
    const struct optimizer_settings only = {.kind = OPTIMIZER_SGD, .average = 0.5};
    assert_int_equal(optimizer_states(&averaged), OPTIMIZER_STATES_MAX);
    assert_string_equal(optimizer_state_name(&averaged, 1), "exp_avg_sq");
    assert_string_equal(optimizer_state_name(&averaged, 2), "ema");
    assert_int_equal(optimizer_states(&only), 1);
    assert_string_equal(optimizer_state_name(&only, 0), "ema");
    assert_string_equal(optimizer_words[OPTIMIZER_ADAGRAD], "adagrad");
}
