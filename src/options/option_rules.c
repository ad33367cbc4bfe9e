#include "options/option_rules.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "options/option_sources.h"
#include "options/option_value.h"

/* "--val-split", "LOCKSTEP_VAL_SPLIT" or "val-split (run.ini:3)": the option as it was given. */
static const char *as_given(const struct reading *reading, const char *name, char out[320])
{
    const struct option *option = option_find(name);
    size_t i = option_index(option);
    if (reading->origin[i] == FROM_CONFIG)
        snprintf(out, 320, "%s (%s:%d)", name, reading->config, reading->line[i]);
    else if (reading->origin[i] == FROM_ENVIRONMENT)
        option_variable(option, out);
    else
        snprintf(out, 320, "--%s", name);
    return out;
}

static enum status contradiction(const struct reading *reading, const char *one, const char *other,
    const char *why, struct error *error)
{
    char first[320], second[320];
    bool config = reading->origin[option_index(option_find(one))] == FROM_CONFIG &&
                  reading->origin[option_index(option_find(other))] == FROM_CONFIG;
    return fail(error, config ? STATUS_CONFIG : STATUS_USAGE, "%s and %s: %s",
        as_given(reading, one, first), as_given(reading, other, second), why);
}

/* --- what follows from other options ---------------------------------------------------------- */

static void take_usual(double *value, double usual)
{
    if (*value == OPTION_AUTO)
        *value = usual;
}

static void settle_automatic(struct options *options)
{
    struct optimizer_settings *optimizer = &options->optimizer;
    struct optimizer_usual usual = optimizer_usual(optimizer->kind);
    take_usual(&options->lr, usual.lr);
    take_usual(&optimizer->momentum, usual.momentum);
    take_usual(&optimizer->beta2, usual.beta2);
    take_usual(&optimizer->eps, usual.eps);
    take_usual(&optimizer->weight_decay, usual.weight_decay);
    if (options->eval_every.unit == EVAL_EPOCHS && options->eval_every.count == 0 &&
        options->command != COMMAND_SWEEP)
        options->eval_every.count = 1;
    if (options->schedule.kind != SCHEDULE_EXPONENTIAL)
        take_usual(&options->schedule.gamma, 0.1);
}

/* Members of settings that no option has, or that several have. */
static void complete_settings(struct options *options)
{
    options->stop.early = options->stop.watched.set != METRIC_TRAIN;
    options->stop.max_time_s = (double)options->max_time;
    options->plateau.maximise = metric_rises(options->plateau_metric.metric);
    options->plateau.threshold = 1e-4;
    options->plateau.min_lr = options->schedule.min_lr;
}

/* --- options that mean something only with others --------------------------------------------- */

enum { VALUE_TEXT = 4200 };

static void print_value(
    const struct option *option, const struct options *options, char out[VALUE_TEXT])
{
    memset(out, 0, VALUE_TEXT);
    FILE *file = fmemopen(out, VALUE_TEXT - 1, "w");
    if (!file)
        return;
    option_print(file, option, options);
    fclose(file);
}

bool option_is_usual(const struct option *option, const struct options *options)
{
    char reason[OPTION_REASON_MAX], said[VALUE_TEXT], usual[VALUE_TEXT];
    struct options plain = *options;
    option_store(option, &plain, option->fallback ? option->fallback : "", reason);
    settle_automatic(&plain);
    print_value(option, options, said);
    print_value(option, &plain, usual);
    return strcmp(said, usual) == 0;
}

static enum status check_companion(
    const struct reading *reading, const struct option *option, struct error *error)
{
    const struct option *with = option_find(option->with);
    enum origin origin = reading->origin[option_index(option)];
    char value[VALUE_TEXT], own[VALUE_TEXT], why[200];
    print_value(with, reading->options, value);
    if (option->when ? option_lists_meet(value, option->when) : *value != '\0') {
        print_value(option, reading->options, own);
        if (option->needed && strcmp(own, option->fallback) == 0)
            return fail(error, STATUS_USAGE, "--%s %s needs --%s %s: %s", with->name, value,
                option->name, option->value, option->help);
        return STATUS_OK;
    }
    /* The record of a run names every option, also those that mean nothing in it. */
    bool meant = origin == FROM_CONFIG && !option_is_usual(option, reading->options);
    if (origin != FROM_FLAG && !meant)
        return STATUS_OK;
    if (option->when)
        snprintf(why, sizeof why,
            "the first means something only where the second is %s, not %.60s", option->when,
            value);
    else
        snprintf(why, sizeof why, "the first means nothing without the second");
    return contradiction(reading, option->name, with->name, why, error);
}

