#include "options/option_rules.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options/option_sources.h"
#include "options/option_value.h"

/* Writes the option's name in the form of its source: "--val-split", "LOCKSTEP_VAL_SPLIT" or
 * "val-split (run.ini:3)". */
static const char *as_given(const struct reading *reading, const char *name, char out[320])
{
    const struct option *option = option_find(name);
    enum origin origin = reading_origin(reading, name);
    if (origin == FROM_CONFIG)
        snprintf(
            out, 320, "%s (%s:%d)", name, reading->config, reading->line[option_index(option)]);
    else if (origin == FROM_ENVIRONMENT)
        option_variable(option, out);
    else
        snprintf(out, 320, "--%s", name);
    return out;
}

static enum status contradiction(const struct reading *reading, const char *one, const char *other,
    const char *why, struct error *error)
{
    char first[320], second[320];
    bool config = reading_origin(reading, one) == FROM_CONFIG &&
                  reading_origin(reading, other) == FROM_CONFIG;
    return fail(error, config ? STATUS_CONFIG : STATUS_USAGE, "%s and %s: %s",
        as_given(reading, one, first), as_given(reading, other, second), why);
}

static bool is_flag(const struct reading *reading, const char *name)
{
    return reading_origin(reading, name) == FROM_FLAG;
}

/* True if --val-split takes samples for validation, and --test-split for test. */
static bool splits(const struct options *options)
{
    return options->val_split.fraction > 0 || options->val_split.count > 0;
}

static bool splits_test(const struct options *options)
{
    return options->test_split.fraction > 0 || options->test_split.count > 0;
}

/* True if an average of the weights is kept. */
static bool averages(const struct options *options)
{
    return options->ema.steps > 0 || options->ema.epochs > 0;
}

/* --- values that follow from other options ---------------------------------------------------- */

static void take_default(double *value, double preset)
{
    if (*value == OPTION_AUTO)
        *value = preset;
}

/* Without a unit, a length counts epochs if the schedule does; in a config file of lockstep 0.1 it
 * counts steps. */
static void settle_length(const struct reading *reading, const char *name, struct length *length)
{
    bool by_epoch = reading->options->schedule.by_epoch && !reading_is_former(reading, name);
    if (length->bare && by_epoch)
        *length = (struct length){.epochs = length->steps};
    length->bare = false;
}

static void settle_lengths(struct reading *reading)
{
    struct options *options = reading->options;
    settle_length(reading, "warmup", &options->warmup);
    settle_length(reading, "step-size", &options->step_size);
    settle_length(reading, "ema", &options->ema);
    for (int i = 0; i < options->milestones.n; i++)
        settle_length(reading, "milestones", &options->milestones.item[i]);
}

/* Leaves in --search the options that no source has given or, if --search was given, those that no
 * source has given that overrides its own. A preset only sets where the search begins. The runs keep
 * their best weights, so that their metrics are those of the score; and without being asked, they
 * keep one checkpoint, and do not measure the noise scale, which would happen at every rung. */
static void settle_search(struct reading *reading)
{
    struct options *options = reading->options;
    struct word_list *search = &options->search;
    const char *const *name = option_find("search")->words;
    enum origin own = reading_origin(reading, "search");
    int n = 0;
    for (int i = 0; i < search->n; i++)
        if (reading_origin(reading, name[search->item[i]]) <= (own ? own : FROM_PRESET))
            search->item[n++] = search->item[i];
    search->n = n;
    options->stop.final_weights = FINAL_BEST;
    if (!reading_origin(reading, "noise-scale"))
        options->noise_scale = NOISE_SCALE_OFF;
    if (!reading_origin(reading, "keep"))
        options->keep = 1;
}

