/* verify.c: which team is found to be wrong, by every pattern of checksums that a few teams can
 * have, and how sections are named. */
#include "step/step_verify.h"

#include <string.h>

#include "support/unit.h"

enum { MOST_TEAMS = 5 };

/* By counting, from the definition: the sum that more than half have, and the lowest without it. */
static int expected(const uint64_t *sum, int teams)
{
    for (uint64_t value = 0; value < MOST_TEAMS; value++) {
        int have = 0, lowest = VERIFY_AGREED;
        for (int t = teams - 1; t >= 0; t--) {
            have += sum[t] == value;
            lowest = sum[t] == value ? lowest : t;
        }
        if (2 * have > teams)
            return lowest;
    }
    return VERIFY_UNDECIDED;
}

TEST(every_pattern_of_sums)
{
    int seen[3] = {0, 0, 0}; /* agreed, undecided, a team */
    for (int teams = 1; teams <= MOST_TEAMS; teams++) {
        int patterns = 1;
        for (int t = 0; t < teams; t++)
            patterns *= teams;
        for (int pattern = 0; pattern < patterns; pattern++) {
            struct verify_claim claim[MOST_TEAMS] = {{.sum = 0}};
            uint64_t sum[MOST_TEAMS];
            int rest = pattern, other = VERIFY_AGREED;
            for (int t = 0; t < teams; t++, rest /= teams)
                claim[t].sum = sum[t] = (uint64_t)(rest % teams);
            for (int t = teams - 1; t > 0; t--)
                other = sum[t] != sum[0] ? t : other;
            int wrong = verify_wrong_team(claim, teams);
            assert_int_equal(wrong, expected(sum, teams));
            assert_int_equal(verify_other_team(claim, teams), other);
            seen[wrong == VERIFY_AGREED ? 0 : wrong == VERIFY_UNDECIDED ? 1 : 2]++;
        }
    }
    assert_true(seen[0] > 0 && seen[1] > 0 && seen[2] > 0);
}

TEST(cases_by_hand)
{
    struct verify_claim two[] = {{.sum = 7}, {.sum = 8}};
    struct verify_claim three[] = {{.sum = 7}, {.sum = 8}, {.sum = 7}};
    struct verify_claim first[] = {{.sum = 9}, {.sum = 8}, {.sum = 8}};
    struct verify_claim pairs[] = {{.sum = 7}, {.sum = 7}, {.sum = 8}, {.sum = 8}};
    assert_int_equal(verify_wrong_team(two, 1), VERIFY_AGREED);
    assert_int_equal(verify_wrong_team(two, 2), VERIFY_UNDECIDED);
    assert_int_equal(verify_other_team(two, 2), 1);
    assert_int_equal(verify_wrong_team(three, 3), 1);
    assert_int_equal(verify_wrong_team(first, 3), 0);
    assert_int_equal(verify_wrong_team(pairs, 4), VERIFY_UNDECIDED);
}

/* A team whose two copies differ is wrong, even if it is alone or the sums alone cannot decide. */
TEST(a_stale_copy_decides)
{
    struct verify_claim claim[] = {{.sum = 7}, {.sum = 8, .stale_layer = 2}};
    assert_int_equal(verify_wrong_team(claim, 2), 1);
    assert_int_equal(verify_wrong_team(claim + 1, 1), 0);
}

TEST(names_of_sections)
{
    const struct optimizer_settings adam = {.kind = OPTIMIZER_ADAM};
    char name[VERIFY_NAME_MAX];
    assert_string_equal(verify_section_name(0, 2, &adam, name), "the weights of layer 1");
    assert_string_equal(verify_section_name(4, 2, &adam, name), "the biases of layer 2");
    assert_string_equal(
        verify_section_name(5, 2, &adam, name), "the forward copy of the weights of layer 2");
    assert_string_equal(verify_section_name(6, 2, &adam, name), "the optimizer's exp_avg");
    assert_string_equal(verify_section_name(7, 2, &adam, name), "the optimizer's exp_avg_sq");
}
