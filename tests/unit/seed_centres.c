/* Centres over seeds: known numbers, simulated groups whose centres and scatter are known, censored
 * values, values that are far from the others. */
#include "study/seed_centres.h"

#include <math.h>

#include "support/simulation.h"
#include "support/unit.h"

enum { GROUPS = 8, SEEDS_MAX = 8, VALUES = GROUPS * SEEDS_MAX, DRAWS = 1000 };

/* Two groups of three: by hand, with t = 2.7764451 for 4 degrees of freedom. */
TEST(by_hand)
{
    struct seed_value value[] = {{100, 0, 0}, {200, 0, 0}, {400, 0, 0}, {50, 0, 0}, {50, 0, 0},
        {50, 0, 0}, {7, 0, 0}, {9, 1, 0}};
    struct seed_centre centre[4] = {{.n = 3}, {.first = 3, .n = 3}, {.first = 6, .n = 2}};
    double room[8];
    struct seed_scatter all = seed_centres_make(centre, 4, value, room);
    assert_int_equal(all.freedom, 4);
    assert_near(all.scatter, log(2) / sqrt(2), 1e-12);
    assert_near(centre[0].value, 200, 1e-9);
    assert_near(centre[1].value, 50, 1e-9);
    assert_near(centre[0].error, all.scatter / sqrt(3), 1e-12);
    assert_near(centre[1].low, 50 * exp(-2.7764451 * all.scatter / sqrt(3)), 1e-4);
    assert_near(centre[1].high, 50 * exp(2.7764451 * all.scatter / sqrt(3)), 1e-4);
    assert_true(isnan(centre[2].value) && isnan(centre[2].low)); /* half of it is censored */
    assert_int_equal(centre[2].censored, 1);
    assert_true(isnan(centre[3].value)); /* empty */
}

/* One value per group: a centre without an interval. */
TEST(one_seed)
{
    struct seed_value value[] = {{100, 0, 0}, {50, 0, 0}, {70, 1, 0}};
    struct seed_centre centre[3] = {{.n = 1}, {.first = 1, .n = 1}, {.first = 2, .n = 1}};
    double room[3];
    struct seed_scatter all = seed_centres_make(centre, 3, value, room);
    assert_int_equal(all.freedom, 0);
    assert_true(isnan(all.scatter));
    assert_near(centre[0].value, 100, 1e-9);
    assert_true(isnan(centre[0].low) && isnan(centre[0].error));
    assert_true(isnan(centre[2].value));
}

/* Each mean has the largest likelihood: its derivative, with the hazard of the normal distribution for
 * censored values, is zero. The same values, known, have a smaller mean. */
TEST(censored_values)
{
    struct seed_value value[] = {{100, 0, 0}, {140, 0, 0}, {150, 1, 0}, {60, 0, 0}, {40, 0, 0},
        {70, 0, 0}, {45, 1, 0}, {50, 0, 0}};
    struct seed_centre centre[2] = {{.n = 3}, {.first = 3, .n = 5}};
    double room[8];
    struct seed_scatter all = seed_centres_make(centre, 2, value, room);
    assert_int_equal(all.freedom, 4);
    for (int g = 0; g < 2; g++) {
        double slope = 0;
        for (int i = centre[g].first; i < centre[g].first + centre[g].n; i++) {
            double z = log(value[i].value / centre[g].value) / all.scatter;
            slope +=
                value[i].censored ? exp(-z * z / 2) / sqrt(2 * M_PI) / (erfc(z / M_SQRT2) / 2) : z;
        }
        assert_near(slope, 0, 1e-9);
        assert_true(centre[g].error > all.scatter / sqrt(centre[g].n));
    }
    double with = centre[0].value;
    value[2].censored = false;
    seed_centres_make(centre, 2, value, room);
    assert_true(with > 1.05 * centre[0].value);
}

/* --- simulated groups ------------------------------------------------------------------------- */

struct design {
    int seeds;
    double scatter, limit; /* values above `limit` times the centre are censored; 0: none */
    double outlier;        /* one value in all is so many times its scatter larger */
};

static double truth(int group)
{
    return 1000.0 / (1 << group) + 20;
}

static struct seed_scatter simulate(const struct design *design, uint64_t draw,
    struct seed_centre centre[GROUPS], struct seed_value value[VALUES])
{
    double room[VALUES];
    for (int g = 0; g < GROUPS; g++) {
        centre[g] = (struct seed_centre){.first = g * design->seeds, .n = design->seeds};
        for (int s = 0; s < design->seeds; s++) {
            int i = g * design->seeds + s;
            double off = simulation_normal(draw, (uint32_t)i) + (i == 4 ? design->outlier : 0),
                   factor = exp(design->scatter * off);
            bool censored = design->limit > 0 && factor > design->limit;
            value[i] = (struct seed_value){
                truth(g) * (censored ? design->limit : factor), censored, false};
        }
    }
    return seed_centres_make(centre, GROUPS, value, room);
}

/* The 95 % intervals cover the truth in 93 to 97 % of the draws, censored values or not. */
TEST(intervals_cover_the_truth)
{
    static const struct design design[] = {
        {2, 0.1, 0, 0}, {3, 0.08, 0, 0}, {5, 0.2, 0, 0},
        {3, 0.1, 1.15, 0}, /* one value in 12 is censored */
        {5, 0.2, 1.3, 0},  /* one in 10 */
        {8, 0.1, 1.12, 0}, /* one in 8 */
    };
    for (size_t d = 0; d < sizeof design / sizeof *design; d++) {
        int covered = 0, centres = 0, censored = 0;
        for (uint64_t draw = 0; draw < DRAWS; draw++) {
            struct seed_centre centre[GROUPS];
            struct seed_value value[VALUES];
            simulate(&design[d], draw, centre, value);
            for (int g = 0; g < GROUPS; g++) {
                if (isnan(centre[g].value))
                    continue;
                centres++;
                censored += centre[g].censored;
                covered += centre[g].low <= truth(g) && truth(g) <= centre[g].high;
            }
        }
        assert_true((censored > 0) == (design[d].limit > 0));
        assert_share("centres in their intervals", covered, centres, 0.93, 0.97);
    }
}

/* A seed far from the others is marked; others are, rarely. */
TEST(far_values)
{
    static const struct design design[] = {
        {3, 0.1, 0, 10}, {5, 0.1, 0, 8}, {5, 0.1, 1.8, 10}, {2, 0.1, 0, 10}};
    for (size_t d = 0; d < sizeof design / sizeof *design; d++) {
        int found = 0, wrong = 0;
        for (uint64_t draw = 0; draw < DRAWS; draw++) {
            struct seed_centre centre[GROUPS];
            struct seed_value value[VALUES];
            simulate(&design[d], draw, centre, value);
            found += value[4].far;
            for (int i = 0; i < GROUPS * design[d].seeds; i++)
                if (i != 4 && value[i].far) {
                    wrong++;
                    break;
                }
        }
        if (design[d].seeds > 2)
            assert_share("far values that are found", found, DRAWS, 0.95, 1);
        assert_share("sweeps with another one marked", wrong, DRAWS, 0, 0.1);
    }
}
