/* The search space of `lockstep tune`: what is searched, and the draws. */
#include "cli/tune_try.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/tune_run.h"
#include "options/options_read.h"
#include "support/command_line.h"
#include "support/simulation.h"
#include "support/unit.h"

enum { DRAWS = 2000 };

static const struct data_facts a_table = {.samples = 1000, .table = true, .classes = true},
                               images = {.samples = 1000, .bytes = true, .classes = true};

static struct options taken(const char *line, char *const *environment)
{
    struct options options;
    struct error error;
    if (command_line_read(&options, line, environment, &error))
        fail_msg("%s: %s", line, error.text);
    return options;
}

/* The options that are searched, "hidden lr ...". */
static const char *searched(const char *line, char *const *environment)
{
    static char text[200];
    static const char *const names[] = {
        "hidden", "lr", "dropout", "weight-decay", "encode", "bins", "scale"};
    struct options options = taken(line, environment);
    text[0] = '\0';
    for (int i = 0; i < options.search.n; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i ? " " : "",
            names[options.search.item[i]]);
    return text;
}

#define TUNE "tune 9 --data t.csv --out o --val-split 0.2"

TEST(what_is_given_is_not_searched)
{
    char *const environment[] = {(char[]){"LOCKSTEP_DROPOUT=0.1"}, NULL};
    assert_string_equal(searched(TUNE, NULL), "hidden lr dropout weight-decay encode bins scale");
    assert_string_equal(
        searched(TUNE " --lr 0.001 --hidden 64", NULL), "dropout weight-decay encode bins scale");
    assert_string_equal(searched(TUNE, environment), "hidden lr weight-decay encode bins scale");
    assert_string_equal(searched("tune 9 --data t.csv --out o --preset table", NULL),
        "hidden lr dropout weight-decay encode bins scale");
    assert_string_equal(searched(TUNE " --search lr,scale --lr auto", NULL), "lr scale");
    assert_string_equal(searched(TUNE " --search lr,dropout", environment), "lr dropout");
}

/* The text that goes to other ranks and into config.ini gives every option, but names those that
 * are searched. */
TEST(the_record_keeps_what_is_searched)
{
    struct options options = taken(TUNE " --lr 0.003", NULL), again;
    struct error error;
    char *text;
    assert_int_equal(options_to_text(&options, TEXT_EXACT, &text, &error), STATUS_OK);
    assert_non_null(strstr(text, "search = hidden,dropout,weight-decay,encode,bins,scale\n"));
    assert_int_equal(options_from_text(&again, text, "a text", &error), STATUS_OK);
    assert_int_equal(again.search.n, 6);
    assert_true(again.stop.final_weights == FINAL_BEST && again.noise_scale == NOISE_SCALE_OFF);
    free(text);
    options_clear(&again);
}

TEST(refused)
{
    static const char *const lines[][2] = {
        {TUNE " --hidden 8 --lr 1 --dropout 0 --weight-decay 0 --encode piecewise --bins 9 --scale "
              "standard",
            "nothing to search"},
        {"tune 9 --data t.csv --out o", "add --val-split"},
        {"tune 9 --data t.csv --val-split 0.2", "lockstep tune needs --out"},
        {"tune 1 --data t.csv --out o --val-split 0.2", "must be at least 2"},
        {"tune --data t.csv --out o --val-split 0.2", "the argument N is missing"},
        {TUNE " --early-stop test_loss --test-split 0.2", "a model chosen by the test data"},
        {TUNE " --eval-every end", "--eval-every"},
        {TUNE " --folds 3 --split-by day", "--split-by: folds are drawn at random"},
        {TUNE " --final-weights last", "--final-weights is an option of"},
        {TUNE " --search momentum", "--search momentum: must be"},
        {"folds none --data t.csv --out o", "the number of folds"},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct options options;
        struct error error = {0};
        assert_int_equal(command_line_read(&options, lines[i][0], NULL, &error), STATUS_USAGE);
        assert_says(error.text, lines[i][1]);
    }
}

