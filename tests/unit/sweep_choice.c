/* The batch sizes that a sweep recommends, of simulated sweeps: sizes that are equally good are ties in
 * 95 % of them, and others are not. */
#include "study/sweep_choice.h"

#include <math.h>
#include <string.h>

#include "support/simulation.h"
#include "support/unit.h"

enum { RUNS = 64, BATCHES = 2, SAMPLES = 16384, DRAWS = 1000 };

static struct sweep_run runs[RUNS];
static struct sweep_batch batches[BATCHES];

/* B = 32 takes 1000 steps; B = 64 takes so many times half of that, with steps of twice the time. The
 * steps have a factor per seed, common to both sizes, and one of the run; so do the times. */
struct design {
    int seeds;
    double by_seed, by_run, by_time, factor;
};

static struct sweep simulate(const struct design *design, uint64_t draw)
{
    struct sweep sweep = {.run = runs, .batch = batches, .batches = BATCHES};
    struct error error;
    memset(batches, 0, sizeof batches);
    sweep.facts = (struct sweep_facts){.has_target = true,
        .first_seed = 1,
        .seeds = design->seeds,
        .lr_scale = "none",
        .train_samples = SAMPLES};
    for (int b = 0; b < BATCHES; b++) {
        batches[b].batch = 32 << b;
        for (int s = 0; s < design->seeds; s++) {
            struct sweep_run *run = &runs[sweep.runs++];
            uint32_t i = (uint32_t)(2 * sweep.runs);
            double off = design->by_seed * simulation_normal(draw, 1000 + (uint32_t)s) +
                         design->by_run * simulation_normal(draw, i);
            *run = (struct sweep_run){.batch = 32 << b,
                .lr = 0.1,
                .seed = s + 1,
                .reached = true,
                .steps_per_epoch = SAMPLES / (32 << b)};
            for (int f = 0; f < N_SWEEP_FIGURES; f++)
                run->figure[f] = (double)NAN;
            run->figure[SWEEP_STEPS_TO_TARGET] = (b ? 500 * design->factor : 1000) * exp(off);
            run->figure[SWEEP_SECONDS_PER_STEP] =
                1e-3 * (1 + b) * exp(design->by_time * simulation_normal(draw, i + 1));
        }
    }
    assert_int_equal(sweep_summarise(&sweep, &error), STATUS_OK);
    sweep_choose(&sweep);
    return sweep;
}

/* Returns the share of draws in which the two sizes tie; *right: that of B = 32 as the soonest. */
static double share_of_ties(const struct design *design, double *right)
{
    int ties = 0, first = 0;
    for (uint64_t draw = 0; draw < DRAWS; draw++) {
        struct sweep sweep = simulate(design, draw);
        ties += sweep.soonest.ties;
        first += sweep.soonest.batch == 32;
        const struct sweep_batch *other = &batches[sweep.soonest.batch == 32];
        if (sweep.soonest.seconds > sweep_middle(other, SWEEP_SECONDS_TO_TARGET))
            fail_msg("draw %d: the slower size is named as the soonest", (int)draw);
    }
    *right = (double)first / DRAWS;
    return (double)ties / DRAWS;
}

static void assert_within(double share, double low, double high)
{
    if (!(share >= low && share <= high))
        fail_msg("%.3f is not within %.3f and %.3f", share, low, high);
}

TEST(equal_sizes_tie)
{
    static const struct design design[] = {
        {5, 0.3, 0.05, 0, 1}, {3, 0, 0.1, 0, 1}, {2, 0, 0.1, 0, 1}, {5, 0.1, 0.05, 0.05, 1}};
    for (size_t d = 0; d < sizeof design / sizeof *design; d++) {
        double right;
        assert_within(share_of_ties(&design[d], &right), 0.93, d == 3 ? 0.99 : 0.97);
        assert_within(right, 0.45, 0.55);
    }
}

/* A difference of 20 % that every seed shows, although the seeds scatter by 30 %. */
TEST(unequal_sizes_do_not_tie)
{
    static const struct design design = {5, 0.3, 0.03, 0.01, 1.2};
    double right;
    assert_within(share_of_ties(&design, &right), 0, 0.02);
    assert_within(right, 1, 1);
}
