/* reduce.c: the ordered allreduce gives, on any number of ranks, the bits of the tree over all
 * slices; MPI_Allreduce the same to rounding. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "comm/reduce.h"
#include "support/fill.h"
#include "support/ranks.h"
#include "support/reference.h"

enum { PARAMETERS = 10007 };

/* The leaves of all slices, the same on every rank; [slices x PARAMETERS]. */
static float *make_leaves(int64_t slices)
{
    float *leaves = malloc((size_t)(slices * PARAMETERS) * sizeof *leaves);
    fill_uniform(leaves, slices * PARAMETERS, (uint64_t)slices);
    return leaves;
}

/* Reduces this rank's slices to its subtrees, as the gradient does, into buffers of their own. */
static float **make_buffers(const float *leaves, struct range slices)
{
    struct tree_stack stack;
    float **buffer = calloc(TREE_DEPTH, sizeof *buffer);
    stack.size = 0;
    for (int64_t s = slices.first; s < slices.end; s++) {
        int top = tree_push(&stack, (struct tree_node){0, s});
        if (!buffer[top])
            buffer[top] = malloc(PARAMETERS * sizeof **buffer);
        memcpy(buffer[top], leaves + s * PARAMETERS, PARAMETERS * sizeof **buffer);
        while (tree_join(&stack))
            for (int64_t i = 0; i < PARAMETERS; i++)
                buffer[stack.size - 1][i] += buffer[stack.size][i];
    }
    return buffer;
}

static void free_buffers(float **buffer)
{
    for (int i = 0; i < TREE_DEPTH; i++)
        free(buffer[i]);
    free(buffer);
}

/* The owned part of the sum, by the library; *part says which. The caller frees it. */
static float *reduce_once(
    enum reduce_kind kind, int64_t slices, const float *leaves, struct range *part)
{
    struct reduce *reduce;
    struct error error = {0};
    int size = comm_size(world), rank = comm_rank(world);
    float **buffer = make_buffers(leaves, reduce_slices(slices, size, rank));
    *part = reduce_owned(PARAMETERS, size, rank);
    enum status status = reduce_create(
        &reduce, world, kind, slices, PARAMETERS, buffer, vector_of(LEVEL_BASE), &error);
    assert_ranks(status == STATUS_OK, "%s", error.text);
    reduce_exchange(reduce);

    float *sum = malloc((size_t)range_size(*part) * sizeof *sum + 1);
    /* In two halves, as two workers would. */
    int64_t middle = (part->first + part->end) / 2;
    struct range left = {part->first, middle}, right = {middle, part->end};
    memcpy(sum, reduce_join(reduce, left), (size_t)range_size(left) * sizeof *sum);
    memcpy(sum + range_size(left), reduce_join(reduce, right),
        (size_t)range_size(right) * sizeof *sum);
    reduce_destroy(reduce);
    free_buffers(buffer);
    return sum;
}

static const int64_t slice_counts[] = {1, 2, 3, 4, 5, 7, 8, 11, 16, 64};
enum { N_COUNTS = sizeof slice_counts / sizeof slice_counts[0] };

static void test_ordered_is_the_tree(void **state)
{
    (void)state;
    for (int c = 0; c < N_COUNTS; c++) {
        int64_t slices = slice_counts[c];
        struct range part;
        float *leaves = make_leaves(slices);
        float *sum = reduce_once(REDUCE_ORDERED, slices, leaves, &part);
        int64_t wrong = 0;
        for (int64_t i = part.first; i < part.end; i++) {
            float wanted = reference_tree_f32(slices, leaves + i, PARAMETERS);
            wrong += memcmp(&wanted, &sum[i - part.first], sizeof wanted) != 0;
        }
        assert_ranks(wrong == 0, "%lld slices: %lld sums have other bits", (long long)slices,
            (long long)wrong);
        free(leaves);
        free(sum);
    }
}

static void test_allreduce_agrees_to_rounding(void **state)
{
    (void)state;
    for (int c = 0; c < N_COUNTS; c++) {
        int64_t slices = slice_counts[c], wrong = 0;
        struct range part;
        float *leaves = make_leaves(slices);
        float *sum = reduce_once(REDUCE_ALLREDUCE, slices, leaves, &part);
        for (int64_t i = part.first; i < part.end; i++) {
            double wanted = 0;
            for (int64_t s = 0; s < slices; s++)
                wanted += (double)leaves[s * PARAMETERS + i];
            /* Terms below 1: each of the additions rounds a value below `slices`. */
            double bound = (double)(slices * slices) * COMPARE_EPS;
            wrong += !(fabs((double)sum[i - part.first] - wanted) <= bound);
        }
        assert_ranks(
            wrong == 0, "%lld slices: %lld sums are wrong", (long long)slices, (long long)wrong);
        free(leaves);
        free(sum);
    }
}

static void test_scalars_take_the_same_tree(void **state)
{
    (void)state;
    for (int c = 0; c < N_COUNTS; c++) {
        int64_t slices = slice_counts[c];
        struct reduce *reduce;
        struct error error = {0};
        double leaf[64], node[64];
        float *none[TREE_DEPTH] = {0};
        int n = 0;
        for (int64_t s = 0; s < slices; s++)
            leaf[s] = 1 / (double)(s + 3);
        for (int r = 0; r < comm_size(world); r++) {
            struct range range = reduce_slices(slices, comm_size(world), r);
            struct tree_node cover[TREE_DEPTH];
            int nodes = tree_cover(range.first, range.end, cover, NULL);
            for (int i = 0; i < nodes; i++) {
                int64_t width = (int64_t)1 << cover[i].level;
                node[n++] = reference_tree_f64(width, leaf + cover[i].index * width);
            }
        }
        enum status status = reduce_create(
            &reduce, world, REDUCE_ORDERED, slices, 0, none, vector_of(LEVEL_BASE), &error);
        assert_ranks(status == STATUS_OK, "%s", error.text);
        double sum = reduce_join_doubles(reduce, node), wanted = reference_tree_f64(slices, leaf);
        assert_ranks(memcmp(&sum, &wanted, sizeof sum) == 0, "%lld slices: %.17g, wanted %.17g",
            (long long)slices, sum, wanted);
        reduce_destroy(reduce);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ordered_is_the_tree),
        cmocka_unit_test(test_allreduce_agrees_to_rounding),
        cmocka_unit_test(test_scalars_take_the_same_tree),
    };
    if (ranks_open())
        return 1;
    return ranks_close(cmocka_run_group_tests(tests, NULL, NULL));
}