static enum status check_companions(const struct reading *reading, struct error *error)
{
    enum status status = STATUS_OK;
    for (int i = 0; i < option_count && !status; i++)
        if (option_table[i].with && option_serves(&option_table[i], reading->options->command) &&
            option_serves(option_find(option_table[i].with), reading->options->command))
            status = check_companion(reading, &option_table[i], error);
    return status;
}

static bool was_flag(const struct reading *reading, const char *name)
{
    return reading->origin[option_index(option_find(name))] == FROM_FLAG;
}

/* The run begins with the first batch of the schedule, and only its record says both. */
static enum status settle_batches(const struct reading *reading, struct error *error)
{
    struct options *options = reading->options;
    const struct stage_list *list = &options->batch_schedule;
    struct int_list first = {.n = 1, .item = {list->item[0].batch}};
    enum origin origin = reading->origin[option_index(option_find("batch"))];
    if (list->n == 0)
        return STATUS_OK;
    for (int i = 0; i < list->n; i++)
        if ((i == 0) != (list->item[i].after_epochs == 0))
            return fail(error, STATUS_USAGE,
                "--batch-schedule: must be a batch size, followed by batch sizes that begin after "
                "whole epochs: 128,256@10ep,512@20ep");
    bool same = options->batch.n == 1 && options->batch.item[0] == first.item[0];
    if (origin == FROM_FLAG || (origin != FROM_DEFAULT && !same))
        return contradiction(reading, "batch", "batch-schedule",
            "the second says how large all batches are; leave the first out", error);
    if (options->schedule.by_epoch)
        return contradiction(reading, "batch-schedule", "schedule-by",
            "epochs then differ in length, so the rate follows the steps", error);
    if (options->step_size.epochs > 0)
        return contradiction(reading, "batch-schedule", "step-size",
            "epochs then differ in length; give --schedule multistep --milestones", error);
    options->batch = first;
    return STATUS_OK;
}

static enum status check_recipe(const struct reading *reading, struct error *error)
{
    const struct options *options = reading->options;
    if (options->optimizer.nesterov &&
        (options->optimizer.momentum == 0 || options->optimizer.dampening != 0))
        return contradiction(reading, "nesterov",
            options->optimizer.momentum == 0 ? "momentum" : "dampening",
            "Nesterov's momentum needs a momentum, and no dampening", error);
    if (options->optimizer.dampening != 0 && options->optimizer.momentum == 0)
        return contradiction(
            reading, "dampening", "momentum", "without momentum there is nothing to dampen", error);
    if (options->schedule.kind == SCHEDULE_EXPONENTIAL && options->schedule.gamma == OPTION_AUTO)
        return fail(error, STATUS_USAGE,
            "--schedule exponential needs --gamma X: what the rate is multiplied by at every step, "
            "or, with --schedule-by epoch, at every epoch");
    if (options->hidden.n == 0 && (options->dropout > 0 || was_flag(reading, "activation")))
        return contradiction(reading, options->dropout > 0 ? "dropout" : "activation", "hidden",
            "the first is of hidden layers, and there are none", error);
    if (*options->init_from && was_flag(reading, "init"))
        return contradiction(
            reading, "init", "init-from", "initial weights come from one of them", error);
    if (options->schedule.kind == SCHEDULE_CONSTANT && was_flag(reading, "schedule-by") &&
        options->warmup.steps == 0 && options->warmup.epochs == 0)
        return contradiction(reading, "schedule-by", "schedule",
            "a constant rate without warm-up is the same by step and by epoch", error);
    if (options->activation.n > 1 && options->activation.n != options->hidden.n)
        return contradiction(reading, "activation", "hidden",
            "give one activation for all hidden layers, or one for each", error);
    if (*options->labels && strchr(options->data, ','))
        return contradiction(reading, "labels", "data",
            "the second names a file of labels too; leave one out", error);
    return STATUS_OK;
}

/* An option that the measurement would not look at is a misunderstanding. Only the command line is
 * meant for one measurement: environment and config file may serve several commands. */
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
    if (what == BENCH_SCALING && reading->options->layouts.n > 0 &&
        reading->origin[option_index(option_find("layouts"))] == FROM_FLAG &&
        reading->origin[option_index(option_find("threads"))] == FROM_FLAG)
        return contradiction(reading, "layouts", "threads",
            "each layout says its threads itself; leave --threads out", error);
    return STATUS_OK;
}

