#include "data/word_set.h"

#include <string.h>

#include "support/unit.h"

/* Words of all lengths around that up to which they are compared as two numbers. */
enum { LONGEST = 40, LETTERS = 3, MOST = 1 + LETTERS * LONGEST * (LONGEST + 1) / 2 };

static char text[MOST][LONGEST]; /* without a final 0 */
static size_t length_of[MOST];

/* Makes words that differ from others of their length in one or two letters; returns how many. */
static int make_words(void)
{
    int n = 1; /* the empty word comes first */
    for (size_t length = 1; length <= LONGEST; length++)
        for (size_t place = 0; place < length; place++)
            for (int letter = 0; letter < LETTERS; letter++, n++) {
                memset(text[n], 'a', length);
                text[n][place] = (char)('b' + letter);
                length_of[n] = length;
            }
    return n;
}

static void test_every_word_has_its_number(void **state)
{
    (void)state;
    struct word_set set = {0};
    struct error error;
    char copy[LONGEST]; /* words are compared, not their addresses */
    int32_t number;
    int n = make_words();
    for (int i = 0; i < n; i++) {
        assert_int_equal(word_set_find(&set, text[i], length_of[i]), -1);
        assert_int_equal(word_set_put(&set, text[i], length_of[i], &number, &error), STATUS_OK);
        assert_int_equal(number, i);
    }
    for (int i = 0; i < n; i++) {
        memcpy(copy, text[i], length_of[i]);
        assert_int_equal(word_set_find(&set, copy, length_of[i]), i);
        assert_int_equal(word_set_put(&set, copy, length_of[i], &number, &error), STATUS_OK);
        assert_int_equal(number, i);
    }
    assert_int_equal(set.n, n);
    word_set_clear(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_word_has_its_number)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
