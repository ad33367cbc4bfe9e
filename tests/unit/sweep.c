/* What a sweep says of its runs: made-up runs on known curves. */
#include "study/sweep_advice.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/simulation.h"
#include "support/unit.h"

enum { RUNS = 64, BATCHES = 9, SAMPLES = 16384 }; /* a multiple of all batch sizes */
static const double NOTHING = (double)NAN;

static struct sweep_run runs[RUNS];
static struct sweep_batch batches[BATCHES];

/* A sweep of `n` batch sizes 32, 64, ... to val_accuracy 0.9. */
static struct sweep begin(int n)
{
    struct sweep sweep = {.run = runs, .batch = batches, .batches = n};
    sweep.facts = (struct sweep_facts){.has_target = true,
        .metric = {METRIC_VALIDATION, METRIC_ACCURACY},
        .goal = 0.9,
        .first_seed = 1,
        .seeds = 1,
        .lr_scale = "none",
        .train_samples = SAMPLES};
    memset(batches, 0, sizeof batches);
    for (int i = 0; i < n; i++)
        batches[i].batch = 32 << i;
    return sweep;
}

/* One that took so many steps, at so many samples a second; steps 0: the target was not reached. */
static struct sweep_run *add(
    struct sweep *sweep, int64_t batch, double lr, int64_t seed, double steps, double rate)
{
    struct sweep_run *run = &sweep->run[sweep->runs++];
    *run = (struct sweep_run){.batch = batch,
        .lr = lr,
        .seed = seed,
        .reached = steps > 0,
        .steps_done = steps > 0 ? (int64_t)steps : 100,
        .steps_per_epoch = SAMPLES / batch,
        .workers = 4,
        .workers_busy = 4};
    for (int f = 0; f < N_SWEEP_FIGURES; f++)
        run->figure[f] = NOTHING;
    run->figure[SWEEP_SECONDS_PER_STEP] = (double)batch / rate;
    sweep->facts.seeds = seed > sweep->facts.seeds ? seed : sweep->facts.seeds;
    run->figure[SWEEP_METRIC] = steps > 0 ? 0.9 : 0.8;
    if (steps > 0) {
        run->figure[SWEEP_STEPS_TO_TARGET] = steps;
        run->figure[SWEEP_SAMPLES_TO_TARGET] = steps * (double)batch;
        run->figure[SWEEP_SECONDS_TO_TARGET] = steps * (double)batch / rate;
    }
    return run;
}

static void advise(struct sweep *sweep)
{
    struct error error;
    assert_int_equal(sweep_summarise(sweep, &error), STATUS_OK);
    sweep_advise(sweep);
}

/* S = 100 + 50000 / B: the critical batch is 500. */
static double steps_at(int64_t batch)
{
    return 100 + 50000 / (double)batch;
}

static bool warned(const struct sweep *sweep, const char *what)
{
    for (int i = 0; i < sweep->warnings; i++)
        if (strstr(sweep->warning[i], what))
            return true;
    return false;
}

static void add_evaluations(struct sweep_run *run, const struct sweep_facts *facts,
    const struct sweep_evaluation *evaluation, int n)
{
    for (int i = 0; i < n; i++)
        sweep_run_add_evaluation(
            run, facts, i > 0 ? &evaluation[i - 1] : NULL, &evaluation[i], 1000);
}

