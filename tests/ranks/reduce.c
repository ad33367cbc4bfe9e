/* reduce.c: the ordered allreduce gives, for any teams of any number of ranks, the bits of the tree
 * over all slices; MPI_Allreduce the same to rounding. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "comm/reduce.h"
#include "support/fill.h"
#include "support/ranks.h"
#include "support/reference.h"

enum { PARAMETERS = 10007, UNIT = 48 };

/* The leaves of all slices, the same on every rank; [slices x PARAMETERS]. */
static float *make_leaves(int64_t slices)
{
    float *leaves = malloc((size_t)(slices * PARAMETERS) * sizeof *leaves);
    fill_uniform(leaves, slices * PARAMETERS, (uint64_t)slices);
    return leaves;
}

/* One shape of teams at work: what its ranks share, and what one of them sees. */
struct shape {
    struct teams *teams;
    struct reduce *reduce;
    struct range slices, owned; /* the team's */
    float *buffer[TREE_DEPTH];  /* in `block` */
    float *block, *parameters;  /* the team's memory */
};

static void open_shape(
    struct shape *shape, struct team_request request, enum reduce_kind kind, int64_t slices)
{
    struct error error = {0};
    struct tree_node node[TREE_DEPTH];
    int height;
    enum status status = teams_create(&shape->teams, world, request, &error);
    assert_ranks(status == STATUS_OK, "%s", error.text);
    int count = shape->teams->count, mine = shape->teams->mine;
    shape->slices = reduce_slices(slices, count, mine);
    shape->owned = reduce_owned(PARAMETERS, UNIT, count, mine);
    tree_cover(shape->slices.first, shape->slices.end, node, &height);
    status = teams_take(shape->teams, &shape->block, (size_t)height * PARAMETERS, sizeof(float),
        "the buffers", &error);
    assert_ranks(status == STATUS_OK, "%s", error.text);
    status = teams_take(
        shape->teams, &shape->parameters, PARAMETERS, sizeof(float), "the parameters", &error);
    assert_ranks(status == STATUS_OK, "%s", error.text);
    for (int i = 0; i < height; i++)
        shape->buffer[i] = shape->block + i * PARAMETERS;
    status = reduce_create(&shape->reduce, world, shape->teams, kind, &slices, 1, PARAMETERS, UNIT,
        shape->buffer, vector_of(LEVEL_BASE), &error);
    assert_ranks(status == STATUS_OK, "%s", error.text);
}

static void close_shape(struct shape *shape)
{
    reduce_destroy(shape->reduce);
    teams_give(shape->teams, shape->parameters);
    teams_give(shape->teams, shape->block);
    teams_destroy(shape->teams);
}

/* Reduces the team's slices to its subtrees, as the gradient does: one rank for all of it. */
static void fill_buffers(const struct shape *shape, const float *leaves, float sign)
{
    struct tree_stack stack;
    stack.size = 0;
    for (int64_t s = shape->slices.first; s < shape->slices.end; s++) {
        float *top = shape->buffer[tree_push(&stack, (struct tree_node){0, s})];
        for (int64_t i = 0; i < PARAMETERS; i++)
            top[i] = sign * leaves[s * PARAMETERS + i];
        while (tree_join(&stack))
            for (int64_t i = 0; i < PARAMETERS; i++)
                shape->buffer[stack.size - 1][i] += shape->buffer[stack.size][i];
    }
}

/* All sums, in the team's memory, each rank joining its share: as a step whose update is to take
 * the sums for the new parameters. The barriers are the team's. */
static void reduce_and_publish(const struct shape *shape, const float *leaves, float sign)
{
    struct teams *teams = shape->teams;
    struct comm *inside = teams->inside;
    struct range share =
        split_even(range_size(shape->owned), teams->team[teams->mine].size, teams->rank);
    struct range part = {shape->owned.first + share.first, shape->owned.first + share.end};
    if (teams->rank == 0)
        fill_buffers(shape, leaves, sign);
    comm_barrier(inside);
    reduce_exchange(shape->reduce);
    comm_barrier(inside);
    /* In two halves, as two workers would. */
    int64_t middle = (part.first + part.end) / 2;
    struct range left = {part.first, middle}, right = {middle, part.end};
    memcpy(shape->parameters + left.first, reduce_join(shape->reduce, left),
        (size_t)range_size(left) * sizeof(float));
    memcpy(shape->parameters + right.first, reduce_join(shape->reduce, right),
        (size_t)range_size(right) * sizeof(float));
    comm_barrier(inside);
    reduce_publish(shape->reduce, shape->parameters);
    comm_barrier(inside);
}

static const int64_t slice_counts[] = {1, 2, 3, 4, 5, 7, 8, 11, 16, 64};
enum { N_COUNTS = sizeof slice_counts / sizeof slice_counts[0] };

static const struct team_request shapes[] = {
    {TEAM_NODE, 0}, {TEAM_NUMA, 0}, {TEAM_RANKS, 1}, {TEAM_RANKS, 2}, {TEAM_RANKS, 3}};
