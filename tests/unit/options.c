/* The command line: what is read from where, what is refused and in which words. */
#include "options/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/help.h"
#include "cli/help_topics.h"
#include "options/option_config.h"
#include "options/option_find.h"
#include "options/option_value.h"
#include "support/command_line.h"
#include "support/unit.h"

enum { LINE = 600 };

static void take(struct options *options, const char *line, char *const *environment)
{
    struct error error;
    if (command_line_read(options, line, environment, &error))
        fail_msg("%s: %s", line, error.text);
}

static struct options taken(const char *line, char *const *environment)
{
    struct options options;
    take(&options, line, environment);
    return options;
}

/* Equal in every option that their command takes. */
static void assert_same(const struct options *one, const struct options *other)
{
    struct error error;
    char *first, *second;
    assert_int_equal(options_to_text(one, TEXT_EXACT, &first, &error), STATUS_OK);
    assert_int_equal(options_to_text(other, TEXT_EXACT, &second, &error), STATUS_OK);
    assert_string_equal(first, second);
    free(first);
    free(second);
}

static void refused(
    const char *line, char *const *environment, enum status status, const char *message)
{
    struct options options;
    struct error error = {0};
    enum status got = command_line_read(&options, line, environment, &error);
    if (got != status || error.status != status)
        fail_msg("%s: status %d (%s), not %d", line, got, error.text, status);
    assert_says(error.text, message);
}

/* A config file of this content for the tests below, given up by drop_config(). */
static char config_path[] = "/tmp/lockstep-options-XXXXXX";

static void make_config(const char *content)
{
    if (strstr(config_path, "XXXXXX")) {
        int descriptor = mkstemp(config_path);
        assert_true(descriptor >= 0);
        close(descriptor);
    }
    FILE *file = fopen(config_path, "w");
    assert_non_null(file);
    fputs(content, file);
    assert_int_equal(fclose(file), 0);
}

static int drop_config(void **state)
{
    (void)state;
    unlink(config_path);
    return 0;
}

static struct options with_config(const char *content, const char *more, char *const *environment)
{
    char line[LINE];
    make_config(content);
    snprintf(line, sizeof line, "train --config %s %s", config_path, more);
    return taken(line, environment);
}

/* `message` follows the path, ":2: must be ...". */
static void config_refused(const char *command, const char *content, const char *message)
{
    char line[LINE], text[LINE];
    make_config(content);
    snprintf(line, sizeof line, "%s --config %s", command, config_path);
    snprintf(text, sizeof text, "%s%s", config_path, message);
    refused(line, NULL, STATUS_CONFIG, text);
}

TEST(defaults)
{
    struct options o = taken("train", NULL);
    assert_int_equal(o.command, COMMAND_TRAIN);
    assert_string_equal(o.data, "fashion-mnist");
    assert_string_equal(o.val_data, "");
    assert_string_equal(o.out, "");
    assert_true(o.val_split.fraction == 0 && o.val_split.count == 0);
    assert_int_equal(o.scale, SCALE_AUTO);
    assert_true(o.shuffle && !o.drop_last && !o.overwrite);
    assert_int_equal(o.hidden.n, 2);
    assert_int_equal(o.hidden.item[0], 256);
    assert_int_equal(o.hidden.item[1], 128);
    assert_true(o.activation.n == 1 && o.activation.item[0] == ACTIVATION_RELU);
    assert_int_equal(o.optimizer.kind, OPTIMIZER_ADAMW);
    assert_int_equal(o.schedule.kind, SCHEDULE_COSINE);
    assert_int_equal(taken("sweep --batch 1,2 --out x", NULL).schedule.kind, SCHEDULE_CONSTANT);
    assert_int_equal(o.normalize_target, TARGETS_AUTO);
    assert_true(o.dropout == OPTION_AUTO);
    assert_string_equal(o.kernel, "auto");
    assert_true(o.team.kind == TEAM_NODE && o.team.ranks == 0);
    assert_int_equal(o.init, INIT_AUTO);
    assert_int_equal(o.loss, LOSS_AUTO);
    assert_int_equal(o.batch.n, 0);
    assert_int_equal(o.epochs, EPOCHS_AUTO);
    assert_int_equal(o.max_steps, 0);
    assert_true(o.lr == 0.001 && o.optimizer.weight_decay == 0.01);
    assert_int_equal(o.seed, 1);
    assert_int_equal(o.threads, 0);
    assert_int_equal(o.slices, 0);
    assert_int_equal(o.pass_rows, 0);
    assert_int_equal(o.memory, 0);
    assert_int_equal(o.reduce, REDUCE_ORDERED);
    assert_int_equal(o.eval_every.unit, EVAL_EPOCHS);
    assert_int_equal(o.eval_every.count, 1);
    assert_int_equal(o.log_every, 100);
    assert_int_equal(o.progress, PROGRESS_AUTO);
}

TEST(every_form)
{
    struct options o = taken("train --data a,b --lr=0.5 --drop-last --shuffle off --hidden none "
                             "--val-split 0.25 --pass-rows all --eval-every 500 --batch 54_000 "
                             "--reduce allreduce --kernel zen3 --max-steps 7 --scale standard",
        NULL);
    assert_string_equal(o.data, "a,b");
    assert_true(o.lr == 0.5 && o.drop_last && !o.shuffle);
    assert_int_equal(o.hidden.n, 0);
    assert_true(o.val_split.fraction == 0.25);
    assert_int_equal(o.pass_rows, INT64_MAX);
    assert_int_equal(o.eval_every.unit, EVAL_STEPS);
    assert_int_equal(o.eval_every.count, 500);
    assert_int_equal(o.batch.item[0], 54000);
    assert_int_equal(o.reduce, REDUCE_ALLREDUCE);
    assert_string_equal(o.kernel, "zen3");
    assert_int_equal(o.scale, SCALE_STANDARD);

    assert_false(taken("train --drop-last --no-drop-last", NULL).drop_last);
    assert_true(taken("train --drop-last=on", NULL).drop_last);
    assert_int_equal(taken("train --batch 32 --batch 64", NULL).batch.item[0], 64);
    assert_int_equal(taken("train --val-split 10,000", NULL).val_split.count, 10000);
    assert_int_equal(taken("train --eval-every never", NULL).eval_every.unit, EVAL_NEVER);
    assert_int_equal(taken("train --eval-every end", NULL).eval_every.unit, EVAL_END);
    assert_int_equal(taken("train", NULL).verify_every.unit, EVAL_END);
    assert_int_equal(taken("train --verify-every checkpoint", NULL).verify_every.unit, EVAL_END);
    assert_int_equal(taken("plan --verify-every never", NULL).verify_every.unit, EVAL_NEVER);
    o = taken("sweep --out x --batch 1,2 --verify-every 2ep", NULL);
    assert_true(o.verify_every.unit == EVAL_EPOCHS && o.verify_every.count == 2);
    o = taken("train --verify-every 200", NULL);
    assert_true(o.verify_every.unit == EVAL_STEPS && o.verify_every.count == 200);
    refused("train --val-data x --val-data ''", NULL, STATUS_USAGE, "needs a value");
}