/* Sets the defaults that depend on the command or on which other options are given. */
static void settle_defaults(struct reading *reading)
{
    struct options *options = reading->options;
    bool of_sgd = reading_origin(reading, "momentum") || reading_origin(reading, "dampening") ||
                  reading_origin(reading, "nesterov");
    if (!reading_origin(reading, "optimizer") && of_sgd)
        options->optimizer.kind = OPTIMIZER_SGD;
    if (!reading_origin(reading, "schedule") && options->command == COMMAND_SWEEP)
        options->schedule.kind = SCHEDULE_CONSTANT;
    if (options->max_steps > 0 && !reading_origin(reading, "epochs"))
        options->epochs = 0;
    if (options->command == COMMAND_TUNE)
        settle_search(reading);
    if (options->command == COMMAND_BENCH) /* whose figures can then be compared with older ones */
        reading_take_former(reading);
}

/* The automatic rate of adam and adamw without hidden layers. A step of theirs changes a weight by
 * about the rate; the weights of a linear model end far from where they begin. */
static const double rate_of_linear = 0.02;

static void settle_automatic(struct options *options)
{
    struct optimizer_settings *optimizer = &options->optimizer;
    struct optimizer_defaults defaults = optimizer_defaults(optimizer->kind);
    bool adam = optimizer->kind == OPTIMIZER_ADAM || optimizer->kind == OPTIMIZER_ADAMW;
    take_default(&options->lr, adam && options->hidden.n == 0 ? rate_of_linear : defaults.lr);
    take_default(&optimizer->momentum, defaults.momentum);
    take_default(&optimizer->beta2, defaults.beta2);
    take_default(&optimizer->eps, defaults.eps);
    take_default(&optimizer->weight_decay, defaults.weight_decay);
    if (options->eval_every.unit == EVAL_EPOCHS && options->eval_every.count == 0 &&
        options->command != COMMAND_SWEEP)
        options->eval_every.count = 1;
    if (options->schedule.kind != SCHEDULE_EXPONENTIAL)
        take_default(&options->schedule.gamma, 0.1);
}

/* Sets the members that no option stores, and those that several options share. */
static void complete_settings(struct options *options)
{
    options->stop.early = options->stop.watched.set != METRIC_TRAIN;
    options->stop.max_time_s = (double)options->max_time;
    options->plateau.maximise = metric_rises(options->plateau_metric.metric);
    options->plateau.threshold = 1e-4;
    options->plateau.min_lr = options->schedule.min_lr;
    if (options->batch_schedule.n > 0) /* the run begins with the schedule's first batch size */
        options->batch = (struct int_list){.n = 1, .item = {options->batch_schedule.item[0].batch}};
}

bool option_is_default(const struct option *option, const struct options *options)
{
    char reason[OPTION_REASON_MAX], *value = NULL, *usual = NULL;
    struct error ignored;
    struct options plain = *options;
    option_store(option, &plain, option->fallback ? option->fallback : "", reason);
    settle_automatic(&plain);
    bool same = !option_text(&value, option, options, &ignored) &&
                !option_text(&usual, option, &plain, &ignored) && strcmp(value, usual) == 0;
    free(value);
    free(usual);
    return same;
}

/* --- options that depend on others ------------------------------------------------------------ */

/* `value`: the value of the option that this one depends on. */
static enum status check_companion(const struct reading *reading, const struct option *option,
    const char *value, struct error *error)
{
    enum origin origin = reading->origin[option_index(option)];
    char why[200], form[64];
    if (option->when ? option_lists_meet(value, option->when) : *value != '\0') {
        if (option->needed && option_is_default(option, reading->options))
            return fail(error, STATUS_USAGE, "--%s %s needs --%s %s: %s", option->with, value,
                option->name, option_form(option, form), option->help);
        return STATUS_OK;
    }
    /* config.ini of a run lists every option, including those without effect. Variables follow the
     * same rule, so that the config.ini that they lead to can be read. */
    if (origin != FROM_FLAG && (!origin || option_is_default(option, reading->options)))
        return STATUS_OK;
    if (option->when)
        snprintf(why, sizeof why, "the first is only used if the second is %s, not %.60s",
            option->when, value);
    else
        snprintf(why, sizeof why, "the first is not used without the second");
    return contradiction(reading, option->name, option->with, why, error);
}