static enum status check_needed(const struct reading *reading, struct error *error)
{
    enum command command = reading->options->command;
    for (int i = 0; i < option_count; i++)
        if ((option_table[i].needed_by & (unsigned)command) && !reading->origin[i])
            return fail(error, STATUS_USAGE, "lockstep %s needs --%s %s", command_name(command),
                option_table[i].name, option_table[i].value);
    return STATUS_OK;
}

static enum status check_model(const struct reading *reading, struct error *error)
{
    const struct options *options = reading->options;
    bool piped = strcmp(options->data, "-") == 0;
    if (piped && options->command == COMMAND_EVAL)
        return fail(error, STATUS_USAGE,
            "--data -: eval does not read standard input, which predict does; name a file");
    if (piped && options->format == PREDICT_NPY)
        return contradiction(reading, "data", "format",
            "an NPY file begins with its number of samples, which standard input does not tell; "
            "write csv, or name a file",
            error);
    return STATUS_OK;
}

/* --- sweep ------------------------------------------------------------------------------------ */

static enum status check_budget(const struct reading *reading, struct error *error)
{
    const struct options *options = reading->options;
    if (options->budget == BUDGET_STEPS && options->max_steps == 0)
        return fail(error, STATUS_USAGE,
            "--budget steps needs --max-steps N: the steps that every batch size takes");
    if (options->budget == BUDGET_STEPS && options->epochs > 0)
        return contradiction(reading, "budget", "epochs",
            "batch sizes get the same steps or the same epochs; leave --epochs out", error);
    if (options->budget == BUDGET_EPOCHS && options->max_steps > 0)
        return contradiction(reading, "budget", "max-steps",
            "batch sizes get the same epochs or the same steps; add --budget steps, or leave "
            "--max-steps out",
            error);
    return STATUS_OK;
}

static enum status check_rates(const struct reading *reading, struct error *error)
{
    const struct real_list *grid = &reading->options->lr_grid;
    for (int i = 0; i < grid->n; i++)
        for (int j = 0; j < i; j++)
            if ((float)grid->item[i] == (float)grid->item[j])
                return fail(error, STATUS_USAGE, "--lr-grid: %g stands there twice", grid->item[i]);
    if (grid->n > 0 && was_flag(reading, "lr"))
        return contradiction(reading, "lr", "lr-grid", "the rate comes from one of them", error);
    if (grid->n > 0 && reading->options->lr_scale != LR_SCALE_NONE)
        return contradiction(reading, "lr-scale", "lr-grid",
            "the rates of a grid are tried as they are, with every batch size", error);
    return STATUS_OK;
}

static enum status check_sweep(const struct reading *reading, struct error *error)
{
    const struct options *options = reading->options;
    const struct int_list *batch = &options->batch;
    if (!*options->out && !reading->whole_text)
        return fail(error, STATUS_USAGE,
            "lockstep sweep needs --out DIR: where it keeps its runs, and goes on if it is "
            "stopped");
    for (int i = 0; i < batch->n; i++)
        for (int j = 0; j < i; j++)
            if (batch->item[i] == batch->item[j])
                return fail(
                    error, STATUS_USAGE, "--batch: %" PRId64 " stands there twice", batch->item[i]);
    if (options->seed > INT64_MAX - options->seeds)
        return contradiction(reading, "seed", "seeds", "there are not so many numbers", error);
    enum status status = check_budget(reading, error);
    return status ? status : check_rates(reading, error);
}

/* --- rules about a metric --------------------------------------------------------------------- */

/* A rule about a metric: the data that it is of, and evaluations to count in. */
static enum status check_metric(const struct reading *reading, const char *name,
    struct metric_choice metric, struct error *error)
{
    const struct options *options = reading->options;
    bool split = options->val_split.fraction > 0 || options->val_split.count > 0;
    if (metric.set == METRIC_VALIDATION && !*options->val_data && !split)
        return contradiction(reading, name, "val-split",
            "it looks at validation data, and there are none; add --val-split 0.1 or --val-data",
            error);
    if (options->eval_every.unit == EVAL_END || options->eval_every.unit == EVAL_NEVER)
        return contradiction(reading, name, "eval-every",
            "it counts evaluations, so there must be some on the way, as --eval-every 1ep", error);
    return STATUS_OK;
}

