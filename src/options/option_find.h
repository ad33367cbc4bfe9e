/* option_find.h: options by name, and texts about them for messages and help. */
#ifndef OPTIONS_OPTION_FIND_H
#define OPTIONS_OPTION_FIND_H

#include "options/option_table.h"

const char *option_group_name(enum option_group group);

/* By long name; NULL: there is none. */
const struct option *option_find(const char *name);

/* The command's option that is given by its value alone; NULL: none. */
const struct option *option_positional(enum command command);

/* The option of the command that other programs call so (batch-size), or NULL. */
const char *option_alias(const char *name, enum command command);

/* The option of the command that is meant by an alias or by a typing error, or NULL. */
const char *option_nearest(const char *name, enum command command);

/* True if two lists of words, "relu,tanh", have one in common. */
bool option_lists_meet(const char *one, const char *other);

/* The words whose bits are set, "a, b and c", into `out`; returns it. */
enum { OPTION_LIST_TEXT = 80 };
const char *option_list_words(const char *const *words, unsigned bits, char out[OPTION_LIST_TEXT]);

/* Commands that take the option, "plan, info and bench", and the measurements of bench that use it,
 * "step and scaling" ("": all of them), into `out`; both return it. */
const char *option_takers(const struct option *option, char out[OPTION_LIST_TEXT]);
const char *option_measurements(const struct option *option, char out[OPTION_LIST_TEXT]);

/* The form of its value, "N|none" or "auto|unit", into out[64]; returns out. */
const char *option_form(const struct option *option, char out[64]);

#endif
