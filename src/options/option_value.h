/* option_value.h: between an option's text and its place in struct options. */
#ifndef OPTIONS_OPTION_VALUE_H
#define OPTIONS_OPTION_VALUE_H

#include "options/option_kind.h"

/* False for options that are stored nowhere: --config and --help. */
static inline bool option_is_stored(const struct option *option)
{
    return option_kinds[option->kind].size > 0;
}

/* Stores the value that `text` gives. False: it gives none; `reason` has what it must be, "must be
 * at least 1 (samples)". */
bool option_store(const struct option *option, struct options *options, const char *text,
    char reason[OPTION_REASON_MAX]);

/* Writes the value so that option_store() reads the same. */
void option_print(FILE *file, const struct option *option, const struct options *options);

/* The same as a text, which the caller frees. NULL: no memory. */
char *option_text(const struct option *option, const struct options *options);

#endif