static enum status check_metrics(const struct reading *reading, struct error *error)
{
    const struct options *options = reading->options;
    enum status status = STATUS_OK;
    if (options->stop.early)
        status = check_metric(reading, "early-stop", options->stop.watched, error);
    if (!status && options->stop.aims)
        status = check_metric(reading, "target", options->stop.target, error);
    if (!status && options->schedule.kind == SCHEDULE_PLATEAU)
        status = check_metric(reading, "schedule", options->plateau_metric, error);
    return status;
}

static enum status settle_resume(const struct reading *reading, struct error *error)
{
    const struct options *options = reading->options;
    bool automatic = strcmp(options->resume, "auto") == 0;
    if (!*options->resume || reading->whole_text)
        return STATUS_OK;
    if (options->overwrite)
        return contradiction(reading, "resume", "overwrite",
            "one goes on with what is there, the other removes it", error);
    if (automatic && !*options->out)
        return contradiction(reading, "resume", "out",
            "auto goes on with the run in --out DIR, which must be given", error);
    if (!automatic && *options->out)
        return contradiction(
            reading, "resume", "out", "a run goes on in its own directory; leave --out out", error);
    return STATUS_OK;
}

static enum status check_plan(const struct reading *reading, struct error *error)
{
    const struct options *options = reading->options;
    if (options->explain && (options->json || options->csv))
        return contradiction(reading, "explain", options->json ? "json" : "csv",
            "one is for people, one for programs", error);
    if (options->json && options->csv)
        return contradiction(reading, "json", "csv", "take one of them", error);
    if (options->measure && *options->figures)
        return contradiction(reading, "measure", "figures",
            "times are measured now, or were before; leave one out", error);
    if (options->measure && options->samples > 0)
        return contradiction(reading, "measure", "samples",
            "steps are measured on data; give --data, as synthetic:samples=...", error);
    if ((options->features > 0 || options->outputs > 0) && options->samples == 0)
        return contradiction(reading, options->features > 0 ? "features" : "outputs", "samples",
            "the data say the first; it is for plans without data", error);
    if ((options->features > 0) != (options->outputs > 0))
        return contradiction(reading, options->features > 0 ? "features" : "outputs",
            options->features > 0 ? "outputs" : "features",
            "a network has both; give the other one too", error);
    return STATUS_OK;
}

enum status reading_settle(struct reading *reading, struct error *error)
{
    struct options *options = reading->options;
    bool split = options->val_split.fraction > 0 || options->val_split.count > 0;
    const struct option *positional = option_positional(options->command);
    char form[64];
    if (positional && !reading->origin[option_index(positional)])
        return fail(error, STATUS_USAGE, "lockstep %s needs to know %s: %s",
            command_name(options->command), positional->name, option_form(positional, form));
    if (options->max_steps > 0 && !reading->origin[option_index(option_find("epochs"))])
        options->epochs = 0;
    if (options->epochs == 0 && options->max_steps == 0 && options->command != COMMAND_INFO)
        return contradiction(
            reading, "epochs", "max-steps", "both none, so the run has no end", error);
    if (*options->val_data && split)
        return contradiction(reading, "val-data", "val-split",
            "validation samples come from one of them; leave the other out", error);
    if (options->pass_rows > 0 && options->memory > 0)
        return contradiction(reading, "pass-rows", "memory",
            "each says how many rows a pass has; leave one out", error);
    settle_automatic(options);
    complete_settings(options);
    enum status status = settle_batches(reading, error);
    if (!status)
        status = check_companions(reading, error);
    if (!status)
        status = check_recipe(reading, error);
    if (!status && options->command == COMMAND_BENCH)
        status = check_measured(reading, error);
    if (!status && options->command == COMMAND_PLAN)
        status = check_plan(reading, error);
    if (!status)
        status = check_needed(reading, error);
    if (!status && (options->command == COMMAND_EVAL || options->command == COMMAND_PREDICT))
        status = check_model(reading, error);
    if (!status && options->command == COMMAND_SWEEP)
        status = check_sweep(reading, error);
    if (!status && (options->command == COMMAND_TRAIN || options->command == COMMAND_PLAN ||
                       options->command == COMMAND_SWEEP))
        status = check_metrics(reading, error);
    return status ? status : settle_resume(reading, error);
}
