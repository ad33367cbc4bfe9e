#include "base/random.h"

#include <math.h>

#include "support/reference.h"
#include "support/unit.h"

struct known_answer {
    uint32_t counter[4], key[2], word[4];
};

/* Random123, tests/kat_vectors, philox4x32 with 10 rounds. */
static const struct known_answer known[] = {
    {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
    {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff},
        {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
    {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0},
        {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
};

/* The stream whose counter's last word and whose key are these. */
static struct random_stream stream_of(const struct known_answer *answer)
{
    return (struct random_stream){
        .seed = (uint64_t)answer->key[1] << 32 | answer->key[0],
        .purpose = (enum random_purpose)(answer->counter[3] >> 24),
        .layer = answer->counter[3] & 0xffffff,
    };
}

TEST(known_answers_through_the_layout)
{
    for (int i = 0; i < 3; i++) {
        uint32_t word[4];
        uint64_t row = (uint64_t)known[i].counter[2] << 32 | known[i].counter[1];
        random_block(stream_of(&known[i]), row, known[i].counter[0], word);
        assert_memory_equal(word, known[i].word, sizeof word);
    }
}

TEST(one_block_serves_four_units)
{
    uint64_t row = (uint64_t)known[2].counter[2] << 32 | known[2].counter[1];
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(
            random_word(stream_of(&known[2]), row, 4 * known[2].counter[0] + i), known[2].word[i]);
    assert_int_equal(random_word(stream_of(&known[1]), UINT64_MAX, UINT32_MAX),
        reference_word(UINT64_MAX, 0xff, 0xffffff, UINT64_MAX, UINT32_MAX));
}

TEST(every_part_of_the_counter_matters)
{
    struct random_stream stream = {.seed = 7, .purpose = RANDOM_INIT, .layer = 1}, other;
    uint32_t word = random_word(stream, 9, 8);
    assert_int_equal(word, reference_word(7, 1, 1, 9, 8));
    assert_int_not_equal(word, random_word(stream, 9, 12));
    assert_int_not_equal(word, random_word(stream, 10, 8));
    assert_int_not_equal(word, random_word(stream, 9 + ((uint64_t)1 << 32), 8));
    other = stream, other.seed = 8;
    assert_int_not_equal(word, random_word(other, 9, 8));
    other = stream, other.seed += (uint64_t)1 << 32;
    assert_int_not_equal(word, random_word(other, 9, 8));
    other = stream, other.purpose = RANDOM_ORDER;
    assert_int_not_equal(word, random_word(other, 9, 8));
    other = stream, other.layer = 2;
    assert_int_not_equal(word, random_word(other, 9, 8));
}

/* Checkpoints lean on these numbers: once published, they stay. */
TEST(purposes_keep_their_numbers)
{
    assert_int_equal(RANDOM_INIT, 1);
    assert_int_equal(RANDOM_ORDER, 2);
    assert_int_equal(RANDOM_SPLIT, 3);
    assert_int_equal(RANDOM_FEATURES, 4);
    assert_int_equal(RANDOM_LABELS, 5);
    assert_int_equal(RANDOM_TEACHER, 6);
    assert_int_equal(RANDOM_NOISE, 7);
    assert_int_equal(RANDOM_DROPOUT, 8);
}

TEST(symmetric_covers_its_range_exactly)
{
    assert_true(random_symmetric(0) == -1);
    assert_true(random_symmetric(0xff) == -1);
    assert_true(random_symmetric(0x100) == -1 + 0x1p-23f);
    assert_true(random_symmetric(0x7fffffff) == -0x1p-23f);
    assert_true(random_symmetric(0x80000000) == 0);
    assert_true(random_symmetric(0xffffffff) == 1 - 0x1p-23f);
    for (uint32_t top = 0; top < 1u << 24; top++)
        if ((double)random_symmetric(top << 8) != ((double)top - 8388608) / 8388608)
            fail_msg("word %u is not exact", top << 8);
}

/* Mean 0 and variance 1/3, within 5 standard errors of 400,000 draws. */
TEST(symmetric_is_uniform)
{
    enum { N = 400000 };
    struct random_stream stream = {.seed = 1, .purpose = RANDOM_NOISE};
    double sum = 0, squares = 0;
    for (uint32_t unit = 0; unit < N; unit++) {
        double x = (double)random_symmetric(random_word(stream, 3, unit));
        sum += x;
        squares += x * x;
    }
    assert_true(fabs(sum / N) < 5 * sqrt(1.0 / 3 / N));
    assert_true(fabs(squares / N - 1.0 / 3) < 5 * sqrt(4.0 / 45 / N));
}
