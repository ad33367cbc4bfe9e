/* option_find.h: finds options by name, and describes them for messages and help. */
#pragma once

#include "options/option_table.h"

const char *option_group_name(enum option_group group);

/* Returns the option with this long name, or NULL. */
const struct option *option_find(const char *name);

/* Returns the command's positional option, which is given by its value alone, or NULL. */
const struct option *option_positional(enum command command);

/* Returns the command's option that other programs call by this name, e.g. "batch-size", or
 * NULL. */
const char *option_alias(const char *name, enum command command);

/* Returns the command's option that a user most likely meant by an alias or a mistyped name, or
 * NULL. */
const char *option_nearest(const char *name, enum command command);

/* True if two lists of words, "relu,tanh", have a word in common. */
bool option_lists_meet(const char *one, const char *other);

/* Writes the words whose bits are set, as "a, b and c" if `last` is " and ", into `out`; returns
 * `out`. */
enum { OPTION_LIST_TEXT = 128 };
const char *option_list_words(
    const char *const *words, unsigned bits, const char *last, char out[OPTION_LIST_TEXT]);

/* The first writes the commands that take the option, e.g. "plan, info and bench", into `out`. The
 * second writes the measurements of bench that use the option, e.g. "step and scaling", or "" if
 * all of them use it. Both return `out`. */
const char *option_takers(const struct option *option, char out[OPTION_LIST_TEXT]);
const char *option_measurements(const struct option *option, char out[OPTION_LIST_TEXT]);

/* Writes the form of the option's value, "N|none" or "auto|unit", into out[64]; returns out. */
const char *option_form(const struct option *option, char out[64]);
