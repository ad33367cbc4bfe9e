/* How a network is trained: which options go together, what follows from them, what is refused. */
#include "options/training_settings.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options/data_defaults.h"
#include "support/command_line.h"
#include "support/unit.h"

static struct options taken(const char *line)
{
    struct options options;
    struct error error = {0};
    if (command_line_read(&options, line, NULL, &error))
        fail_msg("%s: %s", line, error.text);
    return options;
}

static void refused(const char *line, const char *message)
{
    struct options options;
    struct error error = {0};
    if (command_line_read(&options, line, NULL, &error) != STATUS_USAGE)
        fail_msg("%s: not refused (%s)", line, error.text);
    assert_says(error.text, message);
}

/* --- values ----------------------------------------------------------------------------------- */

TEST(what_is_automatic_follows_the_optimizer)
{
    static const struct {
        const char *line;
        double lr, momentum, eps, weight_decay;
    } wanted[] = {
        {"train", 0.001, 0, 1e-8, 0.01},
        {"train --optimizer sgd", 0.02, 0.9, 1e-8, 0},
        {"train --optimizer adam", 0.001, 0, 1e-8, 0},
        {"train --hidden none", 0.02, 0, 1e-8, 0.01},
        {"train --hidden none --optimizer rmsprop", 0.001, 0, 1e-8, 0},
        {"train --optimizer adamw", 0.001, 0, 1e-8, 0.01},
        {"train --optimizer rmsprop", 0.001, 0, 1e-8, 0},
        {"train --optimizer adagrad", 0.01, 0, 1e-10, 0},
        {"train --optimizer adamw --weight-decay 0 --lr 1 --eps 1e-3", 1, 0, 1e-3, 0},
        {"train --momentum 0", 0.02, 0, 1e-8, 0},
        {"train --lr auto --momentum auto", 0.02, 0.9, 1e-8, 0},
        {"train --dampening 0.5", 0.02, 0.9, 1e-8, 0},
        {"train --nesterov", 0.02, 0.9, 1e-8, 0},
        {"train --nesterov --optimizer sgd --lr 1", 1, 0.9, 1e-8, 0},
        {"bench step", 0.02, 0.9, 1e-8, 0},
        {"sweep --batch 8,16 --out x", 0.001, 0, 1e-8, 0.01},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        struct options o = taken(wanted[i].line);
        if (o.lr != wanted[i].lr || o.optimizer.momentum != wanted[i].momentum ||
            o.optimizer.eps != wanted[i].eps || o.optimizer.weight_decay != wanted[i].weight_decay)
            fail_msg("%s: lr %g, momentum %g, eps %g, weight decay %g", wanted[i].line, o.lr,
                o.optimizer.momentum, o.optimizer.eps, o.optimizer.weight_decay);
    }
}

TEST(lengths_are_steps_or_epochs)
{
    struct options o = taken("train --schedule step --step-size 100 --warmup 5ep");
    assert_true(o.step_size.steps == 100 && o.step_size.epochs == 0);
    assert_true(o.warmup.steps == 0 && o.warmup.epochs == 5);
    o = taken("train --schedule multistep --milestones 500,3ep,7_000");
    assert_int_equal(o.milestones.n, 3);
    refused("train --warmup ep", "must be epochs (5ep) or steps (500st), or none");
    refused("train --warmup 0", "must be at least 1 (steps, or epochs)");
    refused("train --warmup -3", "must be epochs (5ep)");
    refused("train --warmup 5 --warmup 5epochs", "must be epochs (5ep)");
    refused("train --schedule multistep --milestones 5,,7", "must be epochs (5ep)");
}

TEST(lists_of_words_and_weights)
{
    struct options o = taken("train --hidden 9,8,7 --activation relu,gelu,tanh");
    assert_int_equal(o.activation.n, 3);
    assert_int_equal(o.activation.item[1], ACTIVATION_GELU);
    assert_int_equal(o.activation.item[2], ACTIVATION_TANH);
    assert_int_equal(taken("train").class_weights.n, 0);
    assert_int_equal(taken("train --class-weights balanced").class_weights.n, -1);
    o = taken("train --class-weights 1,0.5,2e1");
    assert_int_equal(o.class_weights.n, 3);
    assert_true(o.class_weights.item[0] == 1 && o.class_weights.item[1] == 0.5 &&
                o.class_weights.item[2] == 20);
    refused("train --activation relu,gulu", "did you mean gelu?");
    refused("train --activation relu,", "must be relu");
    refused("train --class-weights 1,-1", "must be at least");
    refused("train --class-weights 1,x", "must be a number");
    refused("train --dropout 1", "must be below 1");
    refused("train --eps 1e-40", "must be at least");
}

