/* option_rules.h: rules between options, and values that follow from other options. */
#pragma once

#include "options/option_reading.h"

/* Completes the options once all sources have been read: fills in automatic values, and rejects
 * options that contradict each other or have no effect. STATUS_USAGE, STATUS_CONFIG. */
enum status reading_settle(struct reading *reading, struct error *error);

/* True if an option has its default value, which may depend on the other options. */
bool option_is_default(const struct option *option, const struct options *options);
