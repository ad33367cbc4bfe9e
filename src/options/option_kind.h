/* option_kind.h: how a value of each kind is read from a text, and printed so that it reads the
 * same.
 *
 * Threads: any. Collective: no.
 */
#ifndef OPTIONS_OPTION_KIND_H
#define OPTIONS_OPTION_KIND_H

#include <stdio.h>

#include "options/option_table.h"

enum { OPTION_REASON_MAX = 300 };

struct option_kind_rules {
    size_t size; /* bytes of a value, or of one item of a list; 0: it is stored nowhere */

    /* Stores the value that `text` gives; a text as it is, which must live as long as the options.
     * False: it gives none, or one out of the option's bounds; `reason` has what it must be, "must
     * be at least 1 (samples)". */
    bool (*read)(
        const struct option *option, void *place, const char *text, char reason[OPTION_REASON_MAX]);
    void (*print)(FILE *file, const struct option *option, const void *place);

    /* For kinds that have ranges, "32..8192": doubles the value; true: it is above `last`. */
    void (*twice)(void *value);
    bool (*is_above)(const void *value, const void *last);
};
extern const struct option_kind_rules option_kinds[N_KINDS];

/* Fills in `reason`; always false, so that a reader can end with it. */
__attribute__((format(printf, 2, 3))) bool option_refuse(
    char reason[OPTION_REASON_MAX], const char *format, ...);

/* Position among the option's words, or -1. */
int option_find_word(const struct option *option, const char *text);

#endif
