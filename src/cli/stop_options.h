/* stop_options.h: --early-stop, --patience, --min-delta, --target and --max-time as rules. */
#ifndef CLI_STOP_OPTIONS_H
#define CLI_STOP_OPTIONS_H

#include "cli/options.h"
#include "train/stop.h"

/* STATUS_USAGE: a metric that there is not, or a target without a number. */
enum status stop_options(
    struct stop_rules *rules, const struct options *options, struct error *error);

/* Whether what is learned has these metrics at all. STATUS_USAGE. */
enum status stop_options_fit(const struct stop_rules *rules, bool classes, struct error *error);

#endif