static void assert_within(double value, double least, double most)
{
    if (!(value >= least && value <= most))
        fail_msg("%g is not in [%g, %g]", value, least, most);
}

/* --- draws ------------------------------------------------------------------------------------ */

TEST(the_first_try_has_the_options_as_they_are)
{
    struct options options = taken(TUNE, NULL), try = tune_try(&options, &a_table, 1);
    assert_memory_equal(&try, &options, sizeof try);
}

/* A try does not depend on how many there are, nor a draw on what else is searched. */
TEST(a_draw_depends_on_seed_and_number_alone)
{
    struct options all = taken(TUNE, NULL), some = taken(TUNE " --lr 0.5 --scale robust", NULL),
                   more = taken("tune 99 --data t.csv --out o --val-split 0.2", NULL),
                   other = taken(TUNE " --seed 2", NULL);
    int same = 0;
    for (int i = 2; i < 40; i++) {
        struct options one = tune_try(&all, &a_table, i), two = tune_try(&some, &a_table, i),
                       three = tune_try(&more, &a_table, i), four = tune_try(&other, &a_table, i);
        assert_true(two.lr == 0.5 && two.scale == SCALE_ROBUST);
        assert_memory_equal(&one.hidden, &two.hidden, sizeof one.hidden);
        assert_true(one.dropout == two.dropout && one.encode == two.encode);
        assert_true(one.lr == three.lr && one.bins == three.bins && one.scale == three.scale);
        same += one.lr == four.lr;
    }
    assert_true(same < 10);
}

/* The share of draws below a value, and the bounds. */
struct seen {
    double least, most, below;
};

static void see(struct seen *seen, double value, double middle)
{
    seen->least = fmin(seen->least, value);
    seen->most = fmax(seen->most, value);
    seen->below += (value < middle) / (double)DRAWS;
}

#define NOTHING                                                                                    \
    {                                                                                              \
        INFINITY, -INFINITY, 0                                                                     \
    }

TEST(numbers_are_spread_over_their_ranges)
{
    struct seen width = NOTHING, depth = NOTHING, lr = NOTHING, decay = NOTHING, dropout = NOTHING;
    struct options options = taken(TUNE, NULL);
    for (int i = 2; i < DRAWS + 2; i++) {
        struct options try = tune_try(&options, &a_table, i);
        for (int layer = 0; layer < try.hidden.n; layer++)
            assert_true(try.hidden.item[layer] == try.hidden.item[0]);
        assert_int_equal(try.hidden.item[0] % 16, 0);
        see(&width, (double)try.hidden.item[0], 128);
        see(&depth, try.hidden.n, 3);
        see(&lr, try.lr, 0.001);
        see(&decay, try.optimizer.weight_decay, 0.01);
        see(&dropout, try.dropout, 1e-9);
    }
    assert_true(width.least == 32 && width.most == 512);
    assert_within(width.below, 0.44, 0.51); /* 128 itself is drawn, too */
    assert_true(depth.least == 1 && depth.most == 4);
    assert_within(depth.below, 0.46, 0.54);
    assert_within(lr.least, 1e-4, 1.1e-4);
    assert_within(lr.most, 9.5e-3, 1e-2);
    assert_within(lr.below, 0.46, 0.54);
    assert_true(decay.least == 0 && decay.most <= 1 && decay.most > 0.9);
    assert_within(decay.below, 0.25 + 0.75 / 2 - 0.04, 0.25 + 0.75 / 2 + 0.04);
    assert_true(dropout.least == 0 && dropout.most == 0.5);
    assert_within(dropout.below, 0.46, 0.54);
}

