/* route.c: every route brings the sum of the tree to each owner, in rounds that follow each other,
 * and recursive halving sends as few bytes and messages as its header says. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/sums/tree.h"
#include "comm/deal.h"
#include "comm/exchange.h"
#include "comm/route.h"
#include "comm/route_rule.h"
#include "support/reference.h"
#include "support/unit.h"

enum { TEAMS_MAX = 33, SLICES_MAX = 260, HOPS_MAX = 40000 };

/* One partial sum in a team's memory, and the round from which it is there. */
struct held {
    float sum;
    int round;
};

/* The memory of all teams, one float a block. */
struct world {
    int teams, hops;
    struct held own[TEAMS_MAX][TREE_DEPTH][TEAMS_MAX]; /* [team][subtree][block] */
    struct held arrived[HOPS_MAX];
    float result[TEAMS_MAX];
};

static struct held *at(struct world *world, int team, int place, int block)
{
    return place < 0 ? &world->arrived[~place] : &world->own[team][place][block];
}

static void hop(void *context, const struct route_hop *hop)
{
    struct world *world = context;
    const struct held *from = at(world, hop->from, hop->place, hop->block);
    assert_int_equal(hop->number, world->hops++);
    assert_true(hop->number < HOPS_MAX && hop->from != hop->to);
    assert_true(from->round <= hop->round);
    world->arrived[hop->number] = (struct held){from->sum, hop->round + 1};
}

static void add(void *context, const struct route_add *add)
{
    struct world *world = context;
    struct held *left = at(world, add->team, add->left, add->block);
    const struct held *right = at(world, add->team, add->right, add->block);
    assert_true(left->round <= add->round && right->round <= add->round);
    *left = (struct held){left->sum + right->sum, add->round};
}

static void end(void *context, int block, int place)
{
    struct world *world = context;
    world->result[block] = at(world, block, place, block)->sum;
}

/* The leaves of a block; every block has others. */
static void fill_leaves(float *leaf, int64_t slices, int block)
{
    for (int64_t s = 0; s < slices; s++)
        leaf[s] = 1 / (float)(3 + s + 7 * block);
}

static void fill(struct world *world, int64_t slices, int teams)
{
    float leaf[SLICES_MAX];
    memset(world, 0, sizeof *world);
    world->teams = teams;
    for (int b = 0; b < world->teams; b++) {
        fill_leaves(leaf, slices, b);
        for (int t = 0; t < world->teams; t++) {
            struct tree_node cover[TREE_DEPTH];
            struct range range = deal_slices(slices, world->teams, t);
            int n = tree_cover(range.first, range.end, cover, NULL);
            for (int i = 0; i < n; i++) {
                int64_t width = (int64_t)1 << cover[i].level;
                world->own[t][i][b].sum =
                    reference_tree_f32(width, leaf + cover[i].index * width, 1);
            }
        }
    }
}

static const int64_t slice_counts[] = {1, 2, 3, 5, 7, 8, 16, 31, 48, 64, 100, 256};

enum { N_COUNTS = sizeof slice_counts / sizeof *slice_counts };

TEST(every_owner_gets_the_sum_of_the_tree)
{
    struct world *world = malloc(sizeof *world);
    for (int c = 0; c < (ROUTE_RULES + 1) * N_COUNTS; c++)
        for (int teams = 1; teams <= TEAMS_MAX; teams += teams < 10 ? 1 : 6) {
            int64_t slices = slice_counts[c % N_COUNTS];
            int rule = c / N_COUNTS; /* after the rules: direct */
            struct route_request request = {rule == ROUTE_RULES ? ROUTE_DIRECT : ROUTE_HALVING,
                slices, teams, 1, teams, 0, 0, rule % ROUTE_RULES};
            struct route_visitor visitor = {NULL, hop, add, end, world};
            struct error error;
            fill(world, slices, teams);
            assert_int_equal(route_visit(&request, &visitor, &error), STATUS_OK);
            for (int b = 0; b < teams; b++) {
                float leaf[SLICES_MAX];
                fill_leaves(leaf, slices, b);
                float wanted = reference_tree_f32(slices, leaf, 1);
                assert_memory_equal(&world->result[b], &wanted, sizeof wanted);
            }
        }
    free(world);
}

/* The buckets of all teams cover the parameters once, in whole units; every parameter's bucket is the
 * one that has it. */
TEST(buckets_are_parts_of_blocks)
{
    static const int64_t sizes[] = {1, 47, 48, 500, 4801, 20000};
    for (int c = 0; c < (int)(sizeof sizes / sizeof *sizes); c++)
        for (int teams = 1; teams <= 9; teams++)
            for (int buckets = 1; buckets <= ROUTE_BUCKETS_MAX; buckets++) {
                struct route_request request = {
                    ROUTE_HALVING, teams, sizes[c], 48, teams, 0, buckets, 0};
                int64_t end = 0;
                for (int t = 0; t < teams; t++)
                    for (request.bucket = 0; request.bucket < buckets; request.bucket++) {
                        struct range part = route_bucket(&request, t);
                        assert_int_equal(part.first, end);
                        assert_true(part.end % 48 == 0 || part.end == sizes[c]);
                        for (int64_t i = part.first; i < part.end; i++)
                            assert_int_equal(route_bucket_of(&request, i), request.bucket);
                        end = part.end;
                    }
                assert_int_equal(end, sizes[c]);
            }
}

