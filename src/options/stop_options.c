#include "options/stop_options.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* A figure of held-out data. */
static enum status find(
    struct metric_choice *choice, const char *option, const char *name, struct error *error)
{
    char names[METRIC_LIST_MAX] = "";
    if (metric_find(name, choice) && choice->set != METRIC_TRAIN)
        return STATUS_OK;
    for (int m = 0; m < N_METRICS; m++) {
        size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, "%sval_%s", m ? ", " : "",
            metric_name((enum metric)m));
    }
    return fail(error, STATUS_USAGE,
        "%s: evaluations have no metric %s; there are %s, and the same as test_...", option, name,
        names);
}

/* What is chosen by the test data is not tested by them. */
static enum status refuse_test(struct metric_choice choice, const char *option, struct error *error)
{
    if (choice.set != METRIC_TEST)
        return STATUS_OK;
    return fail(error, STATUS_USAGE,
        "%s test_%s: choosing by the test data would spoil these; take a metric of the validation "
        "data, as val_%s",
        option, metric_name(choice.metric), metric_name(choice.metric));
}

static enum status read_target(struct stop_rules *rules, const char *text, struct error *error)
{
    char name[64];
    const char *equals = strchr(text, '=');
    if (!equals || !text_to_real(equals + 1, &rules->goal))
        return fail(error, STATUS_USAGE,
            "--target %s: must be a metric and a number, as val_accuracy=0.88", text);
    snprintf(name, sizeof name, "%.*s", (int)(equals - text), text);
    rules->aims = true;
    enum status status = find(&rules->target, "--target", name, error);
    bool rises = !status && metric_rises(rules->target.metric);
    if (!status && (rises ? rules->goal > 1 : rules->goal < 0))
        status = fail(error, STATUS_USAGE, "--target %s: can never be: %s is %s", text, name,
            rises ? "at most 1" : "at least 0");
    return status;
}

enum status stop_options(
    struct stop_rules *rules, const struct options *options, struct error *error)
{
    enum status status = STATUS_OK;
    *rules = (struct stop_rules){.early = options->early_stop[0],
        .patience = options->patience,
        .min_delta = options->min_delta,
        .max_time_s = (double)options->max_time};
    if (rules->early)
        status = find(&rules->watched, "--early-stop", options->early_stop, error);
    if (!status && rules->early)
        status = refuse_test(rules->watched, "--early-stop", error);
    if (!status && options->target[0])
        status = read_target(rules, options->target, error);
    return status;
}

enum status stop_options_plateau(
    struct metric_choice *choice, const struct options *options, struct error *error)
{
    enum status status = find(choice, "--plateau-metric", options->plateau_metric, error);
    return status ? status : refuse_test(*choice, "--plateau-metric", error);
}

static enum status fits(struct metric_choice choice, const char *option,
    const struct evaluated *evaluated, struct error *error)
{
    char name[METRIC_NAME_MAX], list[METRIC_LIST_MAX];
    bool test = choice.set == METRIC_TEST;
    metric_choice_name(choice, name);
    if (!metric_applies(choice.metric, evaluated->kind, evaluated->outputs))
        return fail(error, STATUS_USAGE,
            "%s %s: there is no such metric of what is learned; there are %s", option, name,
            metric_list(evaluated->kind, evaluated->outputs, list));
    if (test ? evaluated->test : evaluated->validation)
        return STATUS_OK;
    return fail(error, STATUS_USAGE, "%s %s: there are no %s data (%s)", option, name,
        test ? "test" : "validation", test ? "--test-data" : "--val-split or --val-data");
}

enum status stop_options_fit(
    const struct stop_rules *rules, const struct evaluated *evaluated, struct error *error)
{
    enum status status = STATUS_OK;
    if (rules->early)
        status = fits(rules->watched, "--early-stop", evaluated, error);
    if (!status && rules->aims)
        status = fits(rules->target, "--target", evaluated, error);
    return status;
}

enum status stop_options_fit_plateau(
    struct metric_choice choice, const struct evaluated *evaluated, struct error *error)
{
    return fits(choice, "--plateau-metric", evaluated, error);
}
