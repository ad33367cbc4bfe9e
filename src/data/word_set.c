#include "data/word_set.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"

enum { ROOM_FIRST = 32, WORDS_MOST = INT32_MAX / 2 };

/* A word of up to 16 bytes as two numbers: with its length, they are the word. Most words of a table
 * are that short, and a call of a hash function and another of memcmp() would take longer than all
 * the rest of reading one. */
enum { SHORT_MOST = 16 };
struct short_word {
    uint64_t first, last;
};

static uint64_t four_bytes(const char *text)
{
    uint32_t bytes;
    memcpy(&bytes, text, sizeof bytes);
    return bytes;
}

/* The four parts of four bytes overlap if the word is shorter than 16. Lengths follow no pattern that
 * a CPU could predict, so those from 4 on take the same way. */
static struct short_word short_word(const char *text, size_t length)
{
    const unsigned char *byte = (const unsigned char *)text;
    if (length >= 4) {
        size_t second = length < 8 ? length - 4 : 4, third = length < 8 ? 0 : length - 8;
        return (struct short_word){four_bytes(text) | four_bytes(text + second) << 32,
            four_bytes(text + third) | four_bytes(text + length - 4) << 32};
    }
    if (length == 0)
        return (struct short_word){0};
    return (struct short_word){byte[0], (uint64_t)byte[length / 2] << 8 | byte[length - 1]};
}

/* Multiplies by the constants of SplitMix64 (Steele, Lea and Flood 2014), and folds the high bits,
 * which depend on all bytes, into the low ones, which choose the slot. */
static uint64_t hash_of(const char *text, size_t length)
{
    if (length > SHORT_MOST)
        return hash_bytes(text, length, 0);
    struct short_word word = short_word(text, length);
    uint64_t hash = (word.first + length) * 0xbf58476d1ce4e5b9;
    hash = (hash ^ hash >> 32 ^ word.last) * 0x94d049bb133111eb;
    return hash ^ hash >> 32;
}

static bool is_word(const struct word *word, const char *text, size_t length)
{
    if (word->length != length)
        return false;
    if (length > SHORT_MOST)
        return memcmp(word->text, text, length) == 0;
    struct short_word one = short_word(word->text, length), other = short_word(text, length);
    return ((one.first ^ other.first) | (one.last ^ other.last)) == 0;
}

/* Returns the slot that holds a word, or the free slot where it belongs. Most slots are free. */
static int32_t *slot_of(const struct word_set *set, const char *text, size_t length)
{
    uint64_t last = WORD_SLOTS * (uint64_t)set->room - 1; /* a power of 2, minus 1 */
    for (uint64_t at = hash_of(text, length);; at++) {
        int32_t *slot = &set->slot[at & last];
        if (*slot == 0 || is_word(&set->word[*slot - 1], text, length))
            return slot;
    }
}

int32_t word_set_find(const struct word_set *set, const char *text, size_t length)
{
    return set->room > 0 ? *slot_of(set, text, length) - 1 : -1;
}

static enum status grow(struct word_set *set, struct error *error)
{
    struct word_set larger = {.n = set->n, .room = set->room ? 2 * set->room : ROOM_FIRST};
    enum status status =
        memory_take(&larger.word, (size_t)larger.room, sizeof *larger.word, "the labels", error);
    if (!status)
        status = memory_take(&larger.slot, WORD_SLOTS * (size_t)larger.room, sizeof *larger.slot,
            "the labels", error);
    if (status) {
        word_set_clear(&larger);
        return status;
    }
    for (int32_t i = 0; i < set->n; i++) {
        larger.word[i] = set->word[i];
        *slot_of(&larger, larger.word[i].text, larger.word[i].length) = i + 1;
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
    int32_t *slot = slot_of(set, text, length);
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