static enum status check_companions(const struct reading *reading, struct error *error)
{
    for (int i = 0; i < option_count; i++) {
        const struct option *option = &option_table[i];
        const struct option *with = option->with ? option_find(option->with) : NULL;
        if (!with || !option_serves(option, reading->options->command) ||
            !option_serves(with, reading->options->command))
            continue;
        char *value;
        TRY(option_text(&value, with, reading->options, error));
        enum status status = check_companion(reading, option, value, error);
        free(value);
        if (status)
            return status;
    }
    return STATUS_OK;
}

/* Rejects options on the command line that the measurement does not use. Such options are allowed
 * in the environment and the config file, since these may serve several commands. */
static enum status check_measured(const struct reading *reading, struct error *error)
{
    enum bench_what what = reading->options->what;
    for (int i = 0; i < option_count; i++) {
        char list[OPTION_LIST_TEXT];
        const struct option *option = &option_table[i];
        if (reading->origin[i] == FROM_FLAG && !option_is_measured(option, what))
            return fail(error, STATUS_USAGE, "--%s is an option of bench %s, not of bench %s",
                option->name, option_measurements(option, list),
                option_positional(COMMAND_BENCH)->words[what]);
    }
    return STATUS_OK;
}

static enum status check_needed(const struct reading *reading, struct error *error)
{
    enum command command = reading->options->command;
    for (int i = 0; i < option_count; i++) {
        char form[64];
        const struct option *option = &option_table[i];
        if (!option_serves(option, command) || reading->origin[i])
            continue;
        if (option->positional & (unsigned)command)
            return fail(error, STATUS_USAGE, "lockstep %s: the argument %s is missing",
                command_name(command), option_form(option, form));
        if (option->needed_by & (unsigned)command)
            return fail(error, STATUS_USAGE, "lockstep %s needs --%s %s", command_name(command),
                option->name, option_form(option, form));
    }
    return STATUS_OK;
}

/* --- contradictions --------------------------------------------------------------------------- */

/* Two options that contradict each other if `broken`; `why` gives the reason. If `one` is NULL,
 * `why` is the whole message. */
struct rule {
    bool broken;
    const char *one, *other, *why;
};

static enum status check_rules(
    const struct reading *reading, const struct rule *rule, size_t n, struct error *error)
{
    for (size_t i = 0; i < n; i++)
        if (rule[i].broken)
            return rule[i].one
                       ? contradiction(reading, rule[i].one, rule[i].other, rule[i].why, error)
                       : fail(error, STATUS_USAGE, "%s", rule[i].why);
    return STATUS_OK;
}
#define CHECK_RULES(rules) check_rules(reading, rules, sizeof(rules) / sizeof *(rules), error)

/* True if the first stage begins with the run, and the others later. */
static bool stages_follow(const struct stage_list *list)
{
    for (int i = 0; i < list->n; i++)
        if ((i == 0) != (list->item[i].after_epochs == 0))
            return false;
    return true;
}

/* `given`: --batch before the schedule replaced it. config.ini of a run has both --batch and
 * --batch-schedule, and the two agree. */