enum { N_SHAPES = sizeof shapes / sizeof shapes[0] };

/* Twice, the second time with other values: what is used again must not remember. */
static void check(
    enum reduce_kind kind, bool (*right)(float sum, int64_t slices, const float *leaf))
{
    for (int c = 0; c < N_SHAPES * N_COUNTS; c++) {
        int64_t slices = slice_counts[c / N_SHAPES];
        float *leaves = make_leaves(slices);
        struct shape shape = {0};
        open_shape(&shape, shapes[c % N_SHAPES], kind, slices);
        for (int sign = 1; sign >= -1; sign -= 2) {
            int64_t wrong = 0;
            reduce_and_publish(&shape, leaves, (float)sign);
            for (int64_t i = 0; i < PARAMETERS; i++)
                wrong += !right((float)sign * shape.parameters[i], slices, leaves + i);
            assert_ranks(wrong == 0, "shape %d, %lld slices, sign %d: %lld sums are wrong",
                c % N_SHAPES, (long long)slices, sign, (long long)wrong);
        }
        close_shape(&shape);
        free(leaves);
    }
}

static bool is_tree(float sum, int64_t slices, const float *leaf)
{
    float wanted = reference_tree_f32(slices, leaf, PARAMETERS);
    return memcmp(&wanted, &sum, sizeof sum) == 0;
}

TEST(test_ordered_is_the_tree)
{
    check(REDUCE_ORDERED, is_tree);
}

static bool is_near(float sum, int64_t slices, const float *leaf)
{
    double wanted = 0;
    for (int64_t s = 0; s < slices; s++)
        wanted += (double)leaf[s * PARAMETERS];
    /* Terms below 1: each of the additions rounds a value below `slices`. */
    return fabs((double)sum - wanted) <= (double)(slices * slices) * COMPARE_EPS;
}

TEST(test_allreduce_agrees_to_rounding)
{
    check(REDUCE_ALLREDUCE, is_near);
}

/* What goes out somewhere comes in somewhere, and no parameter has two owners or none. */
TEST(test_costs_balance)
{
    for (int c = 0; c < N_COUNTS; c++)
        for (int teams = 1; teams <= 9; teams++) {
            int64_t sent = 0, received = 0, owned = 0;
            for (int t = 0; t < teams; t++) {
                struct reduce_cost cost =
                    reduce_cost_of(slice_counts[c], PARAMETERS, UNIT, teams, t);
                sent += cost.sent;
                received += cost.received;
                owned += range_size(reduce_owned(PARAMETERS, UNIT, teams, t));
            }
            assert_ranks(sent == received && owned == PARAMETERS && (sent > 0) == (teams > 1),
                "%d teams, %lld slices: %lld sent, %lld received, %lld owned", teams,
                (long long)slice_counts[c], (long long)sent, (long long)received, (long long)owned);
        }
}

TEST(test_scalars_take_the_same_tree)
{
    for (int c = 0; c < N_COUNTS; c++) {
        int64_t slices = slice_counts[c];
        struct reduce *reduce;
        struct error error = {0};
        double leaf[64], node[64];
        float *none[TREE_DEPTH] = {0};
        int n = 0;
        struct teams *teams;
        enum status status =
            teams_create(&teams, world, (struct team_request){TEAM_RANKS, 1}, &error);
        assert_ranks(status == STATUS_OK, "%s", error.text);
        for (int64_t s = 0; s < slices; s++)
            leaf[s] = 1 / (double)(s + 3);
        for (int r = 0; r < world->size; r++) {
            struct range range = reduce_slices(slices, world->size, r);
            struct tree_node cover[TREE_DEPTH];
            int nodes = tree_cover(range.first, range.end, cover, NULL);
            for (int i = 0; i < nodes; i++) {
                int64_t width = (int64_t)1 << cover[i].level;
                node[n++] = reference_tree_f64(width, leaf + cover[i].index * width);
            }
        }
        status = reduce_create(&reduce, world, teams, REDUCE_ORDERED, &slices, 1, 0, UNIT, none,
            vector_of(LEVEL_BASE), &error);
        assert_ranks(status == STATUS_OK, "%s", error.text);
        double sum = reduce_join_doubles(reduce, node), wanted = reference_tree_f64(slices, leaf);
        assert_ranks(memcmp(&sum, &wanted, sizeof sum) == 0, "%lld slices: %.17g, wanted %.17g",
            (long long)slices, sum, wanted);
        reduce_destroy(reduce);
        teams_destroy(teams);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ordered_is_the_tree),
        cmocka_unit_test(test_allreduce_agrees_to_rounding),
        cmocka_unit_test(test_costs_balance),
        cmocka_unit_test(test_scalars_take_the_same_tree),
    };
    if (ranks_open())
        return 1;
    return ranks_close(cmocka_run_group_tests(tests, NULL, NULL));
}
