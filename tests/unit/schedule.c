/* schedule.c: the textbook's rates, the ends of things, and pure functions. PyTorch's own numbers
 * are in golden_optim.c.
 */
#include "optim/schedule.h"

#include <math.h>

#include "support/fill.h"
#include "support/reference.h"
#include "support/unit.h"

/* 5 epochs of 313 steps, as 60,000 samples by 192: 1,565 steps. */
enum { TOTAL = 1565, PER_EPOCH = 313 };

static struct schedule make(enum schedule_kind kind)
{
    return (struct schedule){.kind = kind,
        .lr = 0.1,
        .total_steps = TOTAL,
        .steps_per_epoch = PER_EPOCH,
        .step_size = 100,
        .gamma = 0.1,
        .end_factor = 0.01,
        .power = 2,
        .n_milestones = 2,
        .milestone = {300, 1000},
        .pct_start = 0.3,
        .div_factor = 25,
        .final_div_factor = 1e4};
}

static double rate(const struct schedule *schedule, int64_t step)
{
    return schedule_rate(schedule, step, 1);
}

static void assert_near(double got, double want)
{
    if (!(fabs(got - want) <= 1e-14 * fabs(want)))
        fail_msg("%.17g instead of %.17g", got, want);
}

/* StepLR(100, 0.1): step 100 has the old rate, 101 the new; 15 drops in 1,565 steps. */
TEST(step_lr_by_step)
{
    struct schedule schedule = make(SCHEDULE_STEP);
    int drops = 0;
    assert_true(rate(&schedule, 1) == 0.1 && rate(&schedule, 100) == 0.1);
    assert_near(rate(&schedule, 101), 0.01);
    assert_near(rate(&schedule, 200), 0.01);
    assert_near(rate(&schedule, 201), 0.001);
    for (int64_t step = 2; step <= TOTAL; step++) {
        bool drop = rate(&schedule, step) < rate(&schedule, step - 1);
        assert_true(drop == (step % 100 == 1));
        drops += drop;
    }
    assert_int_equal(drops, 15);
    assert_near(rate(&schedule, TOTAL), 0.1 * 1e-15);
}

/* StepLR(100 epochs) drops at epoch 101, and at no step within an epoch. */
TEST(step_lr_by_epoch)
{
    struct schedule schedule = make(SCHEDULE_STEP);
    schedule.by_epoch = true;
    schedule.step_size = 100 * PER_EPOCH;
    schedule.total_steps = TOTAL * PER_EPOCH;
    assert_true(rate(&schedule, 100 * PER_EPOCH) == 0.1);
    assert_near(rate(&schedule, 100 * PER_EPOCH + 1), 0.01);
    int drops = 0;
    for (int64_t step = 2; step <= schedule.total_steps; step++) {
        bool drop = rate(&schedule, step) < rate(&schedule, step - 1);
        assert_true(!drop || step % PER_EPOCH == 1);
        drops += drop;
    }
    assert_int_equal(drops, 15);
}

/* Every kind keeps its rate within an epoch when told so. */
TEST(by_epoch_holds_the_rate)
{
    for (enum schedule_kind kind = SCHEDULE_CONSTANT; kind < N_SCHEDULES; kind++)
        for (int64_t warmup = 0; warmup <= PER_EPOCH + 1; warmup += PER_EPOCH + 1) {
            struct schedule schedule = make(kind);
            schedule.by_epoch = true;
            schedule.warmup = warmup;
            for (int64_t step = 1; step <= TOTAL; step++) {
                int64_t first = (step - 1) / PER_EPOCH * PER_EPOCH + 1;
                assert_true(rate(&schedule, step) == rate(&schedule, first));
            }
            /* a warm-up of an epoch and a step takes two epochs */
            if (warmup > 0)
                assert_near(rate(&schedule, 1), rate(&schedule, PER_EPOCH + 1) / 2);
        }
}

TEST(a_cosine_ends_where_the_run_ends)
{
    struct schedule schedule = make(SCHEDULE_COSINE);
    for (int64_t total = 1; total <= TOTAL; total += 17) {
        schedule.total_steps = total;
        assert_true(rate(&schedule, 1) == 0.1);
        assert_true(rate(&schedule, total + 1) == 0); /* the next step's would be the end */
        assert_true(rate(&schedule, total) > 0);
        double want = 0.1 * pow(sin(acos(-1) / 2 / (double)total), 2);
        assert_true(fabs(rate(&schedule, total) - want) <= 1e-12 * want);
    }
    schedule.total_steps = 100;
    assert_near(rate(&schedule, 51), 0.05); /* half-way */
    schedule.min_lr = 0.02;
    assert_near(rate(&schedule, 51), 0.06);
    assert_true(rate(&schedule, 101) == 0.02 && rate(&schedule, 1000) == 0.02);
    schedule.length = 50;
    assert_near(rate(&schedule, 26), 0.06);
    assert_true(rate(&schedule, 51) == 0.02 && rate(&schedule, 90) == 0.02);
}