static enum status check_training(
    const struct reading *reading, const struct int_list *given, struct error *error)
{
    const struct options *o = reading->options;
    const struct optimizer_settings *optimizer = &o->optimizer;
    const struct stage_list *stages = &o->batch_schedule;
    enum origin batch = reading_origin(reading, "batch");
    bool same_batch = given->n == 1 && given->item[0] == stages->item[0].batch,
         staged = stages->n > 0;
    bool still = optimizer->momentum == 0, dampened = optimizer->dampening != 0;
    bool linear = o->hidden.n == 0, warms = o->warmup.steps > 0 || o->warmup.epochs > 0;
    const struct rule rules[] = {
        {!stages_follow(stages), NULL, NULL,
            "--batch-schedule: must be a batch size, followed by batch sizes that begin after "
            "whole epochs: 128,256@10ep,512@20ep"},
        {staged && (batch == FROM_FLAG || (batch != FROM_DEFAULT && !same_batch)), "batch",
            "batch-schedule", "the second sets the size of all batches; omit the first"},
        {staged && o->schedule.by_epoch, "batch-schedule", "schedule-by",
            "epochs then differ in length, so the rate must follow the steps"},
        {staged && o->step_size.epochs > 0, "batch-schedule", "step-size",
            "epochs then differ in length; give --schedule multistep --milestones"},
        {staged && o->ema.epochs > 0, "batch-schedule", "ema",
            "epochs then differ in length; give the second in steps, such as 500st"},
        {o->stop.final_weights == FINAL_EMA && !averages(o), "final-weights", "ema",
            "the first needs an average of the weights; for instance --ema 1ep"},
        {o->schedule.kind == SCHEDULE_EXPONENTIAL && o->schedule.gamma == OPTION_AUTO, NULL, NULL,
            "--schedule exponential needs --gamma X: the factor of the rate at every step, or, "
            "with --schedule-by epoch, at every epoch"},
        {*o->val_data && splits(o), "val-data", "val-split",
            "validation samples come from one of them; omit the other"},
        {*o->test_data && splits_test(o), "test-data", "test-split",
            "test samples come from one of them; omit the other"},
        {*o->group && *o->split_by, "group", "split-by",
            "the data are split by one of them; omit the other"},
        {*o->split_by && (o->folds > 0 || *o->fold), NULL, NULL,
            "--split-by: folds are drawn at random, whatever the order of the samples; omit it, or "
            "test on the last samples: train --test-split 0.2 with --split-by"},
        {*o->split_by && !splits(o) && !splits_test(o) && o->command != COMMAND_DATA, "split-by",
            "val-split", "nothing is split; add --val-split 0.2 or --test-split 0.2"},
        {o->pass_rows > 0 && o->memory > 0, "pass-rows", "memory",
            "both set the rows of a pass; omit one"},
        {optimizer->nesterov && (still || dampened), "nesterov", still ? "momentum" : "dampening",
            "Nesterov momentum needs a momentum above 0, and no dampening"},
        {dampened && still, "dampening", "momentum", "without momentum there is nothing to dampen"},
        {linear && (o->dropout > 0 || is_flag(reading, "activation")),
            o->dropout > 0 ? "dropout" : "activation", "hidden",
            "the first applies to hidden layers, and there are none"},
        {*o->init_from && is_flag(reading, "init"), "init", "init-from",
            "initial weights come from one of them"},
        {o->schedule.kind == SCHEDULE_CONSTANT && is_flag(reading, "schedule-by") && !warms,
            "schedule-by", "schedule",
            "a constant rate without warm-up is the same by step and by epoch"},
        {o->activation.n > 1 && o->activation.n != o->hidden.n, "activation", "hidden",
            "give one activation for all hidden layers, or one for each"},
        {*o->labels && strchr(o->data, ','), "labels", "data",
            "the second names a file of labels too; omit one"},
    };
    return CHECK_RULES(rules);
}

