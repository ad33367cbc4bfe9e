/* word_set.h: the distinct words in a column, numbered from 0 in the order of their first
 * appearance.
 *
 * Words are not copied: the text they point to must outlive the set. Threads: one at a time per
 * set.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct word {
    const char *text; /* [length], without a final 0 */
    size_t length;
    int32_t number;
};

/* Slots per word. With fewer, more words miss the slot of their hash, each with a mispredicted
 * branch. */
enum { WORD_SLOTS = 4 };

/* A set of words. A zeroed struct is an empty set. */
struct word_set {
    struct word *word; /* [n], in the order of their numbers */
    int64_t n, room;
    int32_t *slot; /* [WORD_SLOTS * room] a word's number + 1, at its hash or after; 0: free */
};

/* Returns the number of a word, or -1 if it is not in the set. */
int32_t word_set_find(const struct word_set *set, const char *text, size_t length);

/* Sets *number to that of the word, which is added to the set if it is new. STATUS_NO_RESOURCE. */
enum status word_set_put(
    struct word_set *set, const char *text, size_t length, int32_t *number, struct error *error);

/* Returns the bytes of memory that the set takes. */
static inline int64_t word_set_bytes(const struct word_set *set)
{
    return set->room * (int64_t)(sizeof *set->word + WORD_SLOTS * sizeof *set->slot);
}

/* Compares two words by their bytes, for qsort() on set.word, after which it is no longer a set. */
int word_compare(const void *left, const void *right);

void word_set_clear(struct word_set *set);
