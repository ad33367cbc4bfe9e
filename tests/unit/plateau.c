/* plateau.c: the edges of patience. PyTorch's own numbers are in golden_optim.c. */
#include "optim/schedule.h"

#include <math.h>
#include <string.h>

#include "support/unit.h"

static const struct plateau_settings half = {
    .factor = 0.5, .patience = 2, .threshold = 0.25, .min_lr = 0.2};

/* Two bad evaluations are borne, the third is not; then the count begins again. */
TEST(patience_is_counted_from_the_best)
{
    struct plateau plateau = plateau_begin(&half);
    assert_false(plateau_step(&plateau, &half, 1, 8));
    assert_true(plateau.best == 8 && plateau.factor == 1);
    assert_false(plateau_step(&plateau, &half, 1, 6)); /* 8 * 0.75: not below it */
    assert_false(plateau_step(&plateau, &half, 1, 9));
    assert_true(plateau.bad == 2 && plateau.factor == 1);
    assert_true(plateau_step(&plateau, &half, 1, 8));
    assert_true(plateau.factor == 0.5 && plateau.bad == 0);
    assert_false(plateau_step(&plateau, &half, 1, 5.9)); /* better */
    assert_true(plateau.best == 5.9);
}

/* The rate stops at min_lr, and is then left alone. */
TEST(the_least_rate)
{
    struct plateau plateau = plateau_begin(&half);
    const double want[] = {0.5, 0.25, 0.2, 0.2, 0.2};
    plateau_step(&plateau, &half, 1, 1);
    for (int i = 0; i < 5; i++) {
        plateau_step(&plateau, &half, 1, 1);
        plateau_step(&plateau, &half, 1, 1);
        assert_true(plateau_step(&plateau, &half, 1, 1) == (i < 3));
        assert_true(fabs(plateau.factor - want[i]) < 1e-15);
    }
}

TEST(maxima_and_numbers_that_are_none)
{
    struct plateau_settings settings = half;
    settings.maximise = true;
    settings.patience = 0;
    struct plateau plateau = plateau_begin(&settings);
    assert_false(plateau_step(&plateau, &settings, 1, 0.5));
    assert_false(plateau_step(&plateau, &settings, 1, 0.7));
    assert_true(plateau_step(&plateau, &settings, 1, 0.8)); /* less than a quarter more */
    assert_true(plateau_step(&plateau, &settings, 1, (double)NAN));
    assert_true(plateau.best == 0.7);
}

/* A state that was kept and read back goes on as if nothing had been. */
TEST(the_state_is_plain_data)
{
    struct plateau here = plateau_begin(&half), there;
    for (int i = 0; i < 40; i++) {
        double metric = 5 + (double)(i * 7 % 11) - i / 10.0;
        memcpy(&there, &here, sizeof here);
        assert_true(
            plateau_step(&here, &half, 1, metric) == plateau_step(&there, &half, 1, metric));
        assert_memory_equal(&here, &there, sizeof here);
    }
}
