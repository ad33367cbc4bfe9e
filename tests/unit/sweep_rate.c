/* The choice of the rate and the limit at which runs are given up: made-up runs, and whole sweeps
 * simulated on a known curve. */
#include "study/sweep_rate.h"

#include <math.h>
#include <string.h>

#include "support/simulation.h"
#include "support/unit.h"

enum { RUNS = 512, BATCHES = 8, RATES = 5, SAMPLES = 16384, DRAWS = 1000 };
static const double NOTHING = (double)NAN, S_MIN = 400, E_MIN = 2e5;

static struct sweep_run runs[RUNS];
static struct sweep_batch batches[BATCHES];
static const double grid[RATES] = {0.1, 0.2, 0.4, 0.8, 1.6};

static struct sweep begin(int rates, int seeds)
{
    struct sweep sweep = {.run = runs, .batch = batches, .batches = BATCHES};
    sweep.facts = (struct sweep_facts){.has_target = true,
        .metric = {METRIC_VALIDATION, METRIC_ACCURACY},
        .goal = 0.9,
        .first_seed = 1,
        .seeds = seeds,
        .rates = rates,
        .rate = grid,
        .lr_scale = "none",
        .train_samples = SAMPLES};
    memset(batches, 0, sizeof batches);
    for (int i = 0; i < BATCHES; i++)
        batches[i].batch = 16 << i;
    return sweep;
}

/* Adds a run; steps 0: not reached in `done` steps. */
static struct sweep_run *add(
    struct sweep *sweep, int64_t batch, double lr, int64_t seed, double steps, int64_t done)
{
    struct sweep_run *run = &sweep->run[sweep->runs++];
    *run = (struct sweep_run){.batch = batch,
        .lr = lr,
        .seed = seed,
        .reached = steps > 0,
        .steps_done = steps > 0 ? (int64_t)steps : done,
        .steps_per_epoch = SAMPLES / batch};
    for (int f = 0; f < N_SWEEP_FIGURES; f++)
        run->figure[f] = NOTHING;
    run->figure[SWEEP_METRIC] = steps > 0 ? 0.9 : 0.8;
    run->figure[SWEEP_SECONDS_PER_STEP] = 1e-3;
    if (steps > 0)
        run->figure[SWEEP_STEPS_TO_TARGET] = steps;
    return run;
}

TEST(roles)
{
    static const struct {
        int rates, seeds;
        const char *chooses, *reports; /* by seed */
    } cases[] = {{3, 1, "1", "1"}, {3, 3, "111", "111"}, {3, 4, "1010", "0101"},
        {3, 5, "10100", "01011"}, {3, 6, "101010", "010101"}, {3, 7, "1010100", "0101011"},
        {1, 5, "11111", "11111"}, {0, 5, "11111", "11111"}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct sweep sweep = begin(cases[c].rates, cases[c].seeds);
        for (int s = 0; s < cases[c].seeds; s++) {
            assert_int_equal(sweep_seed_chooses(&sweep.facts, s + 1), cases[c].chooses[s] == '1');
            assert_int_equal(sweep_seed_reports(&sweep.facts, s + 1), cases[c].reports[s] == '1');
        }
    }
}

/* The median over the seeds that choose, not the steps of one of them. */
TEST(median_decides)
{
    struct sweep sweep = begin(2, 3);
    static const double steps[2][3] = {{100, 500, 520}, {300, 310, 900}};
    for (int s = 0; s < 3; s++)
        for (int r = 0; r < 2; r++)
            add(&sweep, 32, grid[r], s + 1, steps[r][s], 0);
    assert_near(sweep_rate_of(&sweep, 32, 0.1).steps, 500, 1e-9);
    assert_near(sweep_rate_of(&sweep, 32, 0.2).steps, 310, 1e-9);
    assert_true(sweep_best_rate(&sweep, 32) == 0.2);
    sweep.run[1].reached = false; /* larger than all: the median is that of 310 and 900, and it */
    assert_near(sweep_rate_of(&sweep, 32, 0.2).steps, 900, 1e-9);
    assert_true(sweep_best_rate(&sweep, 32) == 0.1);
    sweep.run[0].reached = sweep.run[2].reached = false;
    assert_true(isinf(sweep_rate_of(&sweep, 32, 0.1).steps));
    assert_true(sweep_best_rate(&sweep, 32) == 0.2);
    assert_true(isnan(sweep_best_rate(&sweep, 64)));
}

