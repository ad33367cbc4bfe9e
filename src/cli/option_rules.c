#include "cli/option_reading.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/stop_options.h"

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

static bool was_flag(const struct reading *reading, const char *name)
{
    return reading->origin[option_index(option_find(name))] == FROM_FLAG;
}

/* A rule about a metric: the data that it is of, and evaluations to count in. */
static enum status check_metric(const struct reading *reading, const char *name,
    const struct metric *metric, struct error *error)
{
    const struct options *options = reading->options;
    bool split = options->val_split.fraction > 0 || options->val_split.count > 0;
    if (!metric->test && !*options->val_data && !split)
        return contradiction(reading, name, "val-split",
            "it looks at validation data, and there are none; add --val-split 0.1 or --val-data",
            error);
    if (options->eval_every.unit == EVAL_END || options->eval_every.unit == EVAL_NEVER)
        return contradiction(reading, name, "eval-every",
            "it counts evaluations, so there must be some on the way, as --eval-every 1ep", error);
    return STATUS_OK;
}

static enum status settle_stopping(const struct reading *reading, struct error *error)
{
    const struct options *options = reading->options;
    struct stop_rules rules;
    enum status status = stop_options(&rules, options, error);
    if (!status && rules.early)
        status = check_metric(reading, "early-stop", &rules.watched, error);
    if (!status && rules.aims)
        status = check_metric(reading, "target", &rules.target, error);
    if (!status && !rules.early && was_flag(reading, "patience"))
        status = contradiction(
            reading, "patience", "early-stop", "the first means nothing without the second", error);
    if (!status && !rules.early && was_flag(reading, "min-delta"))
        status = contradiction(reading, "min-delta", "early-stop",
            "the first means nothing without the second", error);
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
    if (options->explain && options->json)
        return contradiction(
            reading, "explain", "json", "one is for people, one for programs", error);
    if (options->command == COMMAND_BENCH)
        return check_measured(reading, error);
    enum status status = settle_stopping(reading, error);
    return status ? status : settle_resume(reading, error);
}

enum status options_split(
    const struct options *options, int64_t samples, int64_t *n_validation, struct error *error)
{
    const struct split_size *split = &options->val_split;
    int64_t n = split->count;
    if (split->fraction > 0) {
        n = llround(split->fraction * (double)samples);
        if (n == 0)
            return fail(error, STATUS_USAGE,
                "--val-split %g: of %" PRId64 " samples that is none; take more, or 0",
                split->fraction, samples);
    }
    if (n >= samples)
        return fail(error, STATUS_USAGE,
            "--val-split: %" PRId64 " validation samples of %" PRId64 " leave none to train on", n,
            samples);
    *n_validation = n;
    return STATUS_OK;
}