/* Evaluations 0.5, 0.8, 1.0 at steps 10, 20, 30: 0.9 lies half-way from the second to the third. */
TEST(crossing)
{
    struct sweep sweep = begin(1);
    const struct sweep_evaluation falls[] = {{10, 320, 1, 4}, {20, 640, 2, 1}};
    const struct sweep_evaluation rises[] = {
        {10, 320, 1, 0.5}, {20, 640, 2, 0.8}, {30, 960, 4, 1.0}, {40, 1280, 8, 0.7}};
    struct sweep_run *run = add(&sweep, 32, 1, 1, 0, 1);
    run->figure[SWEEP_METRIC] = NOTHING;
    add_evaluations(run, &sweep.facts, rises, 4);
    assert_true(run->reached && !run->coarse);
    assert_near(run->figure[SWEEP_STEPS_TO_TARGET], 25, 1e-12);
    assert_near(run->figure[SWEEP_SAMPLES_TO_TARGET], 800, 1e-9);
    assert_near(run->figure[SWEEP_SECONDS_TO_TARGET], 3, 1e-12);
    assert_near(run->figure[SWEEP_EPOCHS_TO_TARGET], 0.8, 1e-12);
    assert_true(run->figure[SWEEP_METRIC] == 1.0);

    run = add(&sweep, 32, 1, 1, 0, 1);
    run->figure[SWEEP_METRIC] = NOTHING;
    add_evaluations(run, &sweep.facts, rises, 2);
    assert_true(!run->reached && run->figure[SWEEP_METRIC] == 0.8);
    add_evaluations(run, &sweep.facts, rises + 2, 1); /* at the first: a bound */
    assert_true(run->reached && run->coarse && run->figure[SWEEP_STEPS_TO_TARGET] == 30);

    /* Given up at the first evaluation after step 15, and not reached after that. */
    run = add(&sweep, 32, 1, 1, 0, 1);
    run->figure[SWEEP_METRIC] = NOTHING;
    run->give_up_steps = 15;
    run->diverged = true;
    add_evaluations(run, &sweep.facts, rises, 4);
    assert_true(run->given_up && !run->reached && !run->diverged && run->steps_done == 20);
    assert_true(run->figure[SWEEP_METRIC] == 0.8);
    assert_near(run->epochs_done, 0.64, 1e-12);

    const struct sweep_evaluation late[] = {{10, 320, 1, 0.5}, {20, 640, 2, 0.9}};
    run = add(&sweep, 32, 1, 1, 0, 1);
    run->figure[SWEEP_METRIC] = NOTHING;
    run->give_up_steps = 15;
    add_evaluations(
        run, &sweep.facts, late, 2); /* reached at the evaluation that would give it up */
    assert_true(run->reached && !run->given_up);

    sweep.facts.metric.metric = METRIC_LOSS;
    sweep.facts.goal = 2;
    run = add(&sweep, 32, 1, 1, 0, 1);
    run->figure[SWEEP_METRIC] = NOTHING;
    add_evaluations(run, &sweep.facts, falls, 2);
    assert_near(run->figure[SWEEP_STEPS_TO_TARGET], 10 + 10 * 2.0 / 3, 1e-12);
    assert_true(run->figure[SWEEP_METRIC] == 1);
}

TEST(known_curve)
{
    struct sweep sweep = begin(BATCHES);
    for (int i = 0; i < BATCHES; i++)
        add(&sweep, 32 << i, 0.1, 1, steps_at(32 << i), 1e5);
    sweep.run[2].figure[SWEEP_NOISE_SCALE] = 300;
    sweep.run[3].figure[SWEEP_NOISE_SCALE] = 200;
    sweep.run[4].figure[SWEEP_NOISE_SCALE] = 250;
    advise(&sweep);
    assert_true(sweep.fitted);
    assert_near(sweep.fit.critical_batch.value, 500, 1e-6);
    assert_int_equal(sweep.batch[1].regime, REGIME_PERFECT);     /* 64 */
    assert_int_equal(sweep.batch[3].regime, REGIME_DIMINISHING); /* 256 */
    assert_int_equal(sweep.batch[7].regime, REGIME_NO_GAIN);     /* 4096 */
    assert_near(sweep.noise_scale, 250, 0);
    assert_near(sweep.agreement_factor, 2, 1e-8);
    assert_false(warned(&sweep, "noise scale"));
    assert_true(warned(&sweep, "the rate was not retuned"));
    assert_int_equal(sweep.warnings, 1);
}

/* Rates of the machine that grow with B and saturate. S B / rate is least at 256 of these. */
TEST(recommendation)
{
    struct sweep sweep = begin(6); /* 32 ... 1024 */
    static const double rate[] = {1e4, 2e4, 4e4, 7e4, 8e4, 8e4};
    double least = INFINITY;
    int64_t soonest = 0;
    for (int i = 0; i < 6; i++) {
        double seconds = steps_at(32 << i) * (32 << i) / rate[i];
        add(&sweep, 32 << i, 0.1, 1, steps_at(32 << i), rate[i]);
        if (seconds < least) {
            least = seconds;
            soonest = 32 << i;
        }
    }
    advise(&sweep);
    assert_int_equal(soonest, 256);
    assert_int_equal(sweep.soonest.batch, 256);
    assert_near(sweep.soonest.seconds, least, 1e-12);
    assert_int_equal(sweep.thriftiest.batch, 32); /* 53,200 samples; 64 takes 6 % more */
    assert_near(sweep.thriftiest.samples, 53200, 1e-6);
}

/* The least time is the headline, and sizes that differ from it by less than the noise are named.
 * With one seed, the noise is 5 %. */
