#include "data/word_set.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"

enum { ROOM_FIRST = 32, WORDS_MOST = INT32_MAX / 2 };

static bool is_word(const struct word *word, const char *text, size_t length)
{
    return word->length == length && memcmp(word->text, text, length) == 0;
}

/* Returns the slot that holds a word, or the free slot where it belongs. At least half of the slots
 * are free. */
static int32_t *find(const struct word_set *set, const char *text, size_t length)
{
    uint64_t last = 2 * (uint64_t)set->room - 1; /* a power of 2, minus 1 */
    for (uint64_t at = hash_bytes(text, length, 0);; at++) {
        int32_t *slot = &set->slot[at & last];
        if (*slot == 0 || is_word(&set->word[*slot - 1], text, length))
            return slot;
    }
}

static enum status grow(struct word_set *set, struct error *error)
{
    struct word_set larger = {.n = set->n, .room = set->room ? 2 * set->room : ROOM_FIRST};
    enum status status =
        memory_take(&larger.word, (size_t)larger.room, sizeof *larger.word, "the labels", error);
    if (!status)
        status = memory_take(
            &larger.slot, 2 * (size_t)larger.room, sizeof *larger.slot, "the labels", error);
    if (status) {
        word_set_clear(&larger);
        return status;
    }
    for (int32_t i = 0; i < set->n; i++) {
        larger.word[i] = set->word[i];
        *find(&larger, larger.word[i].text, larger.word[i].length) = i + 1;
    }
    struct word_set smaller = *set;
    *set = larger;
    word_set_clear(&smaller);
    return STATUS_OK;
}

enum status word_set_put(
    struct word_set *set, const char *text, size_t length, int32_t *number, struct error *error)
{
    if (set->n == set->room) {
        if (set->n >= WORDS_MOST)
            return fail(error, STATUS_NO_RESOURCE, "more than %d different labels", WORDS_MOST);
        TRY(grow(set, error));
    }
    int32_t *slot = find(set, text, length);
    if (*slot == 0) {
        set->word[set->n] = (struct word){text, length, (int32_t)set->n};
        *slot = (int32_t)++set->n;
    }
    *number = *slot - 1;
    return STATUS_OK;
}

int word_compare(const void *left, const void *right)
{
    const struct word *a = left, *b = right;
    size_t shorter = a->length < b->length ? a->length : b->length;
    int order = memcmp(a->text, b->text, shorter);
    return order ? order : (a->length > b->length) - (a->length < b->length);
}

void word_set_clear(struct word_set *set)
{
    free(set->word);
    free(set->slot);
    *set = (struct word_set){0};
}
