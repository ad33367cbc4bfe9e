#include "optim/optimizer.h"

#include <math.h>

#include "support/fill.h"
#include "support/unit.h"

enum { N = 5000 };

static struct optimizer_scalars scalars_of(float scale, float value, float factor)
{
    return (struct optimizer_scalars){.scale = scale, .clip_value = value, .clip_factor = factor};
}

/* The three operations, one by one. */
static float defined(float sum, float scale, float value, float factor)
{
    float g = sum * scale;
    if (g > value)
        g = value;
    if (g < -value)
        g = -value;
    return g * factor;
}

TEST(runs_are_the_definition_at_every_level)
{
    static const float value[] = {INFINITY, 0.25f, 1e-3f}, factor[] = {1, 0.3f};
    static float sum[N], want[N], got[N];
    fill_uniform(sum, N, 1);
    for (int v = 0; v < 3; v++)
        for (int f = 0; f < 2; f++)
            for (int n = 1; n < N; n += n < 40 ? 1 : 487) {
                struct optimizer_scalars scalars = scalars_of(1.0f / 3, value[v], factor[f]);
                for (int i = 0; i < n; i++)
                    want[i] = defined(sum[i], 1.0f / 3, value[v], factor[f]);
                for (enum level level = LEVEL_BASE; level < N_LEVELS; level++)
                    if (level_runs(level)) {
                        clip_run(got, sum, n, &scalars, level);
                        assert_compare(compare_bits(got, want, n, why));
                    }
            }
}

TEST(a_nan_passes)
{
    struct optimizer_scalars scalars = scalars_of(1, 0.5f, 1);
    float x[3] = {NAN, INFINITY, -INFINITY};
    clip_run(x, (const float[]){NAN, INFINITY, -INFINITY}, 3, &scalars, LEVEL_BASE);
    assert_true(isnan(x[0]) && x[1] == 0.5f && x[2] == -0.5f);
}

/* torch.nn.utils.clip_grad_norm_ of (3, 4) by 1: 5 -> 1 / (5 + 1e-6). */
TEST(factors_by_hand)
{
    const struct clip one = {.norm = 1}, none = {.value = 1};
    assert_true(clip_factor(&one, 5) == (float)(1 / 5.000001));
    assert_true(clip_factor(&one, 1) == (float)(1 / 1.000001));
    assert_true(clip_factor(&one, 0.999) == 1 && clip_factor(&one, 0) == 1);
    assert_true(clip_factor(&one, (double)INFINITY) == 0);
    assert_true(clip_factor(&none, 5) == 1);
}

/* The squares are those of what clip_run makes. */
TEST(squares_of_the_clipped_mean)
{
    static float sum[N], g[N];
    struct optimizer_scalars scalars = scalars_of(1.0f / 7, 0.1f, 1);
    struct exact_sum got = exact_sum_zero(), want = exact_sum_zero();
    fill_uniform(sum, N, 4);
    clip_run(g, sum, N, &scalars, LEVEL_BASE);
    exact_sum_add_squares(&want, g, N, LEVEL_BASE);
    clip_add_squares(&got, sum, N, &scalars, LEVEL_BASE);
    assert_memory_equal(&got, &want, sizeof got);
    double squares = 0;
    for (int i = 0; i < N; i++)
        squares += (double)g[i] * (double)g[i];
    assert_true(fabs(exact_sum_value(&got) / squares - 1) < 1e-12);
}
