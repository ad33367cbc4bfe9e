#include "optim/optimizer.h"

#include <math.h>
#include <string.h>

#include "support/fill.h"
#include "support/unit.h"

enum { N = 150, STEPS = 3 };

/* optimizer.h's four lines. */
static void defined(float *w, float *v, const float *sum, float scale, float lr, float momentum,
    float weight_decay, int n)
{
    for (int i = 0; i < n; i++) {
        float g = sum[i] * scale;
        if (weight_decay != 0)
            g = g + weight_decay * w[i];
        if (momentum != 0)
            g = v[i] = momentum * v[i] + g;
        w[i] = w[i] - lr * g;
    }
}

static void steps_are_the_definition_at_every_level(void **state)
{
    (void)state;
    const float factors[][2] = {{0, 0}, {0.9f, 0}, {0, 1e-4f}, {0.9f, 5e-4f}};
    float scale = (float)(1.0 / 77), lr = 0.1f;
    for (int variant = 0; variant < 4; variant++) {
        float momentum = factors[variant][0], weight_decay = factors[variant][1];
        for (enum level level = LEVEL_BASE; level < N_LEVELS; level++) {
            for (int n = 1; n <= N && level_runs(level); n += n < 40 ? 1 : 11) {
                float w[N], want[N], v[N] = {0}, velocity[N] = {0}, sum[N];
                const struct optimizer optimizer = {
                    momentum, weight_decay, momentum != 0 ? velocity : NULL};
                fill_uniform(w, n, 1);
                memcpy(want, w, sizeof w);
                for (int step = 0; step < STEPS; step++) {
                    fill_uniform(sum, n, (uint64_t)step + 9);
                    defined(want, v, sum, scale, lr, momentum, weight_decay, n);
                    optimizer_step(&optimizer, level, w, sum, 0, n, scale, lr);
                    assert_compare(compare_bits(w, want, n, why));
                    if (momentum != 0)
                        assert_compare(compare_bits(velocity, v, n, why));
                    else
                        assert_memory_equal(velocity, v, sizeof v);
                }
            }
        }
    }
}

/* Stepped in runs of any cut, the parameters end the same: owners may be many. */
static void runs_use_their_own_state(void **state)
{
    (void)state;
    float w[N], v[N], sum[N], whole_velocity[N] = {0}, cut_velocity[N] = {0};
    const struct optimizer whole = {0.9f, 1e-3f, whole_velocity};
    const struct optimizer cut = {0.9f, 1e-3f, cut_velocity};
    fill_uniform(w, N, 1);
    memcpy(v, w, sizeof w);
    for (int step = 0; step < STEPS; step++) {
        fill_uniform(sum, N, (uint64_t)step);
        optimizer_step(&whole, LEVEL_BASE, w, sum, 0, N, 0.5f, 0.1f);
        for (int at = 0; at < N; at += 37) {
            int n = N - at < 37 ? N - at : 37;
            optimizer_step(&cut, LEVEL_BASE, v + at, sum + at, at, n, 0.5f, 0.1f);
        }
        assert_compare(compare_bits(v, w, N, why));
        assert_compare(compare_bits(cut_velocity, whole_velocity, N, why));
    }
}

/* w = 1; sums 2 and 4 of 2 samples: g = 1, 2. */
static void by_hand(void **state)
{
    (void)state;
    float w = 1, sum = 2, velocity = 0;
    const struct optimizer optimizer = {0.5f, 0.25f, &velocity};
    optimizer_step(&optimizer, LEVEL_BASE, &w, &sum, 0, 1, 0.5f, 0.5f);
    assert_true(velocity == 1.25f); /* 1 + 0.25 * 1 */
    assert_true(w == 0.375f);
    sum = 4;
    optimizer_step(&optimizer, LEVEL_BASE, &w, &sum, 0, 1, 0.5f, 0.5f);
    assert_true(velocity == 0.625f + 2.09375f);
    assert_true(w == 0.375f - 0.5f * 2.71875f);
}

/* A factor of 0 leaves its term out, so an infinite weight meets no 0 * inf. */
static void a_term_with_factor_0_is_left_out(void **state)
{
    (void)state;
    const struct optimizer optimizer = {0, 0, NULL};
    float w[3] = {INFINITY, 1, -INFINITY}, sum[3] = {1, 1, 1};
    for (enum level level = LEVEL_BASE; level < N_LEVELS; level++)
        if (level_runs(level))
            optimizer_step(&optimizer, level, w, sum, 0, 3, 1, 1);
    assert_true(w[0] == INFINITY && w[2] == -INFINITY);
}