/* The rules of single commands. An option that a command does not take has its default. */
static enum status check_command(const struct reading *reading, struct error *error)
{
    const struct options *o = reading->options;
    bool features = o->features > 0, outputs = o->outputs > 0, piped = strcmp(o->data, "-") == 0;
    bool sweep = o->command == COMMAND_SWEEP, by_steps = o->budget == BUDGET_STEPS;
    bool grid = o->lr_grid.n > 0, resumes = *o->resume && !reading->whole_text;
    bool automatic = strcmp(o->resume, "auto") == 0;
    const char *network = features ? "features" : "outputs";
    const struct rule rules[] = {
        {o->explain && (o->json || o->csv), "explain", o->json ? "json" : "csv",
            "the calculation is only printed as text; omit one"},
        {o->json && o->csv, "json", "csv", "give only one of them"},
        {o->measure && *o->figures, "measure", "figures",
            "times are either measured now or taken from a file; omit one"},
        {o->measure && o->samples > 0, "measure", "samples",
            "steps are measured on data; give --data, for instance synthetic:samples=..."},
        {(features || outputs) && o->samples == 0, network, "samples",
            "the first is known from the data; it is only for plans without data"},
        {features != outputs, network, features ? "outputs" : "features",
            "a network has both; give both"},

        {piped && o->command == COMMAND_EVAL, NULL, NULL,
            "--data -: eval does not read standard input, only predict does; name a file"},
        {piped && o->format == PREDICT_NPY, "data", "format",
            "an NPY file begins with its number of samples, which is unknown for standard input; "
            "write csv, or name a file"},

        {o->what == BENCH_SCALING && o->layouts.n > 0 && is_flag(reading, "layouts") &&
                is_flag(reading, "threads"),
            "layouts", "threads", "each layout has its own threads; omit --threads"},

        {sweep && !*o->out && !reading->whole_text, NULL, NULL,
            "lockstep sweep needs --out DIR: the directory of its runs, in which the same command "
            "continues a sweep that was stopped"},
        {sweep && o->batch.n == 0, NULL, NULL,
            "lockstep sweep compares batch sizes: --batch needs numbers, e.g. 16,32,64 or "
            "16..1024"},
        {by_steps && o->max_steps == 0, NULL, NULL,
            "--budget steps needs --max-steps N: the steps of every batch size"},
        {sweep && o->seed > INT64_MAX - o->seeds, "seed", "seeds",
            "the last seed would be too large"},
        {by_steps && o->epochs > 0, "budget", "epochs",
            "all batch sizes get the same number of steps; omit --epochs"},
        {sweep && !by_steps && o->max_steps > 0, "budget", "max-steps",
            "all batch sizes get the same number of epochs; add --budget steps, or omit "
            "--max-steps"},
        {grid && is_flag(reading, "lr"), "lr", "lr-grid", "the rate comes from one of them"},
        {grid && o->lr_scale != LR_SCALE_NONE, "lr-scale", "lr-grid",
            "the rates of a grid are used unchanged at every batch size"},

        {resumes && o->overwrite, "resume", "overwrite",
            "the first continues the run that exists, the second removes it"},
        {resumes && automatic && !*o->out, "resume", "out",
            "auto continues the run in --out DIR, which must be given"},
        {resumes && !automatic && *o->out, "resume", "out",
            "a run continues in its own directory; omit --out"},
    };
    return CHECK_RULES(rules);
}

/* The rules of folds and tune. */
static enum status check_folds_and_tune(const struct reading *reading, struct error *error)
{
    const struct options *o = reading->options;
    bool tune = o->command == COMMAND_TUNE;
    enum eval_unit evaluations = o->eval_every.unit;
    const struct rule rules[] = {
        {o->command == COMMAND_FOLDS && o->folds == 0, NULL, NULL,
            "lockstep folds needs the number of folds, at least 2"},
        {o->command == COMMAND_FOLDS && !*o->out && !reading->whole_text, NULL, NULL,
            "lockstep folds needs --out DIR: the directory of its runs, in which the same command "
            "continues a cross-validation that was stopped"},
        {tune && !*o->out && !reading->whole_text, NULL, NULL,
            "lockstep tune needs --out DIR: the directory of its runs, in which the same command "
            "continues a study that was stopped"},
        {tune && o->search.n == 0, NULL, NULL,
            "nothing to search: every option that lockstep tune could search is given; omit one of "
            "--hidden, --lr, --dropout, --weight-decay, --encode, --bins and --scale"},
        {tune && !*o->val_data && !splits(o), NULL, NULL,
            "lockstep tune compares its tries by a validation metric; add --val-split 0.2 or "
            "--val-data"},
        {tune && (evaluations == EVAL_END || evaluations == EVAL_NEVER), NULL, NULL,
            "--eval-every: lockstep tune compares its tries while they are trained; for instance "
            "--eval-every 1ep"},
    };
    return CHECK_RULES(rules);
}

