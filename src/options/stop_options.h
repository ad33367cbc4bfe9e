/* stop_options.h: options that go by a metric of the evaluations: --early-stop, --target and
 * --plateau-metric; with --patience, --min-delta and --max-time as rules. */
#ifndef OPTIONS_STOP_OPTIONS_H
#define OPTIONS_STOP_OPTIONS_H

#include "options/options.h"
#include "run/stop.h"

/* STATUS_USAGE: a metric that there is not, or a target without a number. */
enum status stop_options(
    struct stop_rules *rules, const struct options *options, struct error *error);
enum status stop_options_plateau(
    struct metric_choice *choice, const struct options *options, struct error *error);

/* What a run evaluates. */
struct evaluated {
    enum prediction_kind kind;
    int64_t outputs;
    bool validation, test;
};

/* Whether what is learned has these metrics at all, and the run data to take them of.
 * STATUS_USAGE. */
enum status stop_options_fit(
    const struct stop_rules *rules, const struct evaluated *evaluated, struct error *error);
enum status stop_options_fit_plateau(
    struct metric_choice choice, const struct evaluated *evaluated, struct error *error);

#endif
