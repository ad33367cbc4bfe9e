/* teams.c: which ranks make a team, as arithmetic; machines of which a test has only one. */
#include "comm/teams.h"

#include <string.h>

#include "support/unit.h"

enum { RANKS_MAX = 16 };

/* Ranks dealt to machines as `machine` says ("aabb", "abab"), and bound to NUMA domains as `domain`
 * says ("0011", "-" for none). The expected teams: one digit a rank. */
static void assert_teams(
    const char *machine, const char *domain, struct team_request request, const char *expected)
{
    struct team_place place[RANKS_MAX] = {{0}};
    int ranks = (int)strlen(machine), team[RANKS_MAX], most = -1, met[128] = {0};
    char got[RANKS_MAX + 1] = "";
    for (int r = 0; r < ranks; r++) {
        int letter = (unsigned char)machine[r];
        place[r] =
            (struct team_place){letter, met[letter]++, domain[r] == '-' ? -1 : domain[r] - '0'};
    }
    int count = teams_divide(team, place, ranks, request);
    for (int r = 0; r < ranks; r++) {
        got[r] = (char)('0' + team[r]);
        most = team[r] > most ? team[r] : most;
    }
    assert_string_equal(got, expected);
    assert_int_equal(count, most + 1);
}

static const struct team_request node = {TEAM_NODE, 0}, numa = {TEAM_NUMA, 0};

static struct team_request ranks_of(int n)
{
    return (struct team_request){TEAM_RANKS, n};
}

TEST(a_node_is_a_team)
{
    assert_teams("a", "0", node, "0");
    assert_teams("aaaa", "0000", node, "0000");
    assert_teams("aabb", "0000", node, "0011");
    assert_teams("abab", "0000", node, "0101"); /* dealt round robin */
    assert_teams("abcabc", "000000", node, "012012");
    assert_teams("abbbca", "000000", node, "011120");
}

TEST(teams_are_numbered_by_their_lowest_ranks)
{
    assert_teams("zya", "000", node, "012");
    assert_teams("bbaa", "1100", numa, "0011");
    assert_teams("abbaab", "000000", ranks_of(2), "011023");
}

TEST(a_numa_domain_is_a_team)
{
    assert_teams("aaaa", "0011", numa, "0011");
    assert_teams("aaaa", "0101", numa, "0101");
    assert_teams("aabb", "0101", numa, "0123"); /* domain 0 of another machine is another */
    assert_teams("aaaa", "----", numa, "0000"); /* bound to no single one: node-wide */
    assert_teams("aaaa", "0--1", numa, "0112");
    assert_teams("aabb", "----", numa, "0011");
}

TEST(ranks_of_a_node_are_taken_in_order)
{
    assert_teams("aaaa", "0000", ranks_of(1), "0123");
    assert_teams("aaaa", "0000", ranks_of(2), "0011");
    assert_teams("aaaa", "0000", ranks_of(3), "0001"); /* 3 and 1 */
    assert_teams("aaaa", "0000", ranks_of(9), "0000");
    assert_teams("ababab", "000000", ranks_of(2), "010123");
    assert_teams("aaabbb", "000000", ranks_of(2), "001223"); /* none reaches into another node */
    assert_teams("aaaa", "0101", ranks_of(2), "0011");
}

/* Widths are for plans of one machine; they must come to the teams that its ranks then make. */
TEST(widths_of_one_machine)
{
    static const struct team_place place[RANKS_MAX] = {
        {0, 0, 0}, {0, 1, 0}, {0, 2, 0}, {0, 3, 0}, {0, 4, 0}, {0, 5, 0}, {0, 6, 0}};
    for (int ranks = 1; ranks <= 7; ranks++)
        for (int n = 0; n <= 9; n++) {
            struct team_request request = n == 0 ? node : ranks_of(n);
            int team[RANKS_MAX], width = teams_width(ranks, request);
            assert_int_equal(
                teams_divide(team, place, ranks, request), (ranks + width - 1) / width);
            for (int r = 0; r < ranks; r++)
                assert_int_equal(team[r], r / width);
        }
    assert_int_equal(teams_width(5, numa), 5);
}

TEST(names)
{
    char name[16];
    assert_string_equal(team_name(node, name), "node");
    assert_string_equal(team_name(numa, name), "numa");
    assert_string_equal(team_name(ranks_of(1), name), "rank");
    assert_string_equal(team_name(ranks_of(12), name), "12");
}