/* --- values that depend on the data ------------------------------------------------------------- */

TEST(defaults_follow_the_data)
{
    static const struct {
        struct data_facts facts;
        const char *line;
        int64_t batch, epochs;
        double dropout;
        enum scale_kind scale;
        enum init_kind init;
        enum loss_kind loss;
        enum target_scaling targets;
    } cases[] = {
        /* Batch sizes: the largest power of two below N/16, but not more than N. */
        {{1, true, false, true}, "train", 1, 600, 0.2, SCALE_BOUNDED, INIT_PYTORCH,
            LOSS_CROSS_ENTROPY, TARGETS_UNSCALED},
        {{512, true, false, true}, "train", 16, 19, 0.2, SCALE_BOUNDED, INIT_PYTORCH,
            LOSS_CROSS_ENTROPY, TARGETS_UNSCALED},
        {{513, true, true, true}, "train", 32, 36, 0.2, SCALE_UNIT, INIT_PYTORCH,
            LOSS_CROSS_ENTROPY, TARGETS_UNSCALED},
        {{INT64_C(1) << 40, true, false, false}, "train", 128, 10, 0.2, SCALE_BOUNDED, INIT_PYTORCH,
            LOSS_MSE, TARGETS_STANDARD},
        {{60000, false, true, true}, "train", 128, 10, 0, SCALE_UNIT, INIT_BY_ACTIVATION,
            LOSS_CROSS_ENTROPY, TARGETS_UNSCALED},
        {{100, false, false, false}, "train", 100, 10, 0, SCALE_BOUNDED, INIT_BY_ACTIVATION,
            LOSS_MSE, TARGETS_STANDARD},
        /* What is given stays, and --batch changes nothing else. */
        {{512, true, false, false}, "train --batch 64 --loss bce --hidden none", 64, 19, 0,
            SCALE_BOUNDED, INIT_PYTORCH, LOSS_BCE, TARGETS_UNSCALED},
        {{512, true, false, false}, "train --loss huber --max-steps 5 --dropout 0.5 --init he", 16,
            0, 0.5, SCALE_BOUNDED, INIT_HE, LOSS_HUBER, TARGETS_STANDARD},
        {{512, true, true, false},
            "train --epochs 7 --scale by-type --normalize-target none --dropout 0", 16, 7, 0,
            SCALE_BY_TYPE, INIT_PYTORCH, LOSS_MSE, TARGETS_UNSCALED},
        {{512, true, false, true}, "bench step", 128, 0, 0, SCALE_BY_TYPE, INIT_BY_ACTIVATION,
            LOSS_CROSS_ENTROPY, TARGETS_UNSCALED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct options o = taken(cases[i].line);
        if (o.command == COMMAND_BENCH)
            o.epochs = 0;
        data_defaults_settle(&o, &cases[i].facts);
        if (o.batch.n != 1 || o.batch.item[0] != cases[i].batch || o.epochs != cases[i].epochs ||
            o.dropout != cases[i].dropout || o.scale != cases[i].scale || o.init != cases[i].init ||
            o.loss != cases[i].loss || o.normalize_target != cases[i].targets)
            fail_msg("case %zu, %s: batch %lld, epochs %lld, dropout %g, scale %d, init %d, loss "
                     "%d, targets %d",
                i, cases[i].line, (long long)o.batch.item[0], (long long)o.epochs, o.dropout,
                o.scale, o.init, o.loss, o.normalize_target);
    }
}

TEST(classes_that_are_stratified)
{
    double when[1] = {0};
    int32_t group[1] = {0};
    const struct {
        const char *line;
        struct dataset dataset;
        enum stratify_choice choice; /* STRATIFY_AUTO: refused */
    } cases[] = {
        {"train --val-split 5", {.classes = 2, .table = true}, STRATIFY_ON},
        {"train --test-split 0.5", {.classes = 2, .table = true}, STRATIFY_ON},
        {"train", {.classes = 2, .table = true}, STRATIFY_OFF},
        {"train --val-split 5", {.classes = 2}, STRATIFY_OFF},
        {"train --val-split 5 --stratify on", {.classes = 2}, STRATIFY_ON},
        {"train --val-split 5 --stratify off", {.classes = 2, .table = true}, STRATIFY_OFF},
        {"train --val-split 5", {.outputs = 1, .table = true}, STRATIFY_OFF},
        {"train --val-split 5", {.classes = 2, .table = true, .group = group}, STRATIFY_OFF},
        {"train --val-split 5", {.classes = 2, .table = true, .when = when}, STRATIFY_OFF},
        {"train --val-split 5 --stratify on", {.outputs = 1, .table = true}, STRATIFY_AUTO},
        {"train --val-split 5 --stratify on", {.classes = 2, .group = group}, STRATIFY_AUTO},
        {"train --test-split 5 --stratify on", {.classes = 2, .when = when}, STRATIFY_AUTO},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct options options = taken(cases[i].line);
        struct error error = {0};
        enum status status = data_defaults_stratify(&options, &cases[i].dataset, &error);
        bool refuses = cases[i].choice == STRATIFY_AUTO;
        if ((status == STATUS_USAGE) != refuses ||
            (!refuses && options.stratify != cases[i].choice))
            fail_msg("case %zu, %s: %d, %s", i, cases[i].line, options.stratify, error.text);
    }
}

/* --- options that go together ----------------------------------------------------------------- */

TEST(what_means_nothing_is_refused)
{
    static const char *const cases[][2] = {
        {"--optimizer adam --momentum 0.9",
            "--momentum and --optimizer: the first is only used if the second is "
            "sgd,rmsprop, not adam"},
        {"--optimizer sgd --beta1 0.9", "--beta1 and --optimizer"},
        {"--momentum 0.9 --beta1 0.9", "--beta1 and --optimizer"},
        {"--optimizer adagrad --alpha 0.9", "--alpha and --optimizer"},
        {"--step-size 100", "--step-size and --schedule"},
        {"--schedule step", "--schedule step needs --step-size"},
        {"--schedule multistep", "--schedule multistep needs --milestones"},
        {"--schedule exponential", "--schedule exponential needs --gamma"},
        {"--schedule exponential --gamma auto", "--schedule exponential needs --gamma"},
        {"--schedule step --step-size none", "--schedule step needs --step-size"},
        {"--schedule multistep --milestones none", "--schedule multistep needs --milestones"},
        {"--hidden none --dropout 0.5", "--dropout and --hidden"},
        {"--hidden none --activation tanh", "--activation and --hidden"},
        {"--init he --init-from x.safetensors", "--init and --init-from"},
        {"--schedule constant --schedule-by epoch", "--schedule-by and --schedule"},
        {"--class-weights 1,1e-45", "must be at least"},
        {"--class-weights 1,1e38", "must be below"},
        {"--target val_accuracy=2 --val-split 9", "can never be"},
        {"--target val_loss=-1 --val-split 9", "can never be"},
        {"--schedule cosine --gamma 0.1", "--gamma and --schedule"},
        {"--schedule plateau --val-split 0.1 --eval-every end", "--schedule and --eval-every"},
        {"--schedule plateau", "--schedule and --val-split"},
        {"--schedule plateau --val-split 9 --plateau-metric f1", "no metric f1"},
        {"--schedule plateau --val-split 9 --plateau-metric test_loss",
            "no longer be evaluated on them"},
        {"--early-stop val_loss", "--early-stop and --val-split"},
        {"--patience 3", "--patience and --early-stop: the first is not used without the second"},
        {"--min-delta 3", "--min-delta and --early-stop"},
        {"--plateau-patience 3", "--plateau-patience and --schedule"},
        {"--base-batch 32", "--base-batch and --lr-scale"},
        {"--huber-delta 2", "--huber-delta and --loss"},
        {"--loss mse --label-smoothing 0.1", "--label-smoothing and --loss"},
        {"--loss huber --class-weights 1,2", "--class-weights and --loss"},
        {"--leaky-slope 0.1", "--leaky-slope and --activation"},
        {"--nesterov --momentum 0", "--nesterov and --momentum"},
        {"--nesterov --dampening 0.5", "--nesterov and --dampening"},
        {"--dampening 0.5 --momentum 0", "--dampening and --momentum"},
        {"--hidden 5,5,5 --activation relu,tanh", "--activation and --hidden"},
        {"--data a.npy,b.npy --labels c.npy", "--labels and --data"},
        {"--weight-decay -1", "must be at least 0"},
        {"--clip-norm 0", "must be above 0"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char line[200];
        snprintf(line, sizeof line, "train %s", cases[i][0]);
        refused(line, cases[i][1]);
    }
}

/* The record of a run names every option, those without effect too, and must be taken back. */
TEST(a_record_is_taken_back)
{
    static const char *const lines[] = {
        "train",
        "train --optimizer adam",
        "train --optimizer adamw --weight-decay 0.5 --beta2 0.99 --clip-norm 1",
        "train --optimizer rmsprop --momentum 0.25 --alpha 0.9 --eps 1e-5",
        "train --optimizer sgd --momentum 0.8 --dampening 0.5 --clip-value 3",
        "train --schedule multistep --milestones 5ep,700 --gamma 0.5 --warmup 1ep",
        "train --schedule one-cycle --pct-start 0.25 --div-factor 10",
        "train --lr-scale sqrt --base-batch 64",
        "train --schedule plateau --plateau-metric val_accuracy --plateau-patience 0 --val-split 9",
        "train --hidden 5,5 --activation gelu,leaky-relu --leaky-slope 0.2 --dropout 0.5",
        "train --loss huber --huber-delta 0.5 --normalize-target standard",
        "train --class-weights 1,2,3 --label-smoothing 0.1 --label species --header on",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct options first = taken(lines[i]), again;
        struct error error = {0};
        char *text = NULL;
        assert_int_equal(options_to_text(&first, TEXT_EXACT, &text, &error), STATUS_OK);
        if (options_from_text(&again, text, "record", &error))
            fail_msg("%s: %s", lines[i], error.text);
        free(text);
        char *second = NULL;
        assert_int_equal(options_to_text(&first, TEXT_EXACT, &text, &error), STATUS_OK);
        assert_int_equal(options_to_text(&again, TEXT_EXACT, &second, &error), STATUS_OK);
        assert_string_equal(text, second);
        options_clear(&again);
        free(text);
        free(second);
    }
}

/* --- what they come to ------------------------------------------------------------------------ */

static struct plan plan_of(const struct options *options)
{
    struct plan plan;
    struct error error = {0};
    struct options settled = *options;
    data_defaults_settle(&settled, &(struct data_facts){.samples = 1000});
    struct plan_request request = {.samples = 1000,
        .batch = settled.batch.item[0],
        .epochs = settled.epochs,
        .max_steps = options->max_steps,
        .teams = 1,
        .threads = 1};
    if (plan_make(&plan, &request, &error))
        fail_msg("%s", error.text);
    return plan;
}

static struct schedule schedule_of(const char *line)
{
    struct options options = taken(line);
    struct plan plan = plan_of(&options);
    struct schedule schedule;
    struct error error = {0};
    if (training_settings_schedule(&options, &plan, &schedule, &error))
        fail_msg("%s: %s", line, error.text);
    return schedule;
}

static void schedule_refused(const char *line, const char *message)
{
    struct options options = taken(line);
    struct plan plan = plan_of(&options);
    struct schedule schedule;
    struct error error = {0};
    assert_int_equal(training_settings_schedule(&options, &plan, &schedule, &error), STATUS_USAGE);
    assert_says(error.text, message);
}

TEST(schedules_know_the_plan)
{
    struct schedule s = schedule_of("train --batch 100 --epochs 5 --schedule cosine --warmup 1ep");
    assert_int_equal(s.total_steps, 50);
    assert_int_equal(s.warmup, 10);
    assert_true(s.lr == 0.001 && s.min_lr == 0 && s.length == 0 && !s.by_epoch);

    /* The smaller of epochs and max-steps. */
    s = schedule_of("train --batch 100 --epochs 5 --max-steps 33 --schedule cosine");
    assert_int_equal(s.total_steps, 33);

    s = schedule_of(
        "train --batch 96 --epochs 5 --schedule step --step-size 2ep --schedule-by epoch");
    assert_int_equal(s.step_size, 22);
    assert_int_equal(s.steps_per_epoch, 11);
    assert_true(s.by_epoch && s.gamma == 0.1);

    s = schedule_of("train --batch 100 --epochs 9 --schedule multistep --milestones 7,1ep,3ep");
    assert_true(s.n_milestones == 3 && s.milestone[1] == 10 && s.milestone[2] == 30);

    s = schedule_of("train --batch 512 --lr 0.1 --lr-scale linear --base-batch 128");
    assert_true(s.lr == 0.4);
    s = schedule_of("train --batch 512 --lr 0.1 --lr-scale sqrt");
    assert_true(s.lr == 0.2);
    s = schedule_of("train --lr 0.5 --schedule linear --lr-end 0.125");
    assert_true(s.end_factor == 0.25);
}

TEST(schedules_that_cannot_be)
{
    schedule_refused("train --batch 100 --epochs 2 --warmup 21",
        "--warmup takes 21 steps, but the run has only 20");
    schedule_refused("train --schedule multistep --milestones 5,5",
        "number 2 (step 5) does not come after the previous one (step 5)");
    schedule_refused("train --schedule cosine --lr-end 1", "--lr-end 1 is above the rate");
    schedule_refused("train --warmup 1099511627776ep", "--warmup takes");
}

TEST(losses_ask_the_data)
{
    float target[4] = {0, 1, 0.5f, 1};
    int32_t label[2] = {0, 1};
    struct dataset values = {.name = "v", .samples = 2, .outputs = 2, .targets = target};
    struct dataset classes = {.name = "c", .samples = 2, .classes = 2, .labels = label};
    static const struct {
        const char *line;
        bool on_classes;
        const char *message; /* NULL: taken as `kind` */
        enum loss_kind kind;
    } cases[] = {
        {"train", true, NULL, LOSS_CROSS_ENTROPY},
        {"train", false, NULL, LOSS_MSE},
        {"train --loss bce", false, NULL, LOSS_BCE},
        {"train --loss mae", false, NULL, LOSS_MAE},
        {"train --loss huber --huber-delta 3", false, NULL, LOSS_HUBER},
        {"train --loss huber", true, "--loss huber: c has classes", 0},
        {"train --loss bce", true, "--loss bce: c has classes", 0},
        {"train --loss cross-entropy", false, "v has numbers as targets", 0},
        {"train --label-smoothing 0.1", false, "--label-smoothing and --loss mse", 0},
        {"train --class-weights 1,2", false, "--class-weights and --loss mse", 0},
        {"train --normalize-target standard", true, "--normalize-target: c has classes", 0},
        {"train --normalize-target standard --loss bce", false, "--normalize-target and --loss bce",
            0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct options options = taken(cases[i].line);
        struct criterion criterion;
        struct error error = {0};
        enum status status = training_settings_loss(
            &options, cases[i].on_classes ? &classes : &values, &criterion, &error);
        if (cases[i].message) {
            assert_int_equal(status, STATUS_USAGE);
            assert_says(error.text, cases[i].message);
        } else {
            assert_int_equal(status, STATUS_OK);
            assert_int_equal(criterion.kind, cases[i].kind);
        }
    }

    struct options options = taken("train --loss bce");
    struct criterion criterion;
    struct error error = {0};
    target[3] = 1.5f;
    assert_int_equal(training_settings_loss(&options, &values, &criterion, &error), STATUS_USAGE);
    assert_says(error.text, "target 1 of sample 1 (both from 0) of v is 1.5");
}

TEST(networks_get_their_activations)
{
    const int64_t hidden[3] = {4, 5, 6};
    struct mlp mlp;
    struct error error = {0};
    assert_int_equal(mlp_init(&mlp, 3, hidden, 3, 2, &error), STATUS_OK);
    struct options one = taken("train --hidden 4,5,6 --activation silu --dropout 0.5");
    training_settings_network(&one, &mlp);
    assert_true(mlp.activation[0] == ACTIVATION_SILU && mlp.activation[2] == ACTIVATION_SILU);
    assert_true(mlp.dropout_hidden == 0.5f && mlp.dropout_input == 0);
    struct options each = taken("train --hidden 4,5,6 --activation relu,tanh,leaky-relu");
    training_settings_network(&each, &mlp);
    assert_true(mlp.activation[0] == ACTIVATION_RELU && mlp.activation[1] == ACTIVATION_TANH &&
                mlp.activation[2] == ACTIVATION_LEAKY_RELU && mlp.leaky_slope == 0.01f);
}
