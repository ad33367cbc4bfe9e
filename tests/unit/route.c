/* route.c: every route brings the sum of the tree to each owner, in rounds that follow each other,
 * and recursive halving sends as few bytes and messages as its header says. */
#include <stdlib.h>
#include <string.h>

#include "base/sums/tree.h"
#include "comm/deal.h"
#include "comm/exchange.h"
#include "comm/reduce_cost.h"
#include "comm/route.h"
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
    for (int c = 0; c < 2 * N_COUNTS; c++)
        for (int teams = 1; teams <= TEAMS_MAX; teams += teams < 10 ? 1 : 6) {
            int64_t slices = slice_counts[c / 2];
            struct route_request request = {
                c % 2 ? ROUTE_DIRECT : ROUTE_HALVING, slices, teams, 1, teams, 0, 0};
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
                    ROUTE_HALVING, teams, sizes[c], 48, teams, 0, buckets};
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

/* A bucket takes 2 ms on the link, of 16 KiB at least in a block. */
TEST(fast_links_and_small_blocks_take_few_buckets)
{
    const struct link slow = {50e-6, 1e-6, 125e6}, fast = {1e-6, 1e-7, 1e10}, unknown = {0};
    struct route_request request = {ROUTE_HALVING, 4, 4000000, 48, 4, 0, 0};
    assert_int_equal(reduce_choose_buckets(&request, &slow), ROUTE_BUCKETS_MAX);
    assert_int_equal(reduce_choose_buckets(&request, &fast), 1);
    assert_int_equal(reduce_choose_buckets(&request, &unknown), 1);
    request.parameters = 200000; /* 9.6 ms */
    assert_int_equal(reduce_choose_buckets(&request, &slow), 4);
    request.teams = 400; /* 10 KB a block */
    request.parameters = 1000000;
    assert_int_equal(reduce_choose_buckets(&request, &slow), 1);
    request.teams = 1;
    assert_int_equal(reduce_choose_buckets(&request, &slow), 1);
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

/* The least that a team can send for a sum is (P-1)/P of the parameters. */
TEST(halving_sends_little)
{
    enum { UNIT = 48, PARAMETERS = 1000 * UNIT };
    struct exchange_cost cost[TEAMS_MAX];
    struct path path;
    int even = 0;
    struct error error;
    for (int c = 0; c < N_COUNTS; c++)
        for (int teams = 2; teams <= TEAMS_MAX && teams <= slice_counts[c]; teams++) {
            struct route_request request = {
                ROUTE_HALVING, slice_counts[c], PARAMETERS, UNIT, teams, 0, 0};
            double least = PARAMETERS * (teams - 1.0) / teams, sent = 0, received = 0;
            int messages = 0, log = log2_up(teams);
            bool exact = is_even(slice_counts[c], teams);
            assert_int_equal(exchange_costs(&request, cost, &path, &error), STATUS_OK);
            for (int t = 0; t < teams; t++) {
                sent += (double)cost[t].sent;
                received += (double)cost[t].received;
                messages = cost[t].messages > messages ? cost[t].messages : messages;
                assert_true((double)cost[t].sent <= least * (exact ? 1.02 : 4.1));
            }
            assert_true(sent == received);
            even += exact;
            if (exact && teams == 1 << log && slice_counts[c] % teams == 0)
                assert_true(messages == log && path.rounds == log);
            assert_true(messages <= 2 * log + 1 && path.rounds <= log + 1);
        }
    assert_true(even > 20);
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
    assert_int_equal(deal_slices(64, 7, 1).first, 8);
    assert_int_equal(deal_slices(64, 7, 3).end, 34);
    assert_int_equal(deal_slices(INT64_C(1) << 40, 1000, 999).end, INT64_C(1) << 40);
}