TEST(a_warm_up_comes_before_any)
{
    enum { WARMUP = 40 };
    for (enum schedule_kind kind = SCHEDULE_CONSTANT; kind < N_SCHEDULES; kind++) {
        struct schedule plain = make(kind), warm = make(kind);
        warm.warmup = WARMUP;
        warm.total_steps += WARMUP;
        for (int64_t step = 1; step <= WARMUP; step++)
            assert_near(rate(&warm, step), rate(&plain, 1) * (double)step / WARMUP);
        for (int64_t step = 1; step <= TOTAL; step++)
            assert_true(rate(&warm, WARMUP + step) == rate(&plain, step));
    }
}

TEST(a_run_of_nothing_but_warm_up)
{
    for (enum schedule_kind kind = SCHEDULE_CONSTANT; kind < N_SCHEDULES; kind++) {
        struct schedule schedule = make(kind);
        schedule.warmup = schedule.total_steps = 10;
        for (int64_t step = 1; step <= 12; step++)
            assert_true(isfinite(rate(&schedule, step)) && rate(&schedule, step) >= 0);
    }
}

TEST(one_cycle_rises_and_falls)
{
    struct schedule schedule = make(SCHEDULE_ONE_CYCLE);
    schedule.total_steps = 101;
    schedule.pct_start = 0.3; /* turn at k = 0.3 * 101 - 1 = 29.3 */
    assert_near(rate(&schedule, 1), 0.1 / 25);
    assert_near(rate(&schedule, 101), 0.1 / 25 / 1e4);
    assert_true(rate(&schedule, 102) == rate(&schedule, 101));
    for (int64_t step = 2; step <= 30; step++)
        assert_true(rate(&schedule, step) > rate(&schedule, step - 1));
    for (int64_t step = 32; step <= 101; step++)
        assert_true(rate(&schedule, step) < rate(&schedule, step - 1));
    for (int64_t total = 1; total < 8; total++) {
        schedule.total_steps = total;
        for (int64_t step = 1; step <= total; step++)
            assert_true(rate(&schedule, step) > 0 && rate(&schedule, step) <= 0.1);
    }
}

TEST(the_plateaus_factor_multiplies)
{
    struct schedule schedule = make(SCHEDULE_PLATEAU);
    schedule.warmup = 4;
    assert_near(schedule_rate(&schedule, 2, 0.5), 0.1 * 0.5 * 0.5);
    assert_near(schedule_rate(&schedule, 100, 0.5), 0.05);
    assert_true(rate(&schedule, 100) == 0.1);
}

/* All kinds against the scalar reference, which uses libm, over random settings. */
TEST(rates_are_the_references)
{
    for (uint64_t seed = 0; seed < 400; seed++) {
        float any[8];
        fill_uniform(any, 8, seed);
        struct schedule schedule = make((enum schedule_kind)(seed % N_SCHEDULES));
        schedule.by_epoch = any[0] > 0;
        schedule.steps_per_epoch = 1 + (int64_t)(40 * fabs((double)any[1]));
        schedule.total_steps = 80 + (int64_t)(200 * fabs((double)any[2]));
        schedule.warmup = any[3] > 0 ? (int64_t)(20 * any[3]) : 0;
        schedule.length = any[4] > 0.5f ? 1 + (int64_t)(150 * any[4]) : 0;
        schedule.step_size = 1 + (int64_t)(30 * fabs((double)any[5]));
        schedule.gamma = fabs((double)any[6]);
        schedule.power = 3 * fabs((double)any[7]);
        for (int64_t step = 1; step <= schedule.total_steps; step++) {
            double want = reference_rate(&schedule, step);
            /* a one-cycle of its own length rests after it; the reference does not know how */
            if (schedule.kind == SCHEDULE_ONE_CYCLE && schedule.length > 0)
                break;
            if (!(fabs(rate(&schedule, step) - want) <= 1e-14 * schedule.lr))
                fail_msg("seed %d, %s, step %d: %.17g instead of %.17g", (int)seed,
                    schedule_words[schedule.kind], (int)step, rate(&schedule, step), want);
        }
    }
}

TEST(rates_for_another_batch)
{
    assert_true(lr_scaled(0.1, LR_SCALE_NONE, 512, 128) == 0.1);
    assert_true(lr_scaled(0.1, LR_SCALE_LINEAR, 512, 128) == 0.4);
    assert_true(lr_scaled(0.1, LR_SCALE_SQRT, 512, 128) == 0.2);
    assert_true(lr_scaled(0.1, LR_SCALE_LINEAR, 32, 128) == 0.025);
}
