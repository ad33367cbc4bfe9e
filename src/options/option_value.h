/* option_value.h: between an option's text and its place in struct options. Internal to cli/. */
#ifndef OPTIONS_OPTION_VALUE_H
#define OPTIONS_OPTION_VALUE_H

#include <stdio.h>
#include <string.h>

#include "options/option_table.h"

enum { OPTION_REASON_MAX = 300 };

/* The words that may stand for a value, counted. */
static inline int option_words(const struct option *option)
{
    int n = 0;
    while (option->words && option->words[n])
        n++;
    return n;
}

/* What the word in place of a real number stands for: 0 for "none", OPTION_AUTO for "auto". */
static inline double option_word_value(const char *word)
{
    return strcmp(word, "auto") == 0 ? OPTION_AUTO : 0;
}

/* Stores what `text` says. False: it says nothing valid; `reason` tells why ("must be at least 1
 * (samples)") and the options are as before. */
bool option_store(const struct option *option, struct options *options, const char *text,
    char reason[OPTION_REASON_MAX]);

/* Writes the value so that option_store() reads the same. */
void option_print(FILE *file, const struct option *option, const struct options *options);

/* The same into a text of its own, which the caller frees. NULL: no memory. */
char *option_text(const struct option *option, const struct options *options);

#endif