/* Rejects a batch size or a rate that a sweep would try twice. */
static enum status check_repeated(const struct reading *reading, struct error *error)
{
    const struct int_list *batch = &reading->options->batch;
    const struct real_list *grid = &reading->options->lr_grid;
    for (int i = 0; i < batch->n; i++)
        for (int j = 0; j < i; j++)
            if (batch->item[i] == batch->item[j])
                return fail(
                    error, STATUS_USAGE, "--batch: %" PRId64 " is listed twice", batch->item[i]);
    for (int i = 0; i < grid->n; i++)
        for (int j = 0; j < i; j++)
            if ((float)grid->item[i] == (float)grid->item[j])
                return fail(error, STATUS_USAGE, "--lr-grid: %g is listed twice", grid->item[i]);
    return STATUS_OK;
}

/* --- metrics ---------------------------------------------------------------------------------- */

/* Checks that the metric watched by the option `name` is available: the option needs the data for
 * that metric, and evaluations during the run. */
static enum status check_metric(const struct reading *reading, const char *name,
    struct metric_choice metric, struct error *error)
{
    const struct options *options = reading->options;
    enum eval_unit unit = options->eval_every.unit;
    bool validation = !metric_set_is_test(metric.set);
    const struct rule rules[] = {
        {metric_set_is_averaged(metric.set) && !averages(options), name, "ema",
            "the metric is of averaged weights; for instance --ema 1ep"},
        {validation && !*options->val_data && !splits(options), name, "val-split",
            "the first needs validation data, and there are none; add --val-split 0.1 or "
            "--val-data"},
        {unit == EVAL_END || unit == EVAL_NEVER, name, "eval-every",
            "the first counts evaluations, so there must be some during the run; for instance "
            "--eval-every 1ep"},
    };
    return CHECK_RULES(rules);
}

static enum status check_metrics(const struct reading *reading, struct error *error)
{
    const struct options *options = reading->options;
    if (options->stop.early || options->stop.final_weights == FINAL_BEST)
        TRY(check_metric(reading, options->stop.early ? "early-stop" : "final-weights",
            stop_watched(&options->stop), error));
    if (options->stop.has_target)
        TRY(check_metric(reading, "target", options->stop.target, error));
    if (options->schedule.kind == SCHEDULE_PLATEAU)
        TRY(check_metric(reading, "schedule", options->plateau_metric, error));
    return STATUS_OK;
}

/* ---------------------------------------------------------------------------------------------- */

enum status reading_settle(struct reading *reading, struct error *error)
{
    struct options *options = reading->options;
    struct int_list batch = options->batch;
    bool runs = option_serves(option_find("epochs"), options->command);
    settle_defaults(reading);
    settle_lengths(reading);
    settle_automatic(options);
    complete_settings(options);
    TRY(check_needed(reading, error));
    if (runs && options->epochs == 0 && options->max_steps == 0)
        return contradiction(
            reading, "epochs", "max-steps", "both are none, so the run has no end", error);
    TRY(check_companions(reading, error));
    TRY(check_training(reading, &batch, error));
    if (options->command == COMMAND_BENCH)
        TRY(check_measured(reading, error));
    if (options->command == COMMAND_SWEEP)
        TRY(check_repeated(reading, error));
    TRY(check_command(reading, error));
    TRY(check_folds_and_tune(reading, error));
    return runs ? check_metrics(reading, error) : STATUS_OK;
}
