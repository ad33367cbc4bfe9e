/* option_item.h: the single words, numbers and lengths that options' values are made of, and the
 * values that are lists of them. Internal to cli/, for option_value.c.
 *
 * Where one is not valid, or not in the option's bounds, all return false and `reason` tells why;
 * what they store in is then as before, but for option_read_count().
 */
#ifndef OPTIONS_OPTION_ITEM_H
#define OPTIONS_OPTION_ITEM_H

#include "options/option_value.h"

/* Always false, so that a parser can end with it. */
__attribute__((format(printf, 2, 3))) bool option_refuse(
    char reason[OPTION_REASON_MAX], const char *format, ...);

/* Position among the option's words, or -1. */
int option_find_word(const struct option *option, const char *text);
bool option_refuse_word(
    const struct option *option, const char *text, char reason[OPTION_REASON_MAX]);

/* --- items: option_item.c -------------------------------------------------------------------- */

bool option_read_int(
    const struct option *option, const char *text, int64_t *value, char reason[OPTION_REASON_MAX]);

/* Reals are used as float32, so that is what must be in bounds. */
bool option_read_real(
    const struct option *option, const char *text, double *value, char reason[OPTION_REASON_MAX]);

/* Whether these are digits, and nothing behind them but perhaps "ep". */
bool option_looks_counted(const char *text);

/* "5ep" or "500": the count of which. */
bool option_read_count(const struct option *option, const char *text, int64_t *count, bool *epochs,
    char reason[OPTION_REASON_MAX]);
bool option_read_length(const struct option *option, const char *text, struct length *length,
    char reason[OPTION_REASON_MAX]);

/* --- lists of them, "a,b,c": option_items.c --------------------------------------------------- */

bool option_store_reals(const struct option *option, struct real_list *place, const char *text,
    char reason[OPTION_REASON_MAX]);
bool option_store_words(const struct option *option, struct int_list *place, const char *text,
    char reason[OPTION_REASON_MAX]);
bool option_store_stages(const struct option *option, struct stage_list *place, const char *text,
    char reason[OPTION_REASON_MAX]);
bool option_store_lengths(const struct option *option, struct length_list *place, const char *text,
    char reason[OPTION_REASON_MAX]);

/* Of batches also ranges, "32..8192"; `many`: more than one number may be given. */
bool option_store_ints(const struct option *option, struct int_list *place, const char *text,
    bool many, char reason[OPTION_REASON_MAX]);

#endif