/* With four seeds, 1 and 3 choose, and 2 and 4 report. */
TEST(others_report)
{
    struct error error;
    struct sweep sweep = begin(2, 4);
    add(&sweep, 16, 0.1, 1, 100, 0);
    add(&sweep, 16, 0.2, 1, 150, 0);
    add(&sweep, 16, 0.1, 3, 100, 0);
    add(&sweep, 16, 0.2, 3, 150, 0);
    add(&sweep, 16, 0.1, 2, 300, 0);
    add(&sweep, 16, 0.1, 4, 300, 0);
    assert_int_equal(sweep_summarise(&sweep, &error), STATUS_OK);
    assert_true(sweep.batch[0].lr == 0.1 && sweep.batch[0].runs == 2);
    assert_near(sweep_middle(&sweep.batch[0], SWEEP_STEPS_TO_TARGET), 300, 1e-9);
}

TEST(without_the_target)
{
    struct sweep sweep = begin(3, 1);
    add(&sweep, 32, 0.1, 1, 0, 100)->figure[SWEEP_METRIC] = 0.7;
    add(&sweep, 32, 0.2, 1, 0, 100)->figure[SWEEP_METRIC] = 0.85;
    struct sweep_run *last = add(&sweep, 32, 0.4, 1, 0, 100);
    last->figure[SWEEP_METRIC] = 0.87;
    assert_true(sweep_best_rate(&sweep, 32) == 0.4);
    last->diverged = true; /* its metric does not count */
    assert_true(sweep_best_rate(&sweep, 32) == 0.2);
    sweep.run[0].figure[SWEEP_METRIC] = 0.85; /* the smaller rate wins a tie */
    assert_true(sweep_best_rate(&sweep, 32) == 0.1);
    assert_int_equal(sweep_give_up_steps(&sweep, 32), 0);

    sweep = begin(2, 1); /* reached at the first evaluation: the metric decides */
    add(&sweep, 32, 0.1, 1, 10, 0)->coarse = true;
    add(&sweep, 32, 0.2, 1, 10, 0)->coarse = true;
    sweep.run[1].figure[SWEEP_METRIC] = 0.95;
    assert_true(sweep_best_rate(&sweep, 32) == 0.2);
}

TEST(give_up)
{
    struct sweep sweep = begin(3, 1);
    sweep.facts.give_up = 4;
    assert_int_equal(sweep_give_up_steps(&sweep, 32), 0);
    add(&sweep, 32, 0.1, 1, 0, 1000);
    assert_int_equal(sweep_give_up_steps(&sweep, 32), 0);
    add(&sweep, 32, 0.2, 1, 100.1, 0);
    assert_int_equal(sweep_give_up_steps(&sweep, 32), 401);
    assert_int_equal(sweep_give_up_steps(&sweep, 64), 0); /* another batch size */
    add(&sweep, 32, 0.4, 1, 50, 0);
    assert_int_equal(sweep_give_up_steps(&sweep, 32), 200);
    sweep.facts.give_up = 0;
    assert_int_equal(sweep_give_up_steps(&sweep, 32), 0);
}

/* --- simulated sweeps ------------------------------------------------------------------------- */

static double steps_at(int64_t batch)
{
    return S_MIN + E_MIN / (double)batch;
}

/* Rates that are equally good, so that the choice among them is all noise, or of which three are
 * much slower than two. */
struct design {
    int seeds;
    double scatter, give_up;
    bool slow;
};

