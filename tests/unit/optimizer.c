#include "optim/optimizer.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
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
    const double factors[][2] = {{0, 0}, {0.9, 0}, {0, 1e-4}, {0.9, 5e-4}};
    float scale = (float)(1.0 / 77), lr = 0.1f;
    for (int variant = 0; variant < 4; variant++) {
        double momentum = factors[variant][0], weight_decay = factors[variant][1];
        for (enum level level = LEVEL_BASE; level < N_LEVELS; level++) {
            for (int n = 1; n <= N && level_runs(level); n += n < 40 ? 1 : 11) {
                struct optimizer optimizer;
                struct error error;
                float w[N], want[N], v[N] = {0}, sum[N];
                fill_uniform(w, n, 1);
                memcpy(want, w, sizeof w);
                assert_int_equal(
                    optimizer_init(&optimizer, n, momentum, weight_decay, 1, &error), STATUS_OK);
                assert_int_equal(optimizer.velocity != NULL, momentum != 0);
                for (int step = 0; step < STEPS; step++) {
                    fill_uniform(sum, n, (uint64_t)step + 9);
                    defined(want, v, sum, scale, lr, (float)momentum, (float)weight_decay, n);
                    optimizer_step(&optimizer, level, w, sum, 0, n, scale, lr);
                    assert_compare(compare_bits(w, want, n, why));
                    if (momentum != 0)
                        assert_compare(compare_bits(optimizer.velocity, v, n, why));
                }
                optimizer_clear(&optimizer);
            }
        }
    }
}

/* Stepped in runs of any cut, the parameters end the same: owners may be many. */
static void runs_use_their_own_state(void **state)
{
    (void)state;
    struct optimizer whole, cut;
    struct error error;
    float w[N], v[N], sum[N];
    fill_uniform(w, N, 1);
    memcpy(v, w, sizeof w);
    assert_int_equal(optimizer_init(&whole, N, 0.9, 1e-3, 1, &error), STATUS_OK);
    assert_int_equal(optimizer_init(&cut, N, 0.9, 1e-3, 1, &error), STATUS_OK);
    for (int step = 0; step < STEPS; step++) {
        fill_uniform(sum, N, (uint64_t)step);
        optimizer_step(&whole, LEVEL_BASE, w, sum, 0, N, 0.5f, 0.1f);
        for (int at = 0; at < N; at += 37) {
            int n = N - at < 37 ? N - at : 37;
            optimizer_step(&cut, LEVEL_BASE, v + at, sum + at, at, n, 0.5f, 0.1f);
        }
        assert_compare(compare_bits(v, w, N, why));
    }
    optimizer_clear(&whole);
    optimizer_clear(&cut);
}

/* w = 1; sums 2 and 4 of 2 samples: g = 1, 2. */
static void by_hand(void **state)
{
    (void)state;
    struct optimizer optimizer;
    struct error error;
    float w = 1, sum = 2;
    assert_int_equal(optimizer_init(&optimizer, 1, 0.5, 0.25, 1, &error), STATUS_OK);
    optimizer_step(&optimizer, LEVEL_BASE, &w, &sum, 0, 1, 0.5f, 0.5f);
    assert_true(optimizer.velocity[0] == 1.25f); /* 1 + 0.25 * 1 */
    assert_true(w == 0.375f);
    sum = 4;
    optimizer_step(&optimizer, LEVEL_BASE, &w, &sum, 0, 1, 0.5f, 0.5f);
    assert_true(optimizer.velocity[0] == 0.625f + 2.09375f);
    assert_true(w == 0.375f - 0.5f * 2.71875f);
    optimizer_clear(&optimizer);
}

/* A factor of 0 leaves its term out, so an infinite weight meets no 0 * inf. */
static void a_term_with_factor_0_is_left_out(void **state)
{
    (void)state;
    struct optimizer optimizer;
    struct error error;
    float w[3] = {INFINITY, 1, -INFINITY}, sum[3] = {1, 1, 1};
    assert_int_equal(optimizer_init(&optimizer, 3, 0, 0, 1, &error), STATUS_OK);
    for (enum level level = LEVEL_BASE; level < N_LEVELS; level++)
        if (level_runs(level))
            optimizer_step(&optimizer, level, w, sum, 0, 3, 1, 1);
    assert_true(w[0] == INFINITY && w[2] == -INFINITY);
    optimizer_clear(&optimizer);
}

static void no_memory(void **state)
{
    (void)state;
    struct optimizer optimizer;
    struct error error;
    memory_inject_failure(1);
    assert_int_equal(optimizer_init(&optimizer, 10, 0.9, 0, 1, &error), STATUS_NO_RESOURCE);
    memory_inject_failure(0);
    assert_int_equal(error.status, STATUS_NO_RESOURCE);
    optimizer_clear(&optimizer); /* nothing is left behind; clearing twice is fine */
    optimizer_clear(&optimizer);
}

/* The bounds refuse a step that would overflow a weight, and let pass any that cannot. */
static void steps_that_overflow_are_refused(void **state)
{
    struct optimizer optimizer;
    struct error error;
    (void)state;
    assert_int_equal(optimizer_init(&optimizer, 1, 0, 0, 1, &error), STATUS_OK);
    for (int i = 0; i < 1000000; i++)
        assert_true(optimizer_allows(&optimizer, 1e20f, 0.5f, 0.1f));
    assert_false(optimizer_allows(&optimizer, 1e30f, 0.5f, 1e10f));
    assert_false(optimizer_allows(&optimizer, INFINITY, 0.5f, 0.1f));
    assert_true(optimizer_allows(&optimizer, 1, 0.5f, 0.1f)); /* a refused step leaves no trace */

    /* Momentum gathers; weight decay multiplies what is there. */
    assert_int_equal(optimizer_init(&optimizer, 1, 0.9, 0, 1, &error), STATUS_OK);
    bool allowed = true;
    for (int i = 0; i < 30 && allowed; i++)
        allowed = optimizer_allows(&optimizer, 3e37f, 1, 1e-3f);
    assert_false(allowed);
    optimizer_clear(&optimizer);
    assert_int_equal(optimizer_init(&optimizer, 1, 0, 1e10, 1e30f, &error), STATUS_OK);
    assert_false(optimizer_allows(&optimizer, 0, 1, 1));
    optimizer_rebound(&optimizer, 1, 0);
    assert_true(optimizer_allows(&optimizer, 0, 1, 1));
    optimizer_clear(&optimizer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_that_overflow_are_refused),
        cmocka_unit_test(steps_are_the_definition_at_every_level),
        cmocka_unit_test(runs_use_their_own_state),
        cmocka_unit_test(by_hand),
        cmocka_unit_test(a_term_with_factor_0_is_left_out),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
