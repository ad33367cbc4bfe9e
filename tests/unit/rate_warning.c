/* Rates that vanish before half of the run are found; others are not warned about. */
#include "report/rate_warning.h"

#include <string.h>

#include "support/unit.h"

static const struct schedule usual = {
    .lr = 0.1, .total_steps = 1000, .steps_per_epoch = 100, .gamma = 0.1, .power = 1};

static void assert_warns(const struct schedule *schedule, const char *says, const char *advises)
{
    char text[RATE_WARNING_TEXT], cure[RATE_WARNING_TEXT];
    assert_true(rate_warning(schedule, OPTIMIZER_SGD, text, cure));
    if (!strstr(text, says) || !strstr(cure, advises))
        fail_msg("\"%s\" (%s) instead of \"%s\" (%s)", text, cure, says, advises);
}

static void assert_silent(const struct schedule *schedule)
{
    char text[RATE_WARNING_TEXT], cure[RATE_WARNING_TEXT];
    if (rate_warning(schedule, OPTIMIZER_SGD, text, cure))
        fail_msg("%s (%s)", text, cure);
}

TEST(vanishing_rates)
{
    struct schedule schedule = usual;
    schedule.kind = SCHEDULE_STEP;
    schedule.step_size = 30; /* 0.1^6 is not below a millionth in steps 181-210; 0.1^7 is */
    assert_warns(&schedule,
        "the learning rate, multiplied by 0.1 every 30 steps, is below a millionth of its peak "
        "from step 211 of 1,000 on",
        "epochs are written --step-size 30ep");
    schedule.warmup = 50;
    assert_warns(&schedule, "from step 261 of 1,000 on", "--step-size 30ep");
    schedule.warmup = 0;
    schedule.total_steps = 2000;
    schedule.step_size = 100;
    assert_warns(&schedule, "every 100 steps", "a larger --step-size or --gamma");
    schedule.kind = SCHEDULE_EXPONENTIAL;
    schedule.gamma = 0.95;
    assert_warns(&schedule, "multiplied by 0.95 at every step", "--schedule-by epoch");
    schedule.kind = SCHEDULE_POLYNOMIAL;
    schedule.power = 50;
    assert_warns(&schedule, "falling with --power 50", "a smaller --power");
    schedule.kind = SCHEDULE_MULTISTEP;
    schedule.n_milestones = 7;
    for (int i = 0; i < 7; i++)
        schedule.milestone[i] = 5 * i + 5;
    schedule.gamma = 0.1;
    assert_warns(&schedule,
        "at each of 7 milestones, in steps, is below a millionth of its peak "
        "from step 36 of 2,000",
        "--milestones 10ep,15ep");
}

TEST(high_rates)
{
    char text[RATE_WARNING_TEXT], cure[RATE_WARNING_TEXT];
    struct schedule schedule = usual;
    for (int kind = 0; kind < N_OPTIMIZERS; kind++) {
        bool adam = kind == OPTIMIZER_ADAM || kind == OPTIMIZER_ADAMW;
        schedule.lr = 0.02;
        assert_false(rate_warning(&schedule, (enum optimizer_kind)kind, text, cure));
        schedule.lr = 0.021;
        assert_true(rate_warning(&schedule, (enum optimizer_kind)kind, text, cure) == adam);
    }
    assert_true(rate_warning(&schedule, OPTIMIZER_ADAMW, text, cure));
    if (!strstr(text, "the learning rate 0.021 is high for adamw"))
        fail_msg("%s", text);
}

TEST(other_rates)
{
    for (int kind = 0; kind < N_SCHEDULES; kind++)
        for (int by_epoch = 0; by_epoch < 2; by_epoch++) {
            struct schedule schedule = usual;
            schedule.kind = (enum schedule_kind)kind;
            schedule.by_epoch = by_epoch;
            schedule.gamma = kind == SCHEDULE_EXPONENTIAL ? 0.99 : 0.1;
            schedule.step_size = 100;
            schedule.n_milestones = 2;
            schedule.milestone[0] = 100;
            schedule.milestone[1] = 200;
            schedule.pct_start = 0.3;
            schedule.div_factor = 25;
            schedule.final_div_factor = 1e10;
            assert_silent(&schedule);
            schedule.warmup = 1000; /* the run ends with its warm-up */
            assert_silent(&schedule);
        }
    struct schedule schedule = usual;
    schedule.kind = SCHEDULE_STEP;
    schedule.step_size = 71; /* from step 498 on */
    assert_warns(&schedule, "from step 498 of", "71ep");
    schedule.step_size = 72; /* from step 505 on: in the second half */
    assert_silent(&schedule);
    schedule.total_steps = 1;
    assert_silent(&schedule);
}