TEST(ties_are_named)
{
    struct sweep sweep = begin(3);
    add(&sweep, 32, 0.1, 1, 1000, 1e4);   /* 32,000 samples, 3.2 s */
    add(&sweep, 64, 0.1, 1, 520, 1.05e4); /* 33,280 samples, 3.17 s */
    add(&sweep, 128, 0.1, 1, 300, 1.1e4); /* 38,400 samples, 3.49 s */
    advise(&sweep);
    assert_int_equal(sweep.soonest.batch, 64);
    assert_near(sweep.soonest.seconds, 520 * 64 / 1.05e4, 1e-9);
    assert_int_equal(sweep.soonest.ties, 1);
    assert_int_equal(sweep.soonest.tie[0], 32);
    assert_string_equal(sweep.soonest.why,
        "B = 32 is equally fast within the noise; B = 64 uses the fewest steps of these");
    assert_int_equal(sweep.thriftiest.batch, 32);
    assert_int_equal(sweep.thriftiest.tie[0], 64);
}

/* Three seeds that scatter alike at all sizes: their differences decide, not their scatter. */
TEST(ties_by_pairs)
{
    static const double seed[] = {0.7, 1, 1.4}, other[] = {1.4, 0.7, 1};
    struct sweep sweep = begin(2);
    for (int s = 0; s < 3; s++) {
        add(&sweep, 32, 0.1, s + 1, 1000 * seed[s], 1e4);
        add(&sweep, 64, 0.1, s + 1, 450 * seed[s], 1e4); /* 10 % fewer samples, for each seed */
    }
    advise(&sweep);
    assert_int_equal(sweep.soonest.batch, 64);
    assert_int_equal(sweep.soonest.ties, 0);
    assert_string_equal(sweep.soonest.why, "");
    for (int s = 0; s < 3; s++) /* the same steps in another order */
        sweep.run[2 * s + 1].figure[SWEEP_STEPS_TO_TARGET] = 450 * other[s];
    advise(&sweep);
    assert_int_equal(sweep.soonest.batch, 64);
    assert_int_equal(sweep.soonest.ties, 1);

    /* Without pairs, the scatter decides. */
    sweep.run[2].seed = 4;
    sweep.run[4].seed = 5;
    sweep.facts.seeds = 5;
    advise(&sweep);
    assert_int_equal(sweep.soonest.ties, 1);
}

/* The time is the steps at the median time per step: one slow run does not matter. */
TEST(time_per_step)
{
    struct sweep sweep = begin(1);
    add(&sweep, 32, 0.1, 1, 100, 1e4);
    add(&sweep, 32, 0.1, 2, 400, 1e4);
    add(&sweep, 32, 0.1, 3, 200, 1e2)->figure[SWEEP_SECONDS_TO_TARGET] = 64;
    advise(&sweep);
    assert_near(sweep.batch[0].figure[SWEEP_STEPS_TO_TARGET].middle, 200, 1e-9);
    assert_near(sweep.batch[0].figure[SWEEP_SECONDS_TO_TARGET].middle, 200 * 32 / 1e4, 1e-9);
    assert_near(sweep.batch[0].figure[SWEEP_SECONDS_TO_TARGET].most, 400 * 32 / 1e4, 1e-9);
    assert_near(sweep.batch[0].figure[SWEEP_SAMPLES_PER_SECOND].middle, 1e4, 1e-9);
    assert_near(sweep.batch[0].figure[SWEEP_SAMPLES_TO_TARGET].middle, 200 * 32, 1e-9);
    assert_near(sweep.batch[0].figure[SWEEP_EPOCHS_TO_TARGET].middle, 200.0 * 32 / SAMPLES, 1e-12);
}

/* A run that did not reach the target is censored: the centre is larger than that of the others, and
 * is not determined if it is half of them. */
TEST(censored_seeds)
{
    struct sweep sweep = begin(1);
    for (int s = 1; s <= 4; s++)
        add(&sweep, 32, 0.1, s, 900 + 50 * s, 1e4);
    sweep.run[1].reached = false;
    sweep.run[1].steps_done = 1100;
    advise(&sweep);
    const struct sweep_batch *batch = sweep.batch;
    assert_true(batch->figure[SWEEP_STEPS_TO_TARGET].middle > 1030);
    assert_true(batch->steps.low < batch->steps.value && batch->steps.value < batch->steps.high);
    assert_int_equal(sweep.scatter.freedom, 2);
    assert_int_equal(sweep.soonest.batch, 0);
    sweep.run[2].reached = false;
    sweep.run[2].steps_done = 1100;
    advise(&sweep);
    assert_int_equal(batch->figure[SWEEP_STEPS_TO_TARGET].n, 0);
}

