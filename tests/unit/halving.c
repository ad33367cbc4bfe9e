/* Successive halving: where the rungs end, and who goes on. */
#include "cli/tune_run.h"

#include <math.h>
#include <string.h>

#include "support/unit.h"

enum { MOST = 64 };

TEST(rungs_end_at_a_ninth_and_a_third)
{
    assert_int_equal(halving_steps(900, 0), 100);
    assert_int_equal(halving_steps(900, 1), 300);
    assert_int_equal(halving_steps(900, 2), 0);
    assert_int_equal(halving_steps(10, 0), 2); /* rounded up */
    assert_int_equal(halving_steps(10, 1), 4);
    assert_int_equal(halving_steps(1, 0), 1);
}

/* Tries that go on, as letters; '.': they were out before. */
static const char *chosen(const char *on, const double *score, bool rises)
{
    static char text[MOST];
    bool now[MOST], next[MOST];
    int n = (int)strlen(on);
    for (int i = 0; i < n; i++)
        now[i] = on[i] != '.';
    const struct halving rung = {now, score, n, rises};
    halving_choose(next, &rung);
    for (int i = 0; i < n; i++)
        text[i] = next[i] ? on[i] : '.';
    text[n] = '\0';
    return text;
}

TEST(the_best_third_goes_on_and_the_first)
{
    const double score[] = {9, 1, 8, 2, 7, 3, 6, 4, 5, 0};
    assert_string_equal(chosen("abcdefghi", score, false), "ab.d.f...");   /* 3 of 9, and a */
    assert_string_equal(chosen("abcdefghij", score, false), "ab.d.f...j"); /* ceil(10 / 3) */
    assert_string_equal(chosen("abcdefghi", score, true), "a.c.e....");
    assert_string_equal(chosen("ab.d.f...j", score, false), "ab.......j"); /* 2 of 5, and a */
    assert_string_equal(chosen("ab", score, false), "ab");
    assert_string_equal(chosen("ab", score, true), "a.");
}

TEST(ties_and_missing_scores)
{
    const double nan = (double)NAN, equal[] = {1, 1, 1, 1, 1, 1},
                 few[] = {nan, nan, 5, nan, 4, INFINITY}, none[] = {nan, nan, nan, nan, nan, nan};
    assert_string_equal(chosen("abcdef", equal, true), "ab....");
    assert_string_equal(chosen("abcdef", equal, false), "ab....");
    assert_string_equal(chosen("abcdef", few, false), "a.c.e.");
    assert_string_equal(chosen("abcdef", none, false), "ab....");
    const bool on[] = {true, true, true, true, true, true};
    const struct halving rung = {on, few, 6, false};
    const int rank[] = {3, 4, 1, 5, 0, 2};
    for (int i = 0; i < 6; i++)
        assert_int_equal(halving_rank(&rung, i), rank[i]);
}
