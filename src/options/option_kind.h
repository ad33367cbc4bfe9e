/* option_kind.h: parses and prints the values of each kind of option. Parsing a printed value gives
 * the same value.
 *
 * Threads: any. Collective: no.
 */
#pragma once

#include "options/option_number.h"

struct option_kind_rules {
    size_t size; /* bytes of a value, or of one item of a list; 0: not stored */

    /* Parses `text` and stores its value. Kinds whose values are texts store the pointer, so `text`
     * must live as long as the options. False: the value is not valid, or is outside the option's
     * bounds; `reason` then gives the requirement, e.g. "must be at least 1 (samples)". */
    option_reader *read;
    option_printer *print;

    /* For kinds that allow ranges such as "32..8192". twice() doubles the value; is_above() checks
     * if the value is above `last`. */
    void (*twice)(void *value);
    bool (*is_above)(const void *value, const void *last);
};
extern const struct option_kind_rules option_kinds[N_KINDS];