/* The bounds refuse a step that would overflow a weight, and let pass any that cannot. */
static void steps_that_overflow_are_refused(void **state)
{
    const struct optimizer plain = {0, 0, NULL}, momentum = {0.9f, 0, NULL};
    struct optimizer_bounds bounds = {0, 1};
    (void)state;
    for (int i = 0; i < 1000000; i++)
        assert_true(optimizer_allows(&plain, &bounds, 1e20, 0.5f, 0.1f));
    struct optimizer_bounds before = bounds;
    assert_false(optimizer_allows(&plain, &bounds, 1e30, 0.5f, 1e10f));
    assert_false(optimizer_allows(&plain, &bounds, (double)INFINITY, 0.5f, 0.1f));
    assert_false(optimizer_allows(&plain, &bounds, (double)NAN, 0.5f, 0.1f));
    assert_memory_equal(&bounds, &before, sizeof bounds); /* a refused step leaves no trace */
    assert_true(optimizer_allows(&plain, &bounds, 1, 0.5f, 0.1f));

    /* Momentum gathers; weight decay multiplies what is there. */
    bool allowed = true;
    bounds = (struct optimizer_bounds){0, 1};
    for (int i = 0; i < 30 && allowed; i++)
        allowed = optimizer_allows(&momentum, &bounds, 3e37, 1, 1e-3f);
    assert_false(allowed);
    const struct optimizer decay = {0, 1e10f, NULL};
    bounds = (struct optimizer_bounds){0, 1e30};
    assert_false(optimizer_allows(&decay, &bounds, 0, 1, 1));
    bounds = (struct optimizer_bounds){0, 1};
    assert_true(optimizer_allows(&decay, &bounds, 0, 1, 1));
}

/* Bounds in exact numbers: V <- momentum V + (largest scale + decay W), W <- W + lr V. */
static void bounds_by_hand(void **state)
{
    const struct optimizer optimizer = {0.5f, 0.25f, NULL};
    struct optimizer_bounds bounds = {8, 4};
    (void)state;
    assert_true(optimizer_allows(&optimizer, &bounds, 6, 0.5f, 2));
    assert_true(bounds.velocity == 4 + (3 + 1) && bounds.weight == 4 + 2 * 8);
    assert_true(optimizer_allows(&optimizer, &bounds, 0, 0.5f, 2));
    assert_true(bounds.velocity == 4 + 5 && bounds.weight == 20 + 2 * 9);
}

/* No weight and no velocity that a run of steps makes lies beyond the bounds. */
static void the_bounds_hold(void **state)
{
    enum { RUNS = 60, LENGTH = 50 };
    (void)state;
    for (uint64_t run = 0; run < RUNS; run++) {
        float w[N], sum[N], velocity[N] = {0}, any[3];
        fill_uniform(w, N, run);
        fill_uniform(any, 3, run + 1000);
        struct optimizer optimizer = {fabsf(any[0]), fabsf(any[1]), velocity};
        float lr = 3 * fabsf(any[2]);
        struct optimizer_bounds bounds = {0, 1};
        for (uint64_t step = 0; step < LENGTH; step++) {
            fill_uniform(sum, N, run * LENGTH + step);
            if (!optimizer_allows(&optimizer, &bounds, 1, 0.5f, lr))
                break;
            optimizer_step(&optimizer, LEVEL_BASE, w, sum, 0, N, 0.5f, lr);
            for (int i = 0; i < N; i++)
                assert_true((double)fabsf(w[i]) <= bounds.weight * (1 + 1e-5) &&
                            (double)fabsf(velocity[i]) <= bounds.velocity * (1 + 1e-5));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_that_overflow_are_refused),
        cmocka_unit_test(steps_are_the_definition_at_every_level),
        cmocka_unit_test(runs_use_their_own_state),
        cmocka_unit_test(by_hand),
        cmocka_unit_test(a_term_with_factor_0_is_left_out),
        cmocka_unit_test(bounds_by_hand),
        cmocka_unit_test(the_bounds_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
