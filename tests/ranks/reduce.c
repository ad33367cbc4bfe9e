/* reduce.c: the ordered allreduce gives, for any teams of any number of ranks, the bits of the tree
 * over all slices; MPI_Allreduce the same to rounding. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "comm/deal.h"
#include "comm/reduce.h"
#include "comm/threads.h"
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

/* How sums reach their owners. */
struct way {
    enum reduce_kind kind;
    enum route_kind route;
    int buckets;
};

static struct route_request route_of(const struct way *way, int64_t slices, int teams)
{
    return (struct route_request){
        way->route, slices, PARAMETERS, UNIT, teams, .buckets = way->buckets};
}

/* One shape of teams at work: what its ranks share, and what one of them sees. */
struct shape {
    struct teams *teams;
    struct reduce *reduce;
    struct range slices; /* the team's */
    bool at_once;
    float *buffer[TREE_DEPTH]; /* in `block` */
    float *block, *parameters; /* the team's memory */
};

static void open_shape(
    struct shape *shape, struct team_request request, const struct way *way, int64_t slices)
{
    struct error error = {0};
    struct tree_node node[TREE_DEPTH];
    int height;
    enum status status = teams_create(&shape->teams, world, request, &error);
    assert_ranks(status == STATUS_OK, "%s", error.text);
    int count = shape->teams->count, mine = shape->teams->mine;
    struct reduce_request reduction = {way->kind, route_of(way, slices, count), &slices, 1};
    shape->slices = deal_slices(slices, count, mine);
    tree_cover(shape->slices.first, shape->slices.end, node, &height);
    status = teams_take(shape->teams, &shape->block, (size_t)height * PARAMETERS, sizeof(float),
        "the buffers", &error);
    assert_ranks(status == STATUS_OK, "%s", error.text);
    status = teams_take(
        shape->teams, &shape->parameters, PARAMETERS, sizeof(float), "the parameters", &error);
    assert_ranks(status == STATUS_OK, "%s", error.text);
    for (int i = 0; i < height; i++)
        shape->buffer[i] = shape->block + i * PARAMETERS;
    status = reduce_create(&shape->reduce, world, shape->teams, &reduction, shape->buffer,
        vector_of(LEVEL_BASE), &error);
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

static void take_sums(void *context, const struct worker *worker, int bucket)
{
    struct shape *shape = context;
    struct range mine = reduce_share(shape->reduce, worker, bucket);
    memcpy(shape->parameters + mine.first, reduce_sums(shape->reduce, worker, bucket),
        (size_t)range_size(mine) * sizeof(float));
}

/* What one worker of a team does: a step whose update takes the sums for the new parameters, and
 * publishes them bucket by bucket or, every second time, all at once. */
static void reduce_and_publish(const struct worker *worker, void *context)
{
    struct shape *shape = context;
    struct reduce_use use = {take_sums, shape, shape->at_once ? NULL : shape->parameters};
    struct reduce_walk walk;
    reduce_begin(&walk, shape->reduce, worker, &use);
    for (int b = 0; b < reduce_buckets(shape->reduce) - worker->index % 2; b++)
        reduce_fill(&walk);
    reduce_end(&walk);
    if (!shape->at_once)
        return;
    reduce_publish(shape->reduce, worker, shape->parameters);
    team_barrier(worker);
}

static const int64_t slice_counts[] = {1, 2, 3, 4, 5, 6, 7, 8, 11, 16, 64, 100};
enum { N_COUNTS = sizeof slice_counts / sizeof slice_counts[0] };

static const struct team_request shapes[] = {
    {TEAM_NODE, 0}, {TEAM_NUMA, 0}, {TEAM_RANKS, 1}, {TEAM_RANKS, 2}, {TEAM_RANKS, 3}};
enum { N_SHAPES = sizeof shapes / sizeof shapes[0] };

/* Twice, the second time with other values: what is used again must not remember. */
static void check(
    const struct way *way, bool (*right)(float sum, int64_t slices, const float *leaf))
{
    const int threads = world->size > 2 ? 1 : 2;
    struct error error = {0};
    for (int c = 0; c < N_SHAPES * N_COUNTS; c++) {
        int64_t slices = slice_counts[c / N_SHAPES];
        float *leaves = make_leaves(slices);
        struct shape shape = {0};
        open_shape(&shape, shapes[c % N_SHAPES], way, slices);
        for (int sign = 1; sign >= -1; sign -= 2) {
            int64_t wrong = 0;
            if (shape.teams->rank == 0)
                fill_buffers(&shape, leaves, (float)sign);
            comm_barrier(shape.teams->inside);
            shape.at_once = sign < 0;
            assert_ranks(
                team_run(shape.teams, threads, reduce_and_publish, &shape, &error) == STATUS_OK,
                "%s", error.text);
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
    check(&(struct way){REDUCE_ORDERED, ROUTE_HALVING, 0}, is_tree);
    check(&(struct way){REDUCE_ORDERED, ROUTE_HALVING, 5}, is_tree);
    check(&(struct way){REDUCE_ORDERED, ROUTE_DIRECT, 1}, is_tree);
    check(&(struct way){REDUCE_ORDERED, ROUTE_DIRECT, ROUTE_BUCKETS_MAX}, is_tree);
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
    check(&(struct way){REDUCE_ALLREDUCE, ROUTE_HALVING, 3}, is_near);
}

TEST(test_scalars_take_the_same_tree)
{
    for (int c = 0; c < N_COUNTS; c++) {
        int64_t slices = slice_counts[c];
        struct reduce *reduce;
        struct error error = {0};
        double leaf[128], node[128];
        float *none[TREE_DEPTH] = {0};
        int n = 0;
        struct teams *teams;
        enum status status =
            teams_create(&teams, world, (struct team_request){TEAM_RANKS, 1}, &error);
        assert_ranks(status == STATUS_OK, "%s", error.text);
        for (int64_t s = 0; s < slices; s++)
            leaf[s] = 1 / (double)(s + 3);
        for (int r = 0; r < world->size; r++) {
            struct range range = deal_slices(slices, world->size, r);
            struct tree_node cover[TREE_DEPTH];
            int nodes = tree_cover(range.first, range.end, cover, NULL);
            for (int i = 0; i < nodes; i++) {
                int64_t width = (int64_t)1 << cover[i].level;
                node[n++] = reference_tree_f64(width, leaf + cover[i].index * width);
            }
        }
        struct reduce_request request = {
            REDUCE_ORDERED, {ROUTE_HALVING, slices, 0, UNIT, world->size, 0, 0}, &slices, 1};
        status =
            reduce_create(&reduce, world, teams, &request, none, vector_of(LEVEL_BASE), &error);
        assert_ranks(status == STATUS_OK, "%s", error.text);
        double sum = reduce_join_doubles(reduce, node), wanted = reference_tree_f64(slices, leaf);
        assert_ranks(memcmp(&sum, &wanted, sizeof sum) == 0, "%lld slices: %.17g, wanted %.17g",
            (long long)slices, sum, wanted);
        reduce_destroy(reduce);
        teams_destroy(teams);
    }
}