TEST(small_blocks_are_not_cut)
{
    struct route_request request = {ROUTE_HALVING, 4, 4000000, 48, 4, 0, 0, 0};
    assert_int_equal(route_buckets(&request), ROUTE_BUCKETS_MAX);
    request.parameters = 4 * 100000;
    assert_int_equal(route_buckets(&request), 3);
    request.parameters = 4 * 10000;
    assert_int_equal(route_buckets(&request), 1);
    request = (struct route_request){ROUTE_HALVING, 1, 4000000, 48, 1, 0, 0, 0};
    assert_int_equal(route_buckets(&request), 1);
}

/* True if every team holds one aligned subtree. */
static bool is_even(int64_t slices, int teams)
{
    struct tree_node cover[TREE_DEPTH];
    bool even = true;
    for (int t = 0; t < teams; t++) {
        struct range range = deal_slices(slices, teams, t);
        even &= tree_cover(range.first, range.end, cover, NULL) == 1;
    }
    return even;
}

static int log2_up(int n)
{
    int log = 0;
    while (1 << log < n)
        log++;
    return log;
}

/* The most that a team sends and receives for a sum, in the blocks that are the least, and the
 * messages that it sends. */
struct most {
    double sent, received;
    int messages, rounds;
};

static struct most costs_of(int teams, int64_t slices)
{
    enum { UNIT = 48, BLOCK = 1000 * UNIT };
    struct exchange_cost cost[TEAMS_MAX];
    struct route_request request = {
        ROUTE_HALVING, slices, (int64_t)BLOCK * teams, UNIT, teams, 0, 0, 0};
    struct path path;
    struct error error;
    struct most most = {0};
    int64_t sent = 0, received = 0;
    assert_int_equal(exchange_costs(&request, cost, &path, &error), STATUS_OK);
    for (int t = 0; t < teams; t++) {
        double least = (double)BLOCK * (teams - 1);
        sent += cost[t].sent;
        received += cost[t].received;
        most.sent = fmax(most.sent, (double)cost[t].sent / least);
        most.received = fmax(most.received, (double)cost[t].received / least);
        most.messages = cost[t].messages > most.messages ? cost[t].messages : most.messages;
    }
    assert_true(sent == received);
    most.rounds = path.rounds;
    return most;
}

/* The least that a team can send for a sum is (P-1)/P of the parameters; three times as much makes
 * two rings together with the publication. */
TEST(halving_sends_little)
{
    int even = 0;
    for (int c = 0; c < N_COUNTS; c++)
        for (int teams = 2; teams < TEAMS_MAX && teams <= slice_counts[c]; teams++) {
            int64_t slices = slice_counts[c];
            int log = log2_up(teams);
            bool exact = is_even(slices, teams), power = (slices & (slices - 1)) == 0;
            struct most most = costs_of(teams, slices);
            even += exact;
            assert_true(most.sent <= (exact ? 1.02 : power ? 3.04 : 3.3));
            assert_true(most.received <= (exact ? 1.7 : power ? 4.26 : 4.7));
            assert_true(most.messages <= log + 5 && most.rounds <= log + 2);
            if (exact && teams == 1 << log && slices % teams == 0)
                assert_true(most.messages == log && most.rounds == log);
        }
    assert_true(even > 20);
}

/* Rules (comm/route_rule.h) were chosen for these; 7 teams with 256 slices take 2 messages more. */
TEST(few_teams_send_little_in_few_messages)
{
    static const int team_counts[] = {2, 3, 4, 5, 6, 7, 8, 12, 16, 32};
    for (int64_t slices = 16; slices <= 256; slices *= 4)
        for (int i = 0; i < (int)(sizeof team_counts / sizeof *team_counts); i++) {
            int teams = team_counts[i], more = teams == 7 && slices == 256 ? 2 : 0;
            struct most most = costs_of(teams, slices);
            assert_true(most.sent <= 3.001);
            assert_true(most.messages <= log2_up(teams) + more);
        }
}

TEST(slices_are_dealt_almost_evenly)
{
    for (int64_t slices = 1; slices <= SLICES_MAX; slices++)
        for (int teams = 1; teams <= TEAMS_MAX; teams++) {
            int64_t even = (slices + teams - 1) / teams, end = 0;
            for (int t = 0; t < teams; t++) {
                struct range range = deal_slices(slices, teams, t);
                assert_int_equal(range.first, end);
                assert_true(range_size(range) <= even + even / 20);
                assert_true(range_size(range) >= (slices >= teams));
                end = range.end;
            }
            assert_int_equal(end, slices);
        }
    assert_int_equal(deal_slices(64, 5, 0).end, 12); /* 26 = 2 * 13 would leave 13 and 39 */
    assert_int_equal(deal_slices(64, 7, 1).first, 8);
    assert_int_equal(deal_slices(64, 7, 3).end, 34);
    assert_int_equal(deal_slices(INT64_C(1) << 40, 1000, 999).end, INT64_C(1) << 40);
}
