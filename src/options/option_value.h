/* option_value.h: converts between an option's text and its field in struct options. */
#pragma once

#include "options/option_kind.h"

/* False for options that are not in struct options: --config and --help. */
static inline bool option_is_stored(const struct option *option)
{
    return option_kinds[option->kind].size > 0;
}

/* Parses `text` and stores its value. False: the value is not valid; `reason` then gives the
 * requirement, e.g. "must be at least 1 (samples)". */
bool option_store(
    const struct option *option, struct options *options, const char *text, char *reason);

/* Writes the value as a text from which option_store() reads the same value. */
void option_print(FILE *file, const struct option *option, const struct options *options);

/* Sets *text to that text, which the caller frees; NULL on failure. STATUS_NO_RESOURCE. */
enum status option_text(
    char **text, const struct option *option, const struct options *options, struct error *error);

/* True if both texts, of a stored option, have the same value: "200" and "200st". */
bool option_same_value(const struct option *option, const char *one, const char *other);