TEST(lists_of_batches)
{
    struct options o = taken("plan --batch 32,64,100", NULL);
    assert_int_equal(o.batch.n, 3);
    assert_int_equal(o.batch.item[2], 100);
    o = taken("plan --batch 1,32..8192 --samples 10,000 --ranks 4", NULL);
    assert_int_equal(o.batch.n, 10);
    assert_int_equal(o.batch.item[1], 32);
    assert_int_equal(o.batch.item[9], 8192);
    assert_int_equal(o.samples, 10000);
    assert_int_equal(o.ranks, 4);
    o = taken("plan --batch 32..100", NULL);
    assert_int_equal(o.batch.n, 2);
    assert_int_equal(taken("plan --batch 8..8", NULL).batch.n, 1);
    assert_int_equal(taken("plan --batch 1..4611686018427387904", NULL).batch.n, 63);
    refused("train --batch 32,64", NULL, STATUS_USAGE,
        "--batch 32,64: train takes one value (samples)");
    refused("plan --batch 64..32", NULL, STATUS_USAGE, "a range must ascend, as in 32..8192");
    refused("plan --batch 32,,64", NULL, STATUS_USAGE, "whole number (samples)");
    refused("plan --batch 32..", NULL, STATUS_USAGE, "whole number (samples)");
    refused("plan --batch 1..4611686018427387904,2", NULL, STATUS_USAGE, "more than 63 items");
}

TEST(end_of_a_run)
{
    char *const environment[] = {(char[]){"LOCKSTEP_EPOCHS=3"}, NULL};
    assert_int_equal(taken("train --max-steps 1", NULL).epochs, 0);
    assert_int_equal(taken("train --max-steps 50 --epochs 10", NULL).epochs, 10);
    assert_int_equal(taken("train --max-steps 50", environment).epochs, 3);
    assert_int_equal(taken("train --max-steps 50 --epochs none", environment).epochs, 0);
    refused("train --epochs none", NULL, STATUS_USAGE, "--epochs and --max-steps");
}

TEST(teams)
{
    assert_int_equal(taken("train --team node", NULL).team.kind, TEAM_NODE);
    assert_int_equal(taken("bench step --team numa", NULL).team.kind, TEAM_NUMA);
    static const struct {
        const char *text;
        int ranks;
    } by_ranks[] = {{"rank", 1}, {"1", 1}, {"3", 3}, {"128", 128}};
    for (size_t i = 0; i < sizeof by_ranks / sizeof *by_ranks; i++) {
        char line[LINE];
        snprintf(line, sizeof line, "plan --team %s", by_ranks[i].text);
        struct options o = taken(line, NULL);
        assert_int_equal(o.team.kind, TEAM_RANKS);
        assert_int_equal(o.team.ranks, by_ranks[i].ranks);
    }
    /* Whoever changes their mind gets nothing of the first. */
    struct options o = taken("train --team 3 --team node", NULL);
    assert_true(o.team.kind == TEAM_NODE && o.team.ranks == 0);
}

static void assert_round_trip(const struct options *options)
{
    struct options again;
    struct error error;
    char *text;
    assert_int_equal(options_to_text(options, TEXT_EXACT, &text, &error), STATUS_OK);
    if (options_from_text(&again, text, "rank 0", &error))
        fail_msg("%s in\n%s", error.text, text);
    assert_same(options, &again);
    options_clear(&again);
    free(text);
}

/* Without a unit, lengths are in the unit of the schedule, and intervals are in steps. */
TEST(lengths)
{
    const char *by_epoch = "train --schedule multistep --schedule-by epoch --warmup %s "
                           "--milestones %s --eval-every %s";
    char line[LINE];
    struct options o = taken("train --schedule step --warmup 200 --step-size 3", NULL);
    assert_true(o.warmup.steps == 200 && o.warmup.epochs == 0 && o.step_size.steps == 3);
    snprintf(line, sizeof line, by_epoch, "2", "5,8st,9ep", "7");
    o = taken(line, NULL);
    assert_true(o.warmup.epochs == 2 && o.warmup.steps == 0);
    assert_true(o.milestones.item[0].epochs == 5 && o.milestones.item[1].steps == 8 &&
                o.milestones.item[2].epochs == 9);
    assert_true(o.eval_every.unit == EVAL_STEPS && o.eval_every.count == 7);
    assert_round_trip(&o);
    snprintf(line, sizeof line, by_epoch, "2st", "5st", "7st");
    o = taken(line, NULL);
    assert_true(o.warmup.steps == 2 && o.milestones.item[0].steps == 5 && o.eval_every.count == 7);
    assert_round_trip(&o);
}

/* In a config file that lockstep 0.1 wrote, a length without a unit counts steps; `auto`, and options
 * that are missing, mean what they meant there. */
TEST(config_file_of_an_older_version)
{
    const char *mark = "# lockstep train --config FILE repeats this run",
               *entries = "schedule-by = epoch\nwarmup = 2\ninit = auto\nscale = auto\n";
    char old[LINE], new[LINE];
    snprintf(old, sizeof old, "%s\n%s", mark, entries);
    snprintf(new, sizeof new, "%s (lockstep 0.2.0)\n%s", mark, entries);
    char *environment[] = {(char[]){"LOCKSTEP_WARMUP=4"}, NULL};
    assert_int_equal(with_config(old, "", NULL).warmup.steps, 2);
    assert_int_equal(with_config(new, "", NULL).warmup.epochs, 2);
    assert_int_equal(with_config(old, "--warmup 3", NULL).warmup.epochs, 3);
    assert_int_equal(with_config(old, "", environment).warmup.epochs, 4);
    assert_int_equal(with_config(entries, "", NULL).warmup.epochs, 2);
    struct options o = with_config(old, "", NULL);
    assert_true(o.init == INIT_BY_ACTIVATION && o.scale == SCALE_BY_TYPE);
    assert_true(o.batch.n == 1 && o.batch.item[0] == 128 && o.epochs == 10 && o.dropout == 0);
    assert_true(o.optimizer.kind == OPTIMIZER_SGD && o.schedule.kind == SCHEDULE_CONSTANT);
    assert_true(o.normalize_target == TARGETS_UNSCALED && o.lr == 0.02);
    assert_int_equal(with_config(old, "--init auto", NULL).init, INIT_AUTO);
    assert_int_equal(with_config(old, "--optimizer adam", NULL).optimizer.kind, OPTIMIZER_ADAM);
    o = with_config(new, "", NULL);
    assert_true(o.init == INIT_AUTO && o.scale == SCALE_AUTO && o.batch.n == 0);
    assert_int_equal(o.optimizer.kind, OPTIMIZER_ADAMW);
}

