#include "cli/stop_options.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

static enum status find(
    struct metric *metric, const char *option, const char *name, struct error *error)
{
    char names[400];
    if (metric_find(metric, name))
        return STATUS_OK;
    return fail(error, STATUS_USAGE, "%s: there is no metric %s; there are %s", option, name,
        metric_names(names, sizeof names));
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
    return find(&rules->target, "--target", name, error);
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
    if (!status && rules->early && rules->watched.test)
        status = fail(error, STATUS_USAGE,
            "--early-stop %s: choosing the weights by the test data would spoil these; take a "
            "metric of the validation data, as val_%s",
            options->early_stop, options->early_stop + strlen("test_"));
    if (!status && options->target[0])
        status = read_target(rules, options->target, error);
    return status;
}

static enum status fits(
    const struct metric *metric, const char *option, bool classes, struct error *error)
{
    if (classes ? metric->for_classes : metric->for_values)
        return STATUS_OK;
    return fail(error, STATUS_USAGE, "%s %s: there is no such metric of %s", option, metric->name,
        classes ? "classes; take accuracy or loss" : "numbers; take mse, mae or r2");
}

enum status stop_options_fit(const struct stop_rules *rules, bool classes, struct error *error)
{
    enum status status = STATUS_OK;
    if (rules->early)
        status = fits(&rules->watched, "--early-stop", classes, error);
    if (!status && rules->aims)
        status = fits(&rules->target, "--target", classes, error);
    return status;
}
