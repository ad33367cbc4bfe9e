/* option_number.h: parses and prints options that are numbers, and words that stand for numbers.
 * Threads: any. Collective: no. */
#pragma once

#include <stdio.h>

#include "options/option_table.h"

/* The functions of a kind of value (option_kind.h). `reason` has room for OPTION_REASON_MAX
 * characters. */
enum { OPTION_REASON_MAX = 300 };
typedef bool option_reader(
    const struct option *option, void *place, const char *text, char *reason);
typedef void option_printer(FILE *file, const struct option *option, const void *place);

option_reader option_read_int, option_read_bytes, option_read_seconds, option_read_real,
    option_read_split;
option_printer option_print_int, option_print_bytes, option_print_seconds, option_print_real,
    option_print_split;
void option_twice_int(void *value), option_twice_real(void *value);
bool option_is_above_int(const void *value, const void *last);
bool option_is_above_real(const void *value, const void *last);

/* Reads a whole number within the option's bounds. */
bool option_read_number(
    const struct option *option, const char *text, int64_t *value, char *reason);

/* Writes `reason` and returns false, so that a parser can return the result of this call. */
__attribute__((format(printf, 2, 3))) bool option_refuse(char *reason, const char *format, ...);

/* Like option_refuse(), with the option's words as the requirement. */
bool option_refuse_word(const struct option *option, const char *text, char *reason);

/* Returns the position of `text` among the option's words, or -1. */
int option_find_word(const struct option *option, const char *text);

/* True if `text` is the option's first word. Used by the kinds for which that word means zero. */
bool option_is_zero_word(const struct option *option, const char *text);