/* Runs a simulated run with the limit that the sweep sets. */
static void train(struct sweep *sweep, const struct design *design, uint64_t draw, int64_t batch,
    int rate, int64_t seed)
{
    double factor = design->slow && rate != 1 && rate != 2 ? 2.5 : 1;
    double steps = factor * steps_at(batch) *
                   exp(design->scatter * simulation_normal(draw, (uint32_t)sweep->runs));
    int64_t limit = sweep_give_up_steps(sweep, batch);
    bool given_up = limit > 0 && steps > (double)limit;
    add(sweep, batch, grid[rate], seed, given_up ? 0 : steps, limit)->given_up = given_up;
}

/* Runs a sweep in the order of the command; returns the number of runs that were given up. */
static int simulate(struct sweep *sweep, const struct design *design, uint64_t draw)
{
    struct error error;
    int given_up = 0;
    *sweep = begin(RATES, design->seeds);
    sweep->facts.give_up = design->give_up;
    for (int b = 0; b < BATCHES; b++) {
        int64_t batch = sweep->batch[b].batch;
        int best = 0;
        for (int s = 1; s <= design->seeds; s++)
            for (int r = 0; sweep_seed_chooses(&sweep->facts, s) && r < RATES; r++)
                train(sweep, design, draw, batch, r, s);
        while (grid[best] != sweep_best_rate(sweep, batch))
            best++;
        for (int s = 1; s <= design->seeds; s++)
            if (!sweep_seed_chooses(&sweep->facts, s))
                train(sweep, design, draw, batch, best, s);
    }
    for (int i = 0; i < sweep->runs; i++)
        given_up += sweep->run[i].given_up;
    assert_int_equal(sweep_summarise(sweep, &error), STATUS_OK);
    return given_up;
}

/* Five equally good rates: the seeds that chose one of them show too few steps, those that report do
 * not. */
TEST(choosing_seeds_are_biased)
{
    static const struct design shared = {3, 0.2, 0, false}, divided = {6, 0.2, 0, false};
    static const struct design *const design[] = {&shared, &divided};
    double bias[2] = {0};
    int covered = 0, centres = 0;
    for (int d = 0; d < 2; d++)
        for (uint64_t draw = 0; draw < DRAWS / 5; draw++) {
            struct sweep sweep;
            simulate(&sweep, design[d], draw);
            for (int b = 0; b < BATCHES; b++) {
                const struct sweep_batch *batch = &sweep.batch[b];
                bias[d] += log(batch->steps.value / steps_at(batch->batch));
                centres += d;
                covered += d && batch->steps.low <= steps_at(batch->batch) &&
                           steps_at(batch->batch) <= batch->steps.high;
            }
        }
    assert_true(bias[0] / BATCHES / (DRAWS / 5.0) < -0.08); /* 8 % too few */
    assert_near(bias[1] / BATCHES / (DRAWS / 5.0), 0, 0.01);
    assert_share("centres in their intervals", covered, centres, 0.93, 0.97);
}

/* Runs that are given up neither move the fit nor its intervals; a limit near the steps themselves
 * gives up some of the runs that report. */
TEST(giving_up_leaves_the_fit)
{
    static const struct design design[] = {
        {6, 0.15, 0, true}, {6, 0.15, 4, true}, {6, 0.15, 1.2, true}, {6, 0.15, 2, false}};
    for (size_t d = 0; d < sizeof design / sizeof *design; d++) {
        int fits = 0, missed = 0, given_up = 0, covered = 0;
        for (uint64_t draw = 0; draw < DRAWS; draw++) {
            struct sweep sweep;
            given_up += simulate(&sweep, &design[d], draw);
            if (!sweep.fitted)
                continue;
            fits++;
            missed += sweep.fit.missed;
            covered += sweep.fit.critical_batch.low <= E_MIN / S_MIN &&
                       E_MIN / S_MIN <= sweep.fit.critical_batch.high;
        }
        assert_true((given_up > 0) == (design[d].give_up > 0));
        assert_true((missed > DRAWS) == (design[d].give_up == 1.2));
        assert_share("sweeps with a fit", fits, DRAWS, 0.9, 1);
        assert_share("the critical batch size", covered, fits, 0.93, 0.97);
    }
}