TEST(far_seed)
{
    struct sweep sweep = begin(3);
    for (int i = 0; i < 3; i++)
        for (int s = 1; s <= 3; s++)
            add(&sweep, 32 << i, 0.1, s, steps_at(32 << i) * (1 + 0.05 * s), 1e4);
    sweep.run[4].figure[SWEEP_STEPS_TO_TARGET] *= 2;
    advise(&sweep);
    assert_true(warned(&sweep, "B = 64, seed 2: 1,939 steps to the target, far from the other"));
    for (int i = 0; i < 9; i++)
        assert_int_equal(sweep.run[i].far, i == 4);
}

TEST(nothing_reached)
{
    struct sweep sweep = begin(3);
    for (int i = 0; i < 3; i++)
        add(&sweep, 32 << i, 0.1, 1, 0, 1e4)->figure[SWEEP_METRIC] = 0.8 + 0.01 * (i == 1);
    advise(&sweep);
    assert_false(sweep.fitted);
    assert_int_equal(sweep.soonest.batch, 0);
    assert_int_equal(sweep.thriftiest.batch, 0);
    assert_true(warned(
        &sweep, "no batch size reached the target: the nearest was B = 64 with val_accuracy 0.81"));
    assert_true(warned(&sweep, "B = 32, 64, 128: the target was not reached"));
}

/* Runs that reached the target before their first evaluation, and those that missed it, are censored
 * in the fit. */
TEST(what_counts)
{
    struct sweep sweep = begin(5);
    for (int i = 0; i < 5; i++)
        for (int s = 1; s <= 2; s++)
            add(&sweep, 32 << i, 0.1, s, steps_at(32 << i), 1e4);
    sweep.run[1].reached = false;
    sweep.run[2].coarse = true;
    sweep.run[8].workers_busy = sweep.run[9].workers_busy = 1;
    sweep.run[9].workers = 2;
    sweep.run[7].figure[SWEEP_SECONDS_PER_STEP] = 256 / 1.3e4;
    advise(&sweep);
    assert_string_equal(sweep.fit_why, "");
    assert_true(sweep.fitted);
    assert_int_equal(sweep.fit.points, 8);
    assert_int_equal(sweep.fit.missed, 1);
    assert_int_equal(sweep.fit.coarse, 1);
    assert_true(warned(&sweep, "B = 32: not all runs reached the target"));
    assert_int_equal(sweep.batch[1].figure[SWEEP_STEPS_TO_TARGET].n, 0);
    assert_true(warned(&sweep, "B = 64: the first evaluation had already reached the target"));
    assert_true(warned(&sweep, "B = 512: a step does not have work for all workers"));
    assert_true(warned(&sweep, "B = 256: samples per second differ by more than 20 %"));
    assert_true(warned(&sweep, "some runs had 4 workers and some 2"));
    assert_int_equal(sweep.thriftiest.batch, 128); /* a bound can not be recommended */

    sweep.facts.has_target = false;
    advise(&sweep);
    assert_false(sweep.fitted);
    assert_string_equal(sweep.fit_why, "there is no --target to count steps to");
}

/* Steps that do not depend on the batch: no critical batch to speak of. */
TEST(a_fit_that_tells_nothing)
{
    static const double noise[] = {1.1, 0.9, 1.05, 0.95, 1};
    struct sweep sweep = begin(5);
    for (int i = 0; i < 5; i++)
        add(&sweep, 32 << i, 0.1, 1, 100 * noise[i], 1e4);
    advise(&sweep);
    assert_false(sweep.fitted);
    assert_says(sweep.fit_why, "the critical batch size is not determined");
    for (int i = 0; i < 5; i++)
        assert_int_equal(sweep.batch[i].regime, REGIME_UNKNOWN);
}

TEST(divergence_is_told)
{
    struct sweep sweep = begin(5);
    for (int i = 0; i < 5; i++)
        add(&sweep, 32 << i, 0.1, 1, steps_at(32 << i), 1e4);
    sweep.run[3].diverged = true;
    sweep.run[3].reached = false;
    advise(&sweep);
    assert_true(warned(&sweep, "B = 256: runs diverged even with the best rate"));
    assert_false(warned(&sweep, "B = 256: the target was not reached"));
}