TEST(codes_of_tables)
{
    struct options options = taken(TUNE " --preset table", NULL);
    int piecewise = 0, scales[3] = {0};
    struct seen bins = NOTHING;
    for (int i = 2; i < DRAWS + 2; i++) {
        struct options try = tune_try(&options, &a_table, i);
        if (try.encode == ENCODE_PIECEWISE) {
            piecewise++;
            see(&bins, (double)try.bins, 23);
            assert_int_equal(try.scale, SCALE_ROBUST); /* the preset's, without effect */
        } else {
            assert_int_equal(try.bins, 48); /* the default: any other would be refused */
            scales[try.scale == SCALE_ROBUST ? 1 : try.scale == SCALE_QUANTILE ? 2 : 0]++;
            assert_true(try.scale == SCALE_STANDARD || try.scale >= SCALE_ROBUST);
        }
    }
    assert_within(piecewise, 0.46 * DRAWS, 0.54 * DRAWS);
    assert_true(bins.least == 8 && bins.most == 64);
    for (int i = 0; i < 3; i++)
        assert_within(scales[i], 0.13 * DRAWS, 0.2 * DRAWS);
}

TEST(options_without_effect_are_not_drawn)
{
    struct options options = taken(TUNE, NULL), linear = taken(TUNE " --hidden none", NULL),
                   three = taken(TUNE " --activation relu,tanh,relu --hidden 8,8,8", NULL),
                   slow = taken(TUNE " --lr-end 0.0005", NULL);
    three.search = options.search; /* as with a default network of three layers */
    for (int i = 2; i < 100; i++) {
        struct options try = tune_try(&options, &images, i);
        assert_true(try.encode == ENCODE_NONE && try.scale == options.scale && try.bins == 48);
        assert_true(tune_try(&linear, &a_table, i).dropout == linear.dropout);
        assert_int_equal(tune_try(&three, &a_table, i).hidden.n, 3);
        assert_within(tune_try(&slow, &a_table, i).lr, 0.0005, 0.01);
    }
    assert_false(tune_searches(&linear, &a_table, SEARCH_DROPOUT));
    assert_false(tune_searches(&options, &images, SEARCH_BINS));
    assert_true(tune_searches(&options, &a_table, SEARCH_BINS));
}

/* The bits of a draw are the same on every machine; these are those of seed 1. */
TEST(draws_do_not_change)
{
    struct options options = taken(TUNE, NULL), try = tune_try(&options, &a_table, 2);
    assert_int_equal(try.hidden.n, 2);
    assert_int_equal(try.hidden.item[0], 368);
    assert_true(try.lr == 0.004 && try.optimizer.weight_decay == 0.0049 && try.dropout == 0);
    assert_true(try.encode == ENCODE_PIECEWISE && try.bins == 17);
}

TEST(names_of_runs)
{
    char name[TUNE_NAME];
    assert_string_equal(tune_run_name(7, 0, name), "try007");
    assert_true(tune_run_is_name(name));
    assert_string_equal(tune_run_name(1000, 12, name), "try1000-fold12");
    assert_true(tune_run_is_name(name));
    static const char *const others[] = {"try", "try7x", "try7-fold", "fold7", "try7-fold1x", ""};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(tune_run_is_name(others[i]));
}

/* Gains of 5, 2, 4, 1 and 3 points over five folds. An interval that ignores that the best of 30 tries was
 * chosen, or that training sets overlap, is half as wide, and above 0: figures of scipy.stats.t. */
TEST(the_interval_of_a_gain_allows_for_the_choice)
{
    static const double rise[] = {0.05, 0.02, 0.04, 0.01, 0.03};
    struct tune_run run[5] = {{.steps = 0}}, first[5] = {{.steps = 0}};
    for (int k = 0; k < 5; k++) {
        first[k].score[HALVING_RUNGS - 1] = 0.5 + 0.1 * k;
        run[k].score[HALVING_RUNGS - 1] = 0.5 + 0.1 * k + rise[k];
    }
    struct tune_gain gain = tune_gain(METRIC_ACCURACY, run, first, 5, 30);
    assert_near(gain.mean, 0.03, 1e-12);
    assert_near(gain.high - gain.mean, 0.07914022409853191, 1e-10);
    assert_near(gain.mean - gain.low, 0.07914022409853191, 1e-10);
    gain = tune_gain(METRIC_LOSS, first, run, 5, 2);
    assert_near(gain.mean, 0.03, 1e-12);
    assert_near(gain.high - gain.mean, 0.029448647422163368, 1e-10);
    assert_true(isnan(tune_gain(METRIC_LOSS, run, first, 1, 2).low));
}
