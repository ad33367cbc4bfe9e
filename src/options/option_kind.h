/* option_kind.h: parses and prints the values of each kind of option. Parsing a printed value gives
 * the same value.
 *
 * Threads: any. Collective: no.
 */
#ifndef OPTIONS_OPTION_KIND_H
#define OPTIONS_OPTION_KIND_H

#include <stdio.h>

#include "options/option_table.h"

enum { OPTION_REASON_MAX = 300 };

struct option_kind_rules {
    size_t size; /* bytes of a value, or of one item of a list; 0: not stored */

    /* Parses `text` and stores its value. Kinds whose values are texts store the pointer, so `text`
     * must live as long as the options. False: the value is not valid, or is outside the option's
     * bounds; `reason` then gives the requirement, e.g. "must be at least 1 (samples)". */
    bool (*read)(
        const struct option *option, void *place, const char *text, char reason[OPTION_REASON_MAX]);
    void (*print)(FILE *file, const struct option *option, const void *place);

    /* For kinds that allow ranges such as "32..8192". twice() doubles the value; is_above() checks
     * if the value is above `last`. */
    void (*twice)(void *value);
    bool (*is_above)(const void *value, const void *last);
};
extern const struct option_kind_rules option_kinds[N_KINDS];

/* Writes `reason` and returns false, so that a parser can return the result of this call. */
__attribute__((format(printf, 2, 3))) bool option_refuse(
    char reason[OPTION_REASON_MAX], const char *format, ...);

/* Returns the position of `text` among the option's words, or -1. */
int option_find_word(const struct option *option, const char *text);

#endif