TEST(same_values)
{
    const struct option *warmup = option_find("warmup"), *milestones = option_find("milestones");
    assert_true(option_same_value(warmup, "200", "200st"));
    assert_false(option_same_value(warmup, "200", "200ep"));
    assert_false(option_same_value(warmup, "200", "201st"));
    assert_false(option_same_value(warmup, "200x", "200st"));
    assert_true(option_same_value(milestones, "5,8ep", "5st,8ep"));
    assert_false(option_same_value(milestones, "5,8", "5st"));
    assert_true(option_same_value(option_find("lr"), "1e-3", "0.001"));
    assert_false(option_same_value(option_find("init-from"), "1e-3", "0.001"));
}

/* --dropout P and --epochs N|none also took auto, which their help did not show. */
TEST(forms_show_automatic_values)
{
    for (int i = 0; i < option_count; i++) {
        const struct option *option = &option_table[i];
        char form[64];
        bool number = option->kind == KIND_INT || option->kind == KIND_REAL;
        if (number && option->fallback && strcmp(option->fallback, "auto") == 0 &&
            !option->needed_by)
            assert_says(option_form(option, form), "auto");
    }
}

TEST(bounds)
{
    static const char *const cases[][2] = {
        {"--batch 0", "--batch 0: must be at least 1 (samples)"},
        {"--batch -1", "must be at least 1"},
        {"--batch 99999999999999999999", "too large"},
        {"--batch 3x", "must be a whole number (samples)"},
        {"--batch 1e3", "must be a whole number"},
        {"--epochs 0", "--epochs 0: must be at least 1 (epochs)"},
        {"--epochs 1,5", "must be a whole number (epochs), or none"},
        {"--max-steps 0", "must be at least 1 (steps)"},
        {"--lr 0", "--lr 0: must be above 0"},
        {"--lr nan", "must be a number"},
        {"--lr inf", "must be a number"},
        {"--lr 1e39", "too large for a float32"},
        {"--lr 1e-60", "0 as a float32"},
        {"--momentum 1", "must be below 1"},
        {"--momentum 0.99999999999", "must be below 1"},
        {"--momentum -0.1", "must be at least 0"},
        {"--weight-decay -1", "must be at least 0"},
        {"--seed -1", "must be at least 0"},
        {"--activation "
         "gelu,an-unreasonably-long-name-of-an-activation-that-no-function-may-ever-have",
            "must be relu"},
        {"--hidden 10,0", "must be at least 1 (units)"},
        {"--hidden 10,x", "must be a whole number (units)"},
        {"--threads 0", "must be at least 1 (threads)"},
        {"--threads 70000", "must be at most 4096"},
        {"--team 0", "--team 0: must be at least 1 (ranks)"},
        {"--team -1", "must be node, numa, rank or a number of ranks"},
        {"--team nodes", "must be node, numa, rank or a number of ranks"},
        {"--team 2x", "must be a whole number (ranks)"},
        {"--slices 0", "must be at least 1"},
        {"--pass-rows 0", "must be at least 1 (rows)"},
        {"--log-every 0", "must be at least 1 (iterations)"},
        {"--eval-every 0ep", "must be at least 1"},
        {"--eval-every ep", "1ep"},
        {"--eval-every -3", "1ep"},
        {"--warmup 5s", "--warmup 5s: must be epochs (5ep) or steps (500st), or none"},
        {"--warmup st", "must be epochs (5ep) or steps (500st)"},
        {"--warmup 0st", "must be at least 1"},
        {"--warmup 5epst", "must be epochs (5ep)"},
        {"--batch-schedule 8,16@10st",
            "8,16@10st: 16@10st: a batch size begins after whole epochs; "
            "did you mean 16@10ep?"},
        {"--eval-every 10min", "must be epochs (1ep)"},
        {"--checkpoint-every 10m", "must be a time (10min), epochs (1ep)"},
        {"--checkpoint-every 0s", "must be a time (10min)"},
        {"--checkpoint-every 0", "must be at least 1"},
        {"--verify-every end", "must be epochs (1ep), steps (500st), checkpoint or never"},
        {"--verify-every 10min", "must be epochs (1ep)"},
        {"--verify-every 0", "must be at least 1"},
        {"--max-time 10", "must be a time such as 90s"},
        {"--keep 0", "must be at least 1 (checkpoints)"},
        {"--patience -1", "must be at least 0 (evaluations)"},
        {"--min-delta -1", "must be at least 0"},
        {"--val-split 1.0", "above 0 and below 1"},
        {"--val-split 0.0", "above 0 and below 1"},
        {"--val-split -5", "must be at least 0 (samples)"},
        {"--shuffle maybe", "must be on or off"},
        {"--data ''", "--data: needs a value"},
        {"--lr ''", "--lr: needs a value"},
        {"--lr", "--lr: needs a value: auto|X"},
        {"--shuffle --lr 1", "--shuffle: needs a value: on|off"},
        {"--out --overwrite", "--out: needs a value: DIR"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char line[LINE];
        snprintf(line, sizeof line, "train %s", cases[i][0]);
        refused(line, NULL, STATUS_USAGE, cases[i][1]);
    }
}

TEST(hints)
{
    static const char *const cases[][2] = {
        {"", "lockstep --help"},
        {"trian", "did you mean train?"},
        {"xyzzy",
            "the commands are train, plan, sweep, folds, tune, info, bench, eval, predict, export, "
            "report and data"},
        {"train --bach 3", "did you mean --batch?"},
        {"train --batch-size 3", "did you mean --batch?"},
        {"train --learning-rate 3", "did you mean --lr?"},
        {"train --num-workers 3", "did you mean --threads?"},
        {"train --qqqqqqqq", "lockstep train --help"},
        {"train --optimizer adamx", "did you mean adam?"},
        {"train --scale unti", "did you mean unit?"},
        {"train --kernel zen5", "or portable; did you mean zen3?"},
        {"train --ranks 2", "mpirun -n"},
        {"train --explain", "--explain is an option of plan, not of train"},
        {"info --batch 3",
            "--batch is an option of train, plan, sweep, folds, tune and bench, not of info"},
        {"train --no-shuffle", "--shuffle off"},
        {"train --no-lr", "unknown option --no-lr"},
        {"train -b 3", "two dashes"},
        {"train 3", "unexpected argument 3"},
        {"--lr 3", "lockstep train --lr"},
        {"bench", "lockstep bench: the argument peak|kernel|reduce|step|scaling"},
        {"bench --threads 2", "lockstep bench: the argument peak"},
        {"bench stp", "what stp: must be peak, kernel, reduce, step or scaling; did you mean step"},
        {"bench peak kernel", "unexpected argument kernel; see lockstep help bench"},
        {"bench -x", "two dashes"},
        {"bench step --epochs 3",
            "--epochs is an option of train, plan, sweep, folds and tune, not of bench"},
        {"train --repeats 3", "--repeats is an option of bench, not of train"},
        {"bench peak --repeats 0", "--repeats 0: must be at least 1"},
        {"bench peak --repeats 1001", "--repeats 1001: must be at most 1000"},
        {"bench peak --seconds 0", "--seconds 0: must be above 0"},
        {"bench peak --seconds never", "--seconds never: must be a number (seconds)"},
        {"bench scaling --bind cores", "must be auto or none"},
        {"bench peak --hidden 512", "--hidden is an option of bench step and scaling, not of bench "
                                    "peak"},
        {"bench --batch 64 kernel", "--batch is an option of bench step and scaling, not of bench "
                                    "kernel"},
        {"bench reduce --threads 2", "--threads is an option of bench peak, step and scaling, not "
                                     "of bench reduce"},
        {"bench reduce --reduce allreduce", "not of bench reduce"},
        {"bench step --layouts 1x1", "--layouts is an option of bench scaling, not of bench step"},
        {"bench step --bind none", "--bind is an option of bench scaling, not of bench step"},
        {"bench scaling --layouts 1x2 --threads 2", "--layouts and --threads: each layout has"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        refused(cases[i][0], NULL, STATUS_USAGE, cases[i][1]);
}

TEST(sweep)
{
    struct options o =
        taken("sweep --out o --batch 32..128,500 --lr-grid 0.01..0.64,1 --seeds 3", NULL);
    assert_int_equal(o.command, COMMAND_SWEEP);
    assert_int_equal(o.batch.n, 4);
    assert_int_equal(o.batch.item[3], 500);
    static const double rate[] = {0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1};
    assert_int_equal(o.lr_grid.n, 8);
    for (int i = 0; i < 8; i++)
        assert_true(o.lr_grid.item[i] == rate[i]); /* as written, no 0.6400000000000001 */
    assert_int_equal(o.seeds, 3);
    assert_int_equal(o.budget, BUDGET_EPOCHS);
    assert_true(o.eval_every.unit == EVAL_EPOCHS && o.eval_every.count == 0); /* by the batch */
    assert_int_equal(taken("sweep --out o --batch 32 --eval-every 2ep", NULL).eval_every.count, 2);
    o = taken("sweep --out o --batch 32 --budget steps --max-steps 70", NULL);
    assert_true(o.epochs == 0 && o.max_steps == 70 && o.lr_grid.n == 0);
    assert_true(taken("sweep --out o --batch 7 --lr-grid 0.3..0.31", NULL).lr_grid.n == 1);

    char *text = NULL;
    struct error error;
    struct options again;
    take(&o, "sweep --out o --batch 32..128 --lr-grid 0.1..0.4", NULL);
    assert_int_equal(options_to_text(&o, TEXT_EXACT, &text, &error), STATUS_OK);
    assert_int_equal(options_from_text(&again, text, "text", &error), STATUS_OK);
    assert_same(&o, &again);
    options_clear(&again);
    free(text);
}

TEST(sweep_refuses)
{
    static const char *const cases[][2] = {
        {"sweep --batch 32", "needs --out"},
        {"folds 3 --data t.csv", "lockstep folds needs --out DIR"},
        {"sweep --out o", "lockstep sweep needs --batch N"},
        {"sweep --out o --batch 32..64,64", "--batch: 64 is listed twice"},
        {"sweep --out o --batch 32 --lr-grid 0.2..0.1", "a range must ascend, as in 0.01..0.64"},
        {"sweep --out o --batch 32 --lr-grid 0..1", "--lr-grid 0..1: must be above 0"},
        {"sweep --out o --batch 32 --lr-grid 1..x", "must be a number"},
        {"sweep --out o --batch 32 --lr-grid 1e-30..1", "more than 64 items"},
        {"sweep --out o --batch 32 --lr-grid 0.1..0.2,0.2", "--lr-grid: 0.2 is listed twice"},
        {"sweep --out o --batch 32 --lr-grid 0.1,0.2 --lr 1", "--lr and --lr-grid: the rate comes"},
        {"sweep --out o --batch 32 --lr-grid 1,2 --lr-scale sqrt", "--lr-scale and --lr-grid"},
        {"sweep --out o --batch 32 --seed 9223372036854775807 --seeds 2", "--seed and --seeds"},
        {"sweep --out o --batch 32 --budget steps", "--budget steps needs --max-steps N"},
        {"sweep --out o --batch 32 --max-steps 5", "--budget and --max-steps"},
        {"sweep --out o --batch 32 --budget steps --max-steps 5 --epochs 2",
            "--budget and --epochs"},
        {"sweep --out o --batch 32 --target val_accuracy=0.9", "--target and --val-split"},
        {"sweep --out o --batch 32 --resume o", "--resume is an option of train and plan"},
        {"train --lr-grid 1,2", "--lr-grid is an option of sweep, not of train"},
        {"train --class-weights 1..2", "--class-weights"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        refused(cases[i][0], NULL, STATUS_USAGE, cases[i][1]);
}

TEST(bench)
{
    struct options o = taken("bench --repeats 3 step --batch 32,128 --seconds 0.5", NULL);
    assert_int_equal(o.command, COMMAND_BENCH);
    assert_int_equal(o.what, BENCH_STEP);
    assert_int_equal(o.batch.n, 2);
    assert_int_equal(o.repeats, 3);
    assert_true(o.seconds == 0.5);
    assert_int_equal(o.bind, BIND_AUTO);
    o = taken("bench peak", NULL);
    assert_int_equal(o.what, BENCH_PEAK);
    assert_true(o.seconds == OPTION_AUTO); /* auto */
    assert_int_equal(o.layouts.n, 0);
    char *const environment[] = {
        (char[]){"LOCKSTEP_EPOCHS=3"}, (char[]){"LOCKSTEP_WHAT=kernel"}, NULL};
    assert_int_equal(taken("bench", environment).what, BENCH_KERNEL);
    assert_int_equal(taken("bench reduce", environment).what, BENCH_REDUCE);
    assert_int_equal(taken("bench scaling --threads 2", NULL).threads, 2);
}

/* Environment and config file serve several commands; there an option of another one is no fault.
 */
TEST(bench_passes_over)
{
    char line[LINE];
    char *const environment[] = {
        (char[]){"LOCKSTEP_HIDDEN=7"}, (char[]){"LOCKSTEP_LAYOUTS=1x1"}, NULL};
    assert_int_equal(taken("bench peak", environment).hidden.item[0], 7);
    assert_int_equal(taken("bench scaling --threads 2", environment).layouts.n, 1);
    make_config("batch = 64\nbind = none\n");
    snprintf(line, sizeof line, "bench kernel --config %s", config_path);
    assert_int_equal(taken(line, NULL).batch.item[0], 64);
    for (int i = 0; i < option_count; i++)
        assert_true(!option_table[i].measures || option_serves(&option_table[i], COMMAND_BENCH));
}

TEST(layouts)
{
    struct options o = taken("bench scaling --layouts 1x1,1x16,128x2", NULL);
    assert_int_equal(o.layouts.n, 3);
    assert_int_equal(o.layouts.item[1].threads, 16);
    assert_int_equal(o.layouts.item[2].ranks, 128);
    assert_int_equal(o.layouts.item[2].threads, 2);
    assert_int_equal(taken("bench scaling --layouts auto", NULL).layouts.n, 0);

    static const char *const wrong[] = {"1", "x", "1x", "x1", "0x1", "1x0", "-1x1", "1x1,", ",1x1",
        "1x1,,1x2", "1x1x1", "1x1;1x2", "1.5x1", "1x99999999", "9999999x1", "1X1"};
    char line[LINE];
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        snprintf(line, sizeof line, "bench scaling --layouts=%s", wrong[i]);
        refused(line, NULL, STATUS_USAGE, "must be ranks x threads such as 1x1,2x4");
    }
    snprintf(line, sizeof line, "bench scaling --layouts 1x1");
    for (int n = 1; n < LAYOUTS_MAX; n++)
        strcat(line, ",1x1");
    assert_int_equal(taken(line, NULL).layouts.n, LAYOUTS_MAX);
    strcat(line, ",1x1");
    refused(line, NULL, STATUS_USAGE, "more than 32 items");
}

/* What is said as bytes, and how the record of a run writes it. */
TEST(bytes)
{
    static const struct {
        const char *given;
        int64_t bytes;
        const char *written;
    } known[] = {{"512MiB", INT64_C(512) << 20, "512MiB"}, {"1GiB", 1 << 30, "1GiB"},
        {"1024MiB", 1 << 30, "1GiB"}, {"1536MiB", INT64_C(1536) << 20, "1536MiB"},
        {"100", 100, "100B"}, {"100B", 100, "100B"}, {"65536", 65536, "64KiB"},
        {"3KiB", 3072, "3KiB"}, {"2TiB", INT64_C(2) << 40, "2TiB"},
        {"1,000,000", 1000000, "1000000B"}, {"auto", 0, "auto"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        char line[LINE], written[LINE], *text = NULL;
        struct error error;
        struct options again;
        snprintf(line, sizeof line, "train --memory %s", known[i].given);
        struct options o = taken(line, NULL);
        assert_int_equal(o.memory, known[i].bytes);
        assert_int_equal(options_to_text(&o, TEXT_EXACT, &text, &error), STATUS_OK);
        snprintf(written, sizeof written, "\nmemory = %s\n", known[i].written);
        assert_says(text, written);
        assert_int_equal(options_from_text(&again, text, "text", &error), STATUS_OK);
        assert_int_equal(again.memory, known[i].bytes);
        options_clear(&again);
        free(text);
    }
    static const char *const wrong[] = {"train --memory 0", "train --memory 5MB",
        "train --memory MiB", "train --memory 1.5GiB", "train --memory -1", "train --memory 512mib",
        "train --memory lots", "train --memory 2000000TiB", "train --memory 9999999999999999999",
        "train --memory 1GiBB"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        refused(wrong[i], NULL, STATUS_USAGE, "--memory");
}

TEST(contradictions)
{
    char *const environment[] = {(char[]){"LOCKSTEP_VAL_SPLIT=0.1"}, NULL};
    refused("train --val-data x --val-split 0.1", NULL, STATUS_USAGE, "--val-data and --val-split");
    refused("train --val-data x", environment, STATUS_USAGE, "--val-data and LOCKSTEP_VAL_SPLIT");
    refused("plan --explain --json", NULL, STATUS_USAGE, "--explain and --json");
    refused("train --memory 1GiB --pass-rows 512", NULL, STATUS_USAGE, "--pass-rows and --memory");
    refused("train --memory 1GiB --pass-rows all", NULL, STATUS_USAGE, "--pass-rows and --memory");
    taken("train --memory 1GiB --pass-rows auto", NULL);
    taken("train --memory auto --pass-rows 512", NULL);
    taken("train --val-data x --val-split 0", NULL);
    refused(
        "train --test-data x --test-split 5", NULL, STATUS_USAGE, "--test-data and --test-split");
    refused("train --group a --split-by b --test-split 5", NULL, STATUS_USAGE,
        "--group and --split-by");
    refused("train --split-by b", NULL, STATUS_USAGE, "--split-by and --val-split: nothing is");
    taken("train --split-by b --test-split 5", NULL);
    make_config("\nval-data = x\nval-split = 0.1\n");
    char line[LINE], text[LINE];
    snprintf(line, sizeof line, "train --config %s", config_path);
    snprintf(text, sizeof text, "val-data (%s:2) and val-split (%s:3)", config_path, config_path);
    refused(line, NULL, STATUS_CONFIG, text);
}

TEST(precedence)
{
    char *const environment[] = {(char[]){"HOME=/"}, (char[]){"LOCKSTEP_BATCH=64"},
        (char[]){"LOCKSTEP_DROP_LAST=true"}, (char[]){"LOCKSTEP_LR="}, NULL};
    const char *config = "batch = 32\ndrop-last = off\nseed = 9\nlr = 0.5\n";
    struct options o = with_config(config, "", NULL);
    assert_int_equal(o.batch.item[0], 32);
    assert_false(o.drop_last);
    o = with_config(config, "", environment);
    assert_int_equal(o.batch.item[0], 64);
    assert_true(o.drop_last && o.lr == 0.5); /* an empty variable is none */
    o = with_config(config, "--batch 16 --no-drop-last", environment);
    assert_int_equal(o.batch.item[0], 16);
    assert_false(o.drop_last);
    assert_int_equal(o.seed, 9);
}

TEST(environment_names_the_config)
{
    char variable[LINE];
    char *const environment[] = {variable, NULL};
    make_config("batch = 48\n");
    snprintf(variable, sizeof variable, "LOCKSTEP_CONFIG=%s", config_path);
    assert_int_equal(taken("train", environment).batch.item[0], 48);
    snprintf(variable, sizeof variable, "LOCKSTEP_CONFIG=/nonexistent");
    refused("train", environment, STATUS_NO_INPUT, "/nonexistent");
    assert_int_equal(with_config("batch = 47\n", "", environment).batch.item[0], 47);
}

/* A variable without effect was ignored but written to config.ini, which then could not be read. */
TEST(variables_follow_the_rules_of_flags)
{
    char *const momentum[] = {(char[]){"LOCKSTEP_MOMENTUM=0.5"}, NULL};
    char *const usual[] = {(char[]){"LOCKSTEP_BETA1=0.9"}, (char[]){"LOCKSTEP_PATIENCE=5"}, NULL};
    char line[LINE], text[LINE];
    make_config("optimizer = adamw\n");
    snprintf(line, sizeof line, "train --config %s", config_path);
    snprintf(text, sizeof text, "LOCKSTEP_MOMENTUM and optimizer (%s:1): the first", config_path);
    refused(line, momentum, STATUS_USAGE, text);
    refused("train --optimizer adamw", momentum, STATUS_USAGE, "LOCKSTEP_MOMENTUM and --optimizer");
    struct options o = taken("train", momentum);
    assert_true(o.optimizer.kind == OPTIMIZER_SGD && o.optimizer.momentum == 0.5);
    assert_round_trip(&o);
    o = taken("train --optimizer sgd", usual); /* without effect, but the defaults */
    assert_round_trip(&o);
}

TEST(unknown_variable)
{
    char *const wrong[] = {(char[]){"LOCKSTEP_BACH=64"}, NULL};
    char *const far[] = {(char[]){"LOCKSTEP_QQQQQQQQ=1"}, NULL};
    char *const bad[] = {(char[]){"LOCKSTEP_BATCH=many"}, NULL};
    char *const others[] = {(char[]){"LOCKSTEP_RANKS=2"}, (char[]){"LOCKSTEPS=1"}, NULL};
    refused("train", wrong, STATUS_USAGE, "LOCKSTEP_BACH; did you mean LOCKSTEP_BATCH?");
    refused("train", far, STATUS_USAGE, "unknown environment variable LOCKSTEP_QQQQQQQQ;");
    refused("train", bad, STATUS_USAGE, "LOCKSTEP_BATCH=many: must be a whole number");
    taken("train", others); /* of another command, of another program */
}

TEST(config_file)
{
    struct options o = with_config("# a comment\n"
                                   "; another\n"
                                   "[train]\r\n"
                                   "\tbatch = 64   # with a comment\n"
                                   "  lr: 0.25 ; and another\n"
                                   "drop-last = 1\r\n"
                                   "out = \"a # b; \\x3b\\\\\\\"\"  # quoted\n"
                                   "data = \"one,\"\n"
                                   "       \"two\"\n"
                                   "val-data =\n"
                                   "shuffle=false",
        "", NULL);
    assert_int_equal(o.batch.item[0], 64);
    assert_true(o.lr == 0.25 && o.drop_last && !o.shuffle);
    assert_string_equal(o.out, "a # b; ;\\\"");
    assert_string_equal(o.data, "one,two");
    assert_string_equal(o.val_data, "");
    with_config("", "", NULL);
}

TEST(version_of_a_config_file)
{
    assert_true(config_names_version("# lockstep 0.2.0\nbatch = 1\n"));
    assert_true(
        config_names_version("# lockstep train --config FILE repeats this run (lockstep 12.34.5)"));
    static const char *const none[] = {"", "#", "lockstep 0.2.0", "\n# lockstep 0.2.0\n",
        "# lockstep train --config FILE repeats this run\n# lockstep 0.2.0\n", "# lockstep 2",
        "# lockstep -1.2", "# lockstep"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        if (config_names_version(none[i]))
            fail_msg("\"%s\" names a version", none[i]);
}

TEST(config_faults)
{
    char longer[400];
    snprintf(longer, sizeof longer, "lr = 1\nout = %0300d\n", 7);
    config_refused("train", "lr = 1\nbatch = 0\n", ":2: batch = 0: must be at least 1 (samples)");
    config_refused("train", "lr = 1\n\nbach = 3\n", ":3: unknown option bach; did you mean batch?");
    config_refused("train", "lr = 1\nqqqqqqqq = 3\n", ":2: unknown option qqqqqqqq");
    config_refused("train", "lr = 1\nmomentum\n", ":2: neither `name = value` nor [section]");
    config_refused("train", "momentum\nbatch = 0\nlr = 1\n", ":1: neither");
    config_refused("train", "lr = 1\n[model]\nbatch = 3\n", ":3: unknown section [model]");
    config_refused("train", "lr = 1\nlr = 2\n", ":2: lr was already given in line 1");
    config_refused("train", "ranks = 4\n", ":1: ranks is an option of plan, not of train");
    config_refused("train", "config = x\n", ":1: a config file cannot name another config file");
    config_refused("train", "help = on\n", ":1: unknown option help");
    config_refused("train", "batch = 32,64\n", ":1: batch = 32,64: train takes one value");
    config_refused("train", "lr =\n", ":1: lr = : needs a value");
    config_refused("train", "out = \"a\nlr = 1\n", ":1: a quoted value must end with \"");
    config_refused("train", "out = \"\\q\"\n", ":1: in quotes a backslash");
    config_refused("train", longer, ":2: line too long");
    refused("train --config /nonexistent", NULL, STATUS_NO_INPUT, "/nonexistent");
    make_config("batch = 32,64\n");
    char line[LINE];
    snprintf(line, sizeof line, "plan --config %s", config_path);
    assert_int_equal(taken(line, NULL).batch.n, 2);
}

TEST(round_trip)
{
    static const char *const lines[] = {
        "train",
        "train --data a;b#c --val-data \"quoted\" --test-data back\\slash --out \t --init-from #x",
        "train --val-split 0.1 --lr 0.30000000000000004 --momentum 1e-30 --weight-decay 1e-4 "
        "--hidden none --threads 3 --team 3 --slices 5 --pass-rows all --eval-every 3ep "
        "--max-steps 9",
        ("train --val-split 7 --eval-every never --max-steps 5 --epochs 3 --drop-last --overwrite "
         "--seed 9223372036854775807 --shuffle off --loss mse --init pytorch --progress bar"),
        "train --val-split 0.00001 --eval-every end --pass-rows 300 --lr 12345678.9 --kernel skx",
        "train --team numa",
        "train --early-stop val_loss --patience 0 --min-delta 0.25 --val-split 9 --max-time 36h",
        "train --target val_accuracy=0.88 --val-data x --checkpoint-every 90s --keep 7",
        "train --checkpoint-every 3ep --resume auto --out x",
        "train --checkpoint-every never",
        "train --checkpoint-every 500",
        "plan --batch 1..4611686018427387904 --ranks 7 --samples 12 --explain",
        "plan --team rank --json --batch 3,2,1 --hidden 1,2,3,4,5,6,7,8,9",
        "info --json",
        "info",
        "bench scaling --layouts 1x1,1x2,2x1 --seconds 0.25 --repeats 1000 --bind none --json",
        "bench step --batch 32..1024 --hidden none --kernel zen3",
        "bench peak",
        "help train",
        "help words",
        "plan --help",
        "--help",
        "--version",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct options options;
        take(&options, lines[i], NULL);
        assert_round_trip(&options);
    }
}

/* Texts longer than inih's lines, with what it would take for comments, blanks and ends of lines.
 */
TEST(round_trip_of_hard_texts)
{
    static char every[FILE_PATH_MAX], semicolons[FILE_PATH_MAX], blanks[501],
        long_text[FILE_PATH_MAX];
    struct options options;
    take(&options, "train", NULL);
    for (int i = 0; i < FILE_PATH_MAX - 1; i++)
        every[i] = (char)(1 + i % 255);
    memset(semicolons, ';', FILE_PATH_MAX - 1);
    memset(blanks, ' ', 500);
    memset(long_text, 'x', FILE_PATH_MAX - 1);
    options.data = every;
    options.out = semicolons;
    options.val_data = blanks;
    options.test_data = long_text;
    options.init_from = " \"a\" ; b # c";
    assert_round_trip(&options);
    for (int length = 100; length < 300; length++) {
        char text[300] = "";
        memset(text, length % 2 ? 'y' : '#', (size_t)length);
        options.out = text;
        assert_round_trip(&options);
    }
}

TEST(record_repeats_the_run)
{
    struct options options, again;
    struct error error;
    char *text, line[LINE];
    take(&options, "train --batch 17 --overwrite --epochs 3", NULL);
    char out[301] = "";
    memset(out, 'o', 300);
    options.out = out;
    assert_int_equal(options_to_text(&options, TEXT_RECORD, &text, &error), STATUS_OK);
    assert_says(text, "\n# overwrite = on\n");
    assert_true(config_names_version(text));
    make_config(text);
    free(text);
    snprintf(line, sizeof line, "train --config %s", config_path);
    take(&again, line, NULL);
    options.out = "";
    options.overwrite = false;
    assert_same(&options, &again);
}

TEST(text_without_command)
{
    struct options options;
    struct error error;
    assert_int_equal(options_from_text(&options, "lr = 1\n", "t", &error), STATUS_CONFIG);
    options_clear(&options);
    assert_int_equal(options_from_text(&options, "", "t", &error), STATUS_CONFIG);
    options_clear(&options);
}

static void assert_split(const char *line, int64_t samples, int64_t validation, int64_t test)
{
    struct error error;
    struct split_counts counts;
    struct options options = taken(line, NULL);
    assert_int_equal(options_split(&options, samples, &counts, &error), STATUS_OK);
    assert_true(counts.validation == validation && counts.test == test);
}

static void assert_no_split(const char *line, int64_t samples, const char *message)
{
    struct error error;
    struct split_counts counts;
    struct options options = taken(line, NULL);
    assert_int_equal(options_split(&options, samples, &counts, &error), STATUS_USAGE);
    assert_says(error.text, message);
}

TEST(split_sizes)
{
    assert_split("train --val-split 0.1", 60000, 6000, 0);
    assert_split("train --val-split 0.1", 15, 2, 0); /* 1.5 away from zero */
    assert_split("train --val-split 9", 10, 9, 0);
    assert_split("train", 1, 0, 0);
    assert_split("train --val-split 0.2 --test-split 7", 50, 10, 7);
    assert_no_split("train --val-split 0.1", 3, "--val-split 0.1: less than one of 3");
    assert_no_split("train --test-split 0.1", 3, "--test-split 0.1: less than one of 3");
    assert_no_split("train --val-split 0.9", 2, "none to train on");
    assert_no_split("train --val-split 9", 9, "none to train on");
    assert_no_split("train --val-split 5 --test-split 4", 9,
        "4 test samples and 5 validation samples of 9 leave none");
}

TEST(help_and_version)
{
    static const char *const topics[][2] = {{"--help", ""}, {"help", ""}, {"help train", "train"},
        {"help words", "words"}, {"help train all", "train all"}, {"help --help", ""},
        {"plan --bach 3 --help", "plan"}}; /* whoever asks for help gets it */
    assert_int_equal(taken("--version", NULL).command, COMMAND_VERSION);
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++) {
        struct options o = taken(topics[i][0], NULL);
        assert_int_equal(o.command, COMMAND_HELP);
        assert_string_equal(o.topic, topics[i][1]);
    }
}

static bool has_bounds(const struct option *option)
{
    switch (option->kind) {
    case KIND_INT:
    case KIND_BYTES:
    case KIND_SPLIT:
    case KIND_INTERVAL:
        return option->least < option->most && option->unit;
    case KIND_REAL:
        return option->from < option->to && option->unit;
    case KIND_TEXT:
        return !option->words || option->words[0];
    case KIND_CHOICE:
        return option->words && option->words[0];
    default:
        return true;
    }
}

TEST(table_is_whole)
{
    for (int i = 0; i < option_count; i++) {
        const struct option *option = &option_table[i];
        bool stored = option->kind != KIND_HELP && option->kind != KIND_CONFIG;
        bool whole =
            option->help && *option->help && option->commands && option->group < N_GROUPS &&
            has_bounds(option) && option_find(option->name) == option &&
            (option->fallback || option->kind == KIND_TEXT || option->kind == KIND_METRIC ||
                option->kind == KIND_TARGET || option->positional || !stored);
        if (!whole)
            fail_msg(
                "--%s: help, group, commands, bounds, unit or default is missing", option->name);
        for (int j = 0; stored && j < i; j++)
            if (option_table[j].offset == option->offset && option_table[j].kind < KIND_CONFIG &&
                (option_table[j].commands & option->commands))
                fail_msg("--%s and --%s share a place", option_table[j].name, option->name);
    }
}

/* The values of a preset are ordinary ones, and every other source wins over them. */
TEST(presets)
{
    struct options o = taken("train --preset table", NULL);
    assert_true(
        o.val_split.fraction == 0.2 && o.encode == ENCODE_PIECEWISE && o.batch.item[0] == 32);
    assert_true(o.stop.early && o.stop.patience == 16 && o.ema.epochs == 1 && o.epochs == 80);
    char *const environment[] = {(char[]){"LOCKSTEP_PATIENCE=3"}, NULL};
    o = taken("train --batch 64 --preset table --max-steps 50", environment);
    assert_true(o.batch.item[0] == 64 && o.stop.patience == 3 && o.max_steps == 50);
    assert_true(o.epochs != 80);
    o = taken("train --preset table --val-data v.csv", NULL);
    assert_true(o.val_split.fraction == 0 && o.stop.early);
    o = taken("train --preset none", NULL);
    assert_false(o.stop.early);
    refused("train --preset tables", NULL, STATUS_USAGE, "--preset");
}

TEST(models)
{
    struct options o = taken("eval runs/a --data x.csv --top-k 3 --json --threads 2", NULL);
    assert_int_equal(o.command, COMMAND_EVAL);
    assert_string_equal(o.model, "runs/a");
    assert_int_equal(o.top_k, 3);
    assert_true(o.json && o.threads == 2);
    o = taken("predict --data - m.safetensors --output logits --out -", NULL);
    assert_int_equal(o.command, COMMAND_PREDICT);
    assert_string_equal(o.model, "m.safetensors");
    assert_string_equal(o.data, "-");
    assert_string_equal(o.out, "-");
    assert_int_equal(o.output, PREDICT_LOGITS);
    assert_int_equal(o.format, PREDICT_CSV);
    assert_int_equal(taken("predict m --data x --format npy", NULL).format, PREDICT_NPY);
    refused("eval m", NULL, STATUS_USAGE, "lockstep eval needs --data SOURCE");
    refused(
        "predict --data x", NULL, STATUS_USAGE, "lockstep predict: the argument MODEL is missing");
    refused("eval m --data -", NULL, STATUS_USAGE, "--data -: eval does not read");
    refused("predict m --data - --format npy", NULL, STATUS_USAGE, "--data and --format");
    refused("eval m --data x --epochs 3", NULL, STATUS_USAGE, "--epochs is an option of train");
    refused("train --output x", NULL, STATUS_USAGE, "did you mean --out?");
    refused("train --top-k 3", NULL, STATUS_USAGE, "--top-k is an option of eval, not of train");
    refused("predict m --data x --output values,x", NULL, STATUS_USAGE, "--output");
    char *const environment[] = {(char[]){"LOCKSTEP_DATA=y.csv"}, NULL};
    assert_string_equal(taken("eval m", environment).data, "y.csv");
}

TEST(lists_of_paths)
{
    struct options o = taken("report runs/a --out x.html b.json c", NULL);
    assert_int_equal(o.command, COMMAND_REPORT);
    assert_string_equal(o.paths, "runs/a\nb.json\nc");
    assert_string_equal(o.out, "x.html");
    assert_string_equal(taken("report a,b", NULL).paths, "a,b");
    assert_string_equal(taken("report a", NULL).out, "");
    struct options again;
    struct error none;
    char *text;
    assert_int_equal(options_to_text(&o, TEXT_EXACT, &text, &none), STATUS_OK);
    assert_int_equal(options_from_text(&again, text, "a text", &none), STATUS_OK);
    assert_same(&o, &again);
    options_clear(&again);
    free(text);
    refused("report", NULL, STATUS_USAGE, "lockstep report: the argument DIR|FILE... is missing");
    refused("report a --batch 3", NULL, STATUS_USAGE, "--batch is an option of");
    refused("report a -b", NULL, STATUS_USAGE, "unexpected argument -b");
    static char long_path[OPTION_PATHS_MAX + 1];
    memset(long_path, 'x', OPTION_PATHS_MAX);
    char *const many[] = {(char[]){"lockstep"}, (char[]){"report"}, long_path};
    struct error error;
    assert_int_equal(options_read(&o, 3, many, NULL, &error), STATUS_USAGE);
    assert_says(error.text, "name a directory that contains them");
    options_clear(&o);
    char *const lines[] = {(char[]){"lockstep"}, (char[]){"report"}, (char[]){"a\nb"}};
    assert_int_equal(options_read(&o, 3, lines, NULL, &error), STATUS_USAGE);
    assert_says(error.text, "contains a newline");
    options_clear(&o);
}

/* The page, which the caller frees. */
static char *page_of(const char *topic)
{
    char *text = NULL;
    size_t size;
    struct error error = {0};
    FILE *file = open_memstream(&text, &size);
    assert_non_null(file);
    if (help_print(file, topic, &error))
        fail_msg("%s", error.text);
    assert_int_equal(fclose(file), 0);
    return text;
}

static int count(const char *text, const char *what)
{
    int n = 0;
    for (const char *at = strstr(text, what); at; at = strstr(at + 1, what))
        n++;
    return n;
}

/* Descriptions of the option on a page: lines that begin with it. */
static int count_option(const char *page, const struct option *option, enum command command)
{
    char name[80], form[64], with_value[82], alone[82];
    if (option->positional & (unsigned)command)
        snprintf(name, sizeof name, "\n  %s", option_form(option, form));
    else
        snprintf(name, sizeof name, "\n  --%s", option->name);
    snprintf(with_value, sizeof with_value, "%s ", name);
    snprintf(alone, sizeof alone, "%s\n", name);
    return count(page, with_value) + count(page, alone);
}

static void assert_page_is_short(const char *page, int most_lines)
{
    assert_true(count(page, "\n") <= most_lines);
    for (const char *line = page; *line; line += strcspn(line, "\n") + 1)
        assert_true(strcspn(line, "\n") <= 100);
}

TEST(help_has_every_option_once)
{
    for (int c = 0; c < NUMBER_OF_HELP; c++) {
        char all[32];
        snprintf(all, sizeof all, "%s all", command_words[c]);
        char *few = page_of(command_words[c]), *whole = page_of(all);
        enum command command = command_find(command_words[c]);
        int omitted = 0;
        for (int i = 0; i < option_count; i++) {
            int wanted = option_serves(&option_table[i], command);
            int shown = count_option(few, &option_table[i], command);
            if (count_option(whole, &option_table[i], command) != wanted || shown > wanted)
                fail_msg("--%s on the pages of %s", option_table[i].name, command_words[c]);
            omitted += wanted - shown;
        }
        char more[64];
        snprintf(more, sizeof more, "\n%d more options: lockstep help %s", omitted, all);
        assert_int_equal(count(few, more), omitted > 0);
        assert_page_is_short(few, 120);
        assert_page_is_short(whole, 360);
        free(few);
        free(whole);
    }
    char *bench = page_of("bench all"); /* which measurements use an option */
    assert_says(bench, "[threads; default auto; for peak, step and scaling]");
    free(bench);
}

TEST(help_has_topics)
{
    char *program = page_of("");
    for (int i = 0; i < help_topics_count; i++) {
        char line[64];
        snprintf(line, sizeof line, "\n  lockstep help %s ", help_topics[i].name);
        assert_int_equal(count(program, line), 1);
        char *page = page_of(help_topics[i].name);
        assert_page_is_short(page, 120);
        free(page);
    }
    for (int i = 0; i < COMMAND_COUNT; i++) {
        char line[64];
        snprintf(line, sizeof line, "\n  lockstep %s ", command_words[i]);
        assert_true(count(program, line) >= 1);
    }
    free(program);
    char *words = page_of("words");
    assert_says(words, "micro-batch");
    free(words);

    static const char *const wrong[][2] = {{"trian", "no help on trian; did you mean train?"},
        {"qqqqqqqq", "there is help on train, plan, sweep"}, {"word", "did you mean words?"},
        {"train few", "no help on train few"}, {"words all", "no help on words all"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct error error = {0};
        assert_int_equal(help_print(stdout, wrong[i][0], &error), STATUS_USAGE);
        assert_says(error.text, wrong[i][1]);
        assert_says(error.text, "exit-codes");
    }
}

int main(void)
{
    return unit_run(NULL, drop_config);
}
