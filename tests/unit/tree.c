/* Sums are followed symbolically: a node's value is a hash of its two halves in which order and
 * brackets count, so equal values mean equal trees. */
#include "base/sums/tree.h"

#include "support/fill.h"
#include "support/reference.h"
#include "support/unit.h"

enum { LEAVES_MAX = 70, PARTS_MAX = 5 };

static uint64_t leaf_value(int64_t leaf)
{
    return ((uint64_t)leaf + 1) * 0x9E3779B97F4A7C15u;
}

static uint64_t joined(uint64_t left, uint64_t right)
{
    uint64_t h = left * 0xff51afd7ed558ccdu + (right ^ right >> 29) * 0xc4ceb9fe1a85ec53u;
    return h ^ h >> 32;
}

/* The definition: the subtree `index` of `level` over leaves [0, n), missing leaves skipped. */
static uint64_t defined(int level, int64_t index, int64_t n)
{
    if (level == 0)
        return leaf_value(index);
    uint64_t left = defined(level - 1, 2 * index, n);
    if ((2 * index + 1) << (level - 1) >= n)
        return left;
    return joined(left, defined(level - 1, 2 * index + 1, n));
}

/* A stack with its values. */
struct sum {
    struct tree_stack stack;
    uint64_t value[TREE_DEPTH];
};

static void push(struct sum *sum, struct tree_node node, uint64_t value)
{
    int position = tree_push(&sum->stack, node);
    assert_int_equal(position, sum->stack.size - 1);
    sum->value[position] = value;
    while (tree_join(&sum->stack))
        sum->value[sum->stack.size - 1] =
            joined(sum->value[sum->stack.size - 1], sum->value[sum->stack.size]);
}

static uint64_t fold(struct sum *sum)
{
    while (tree_fold(&sum->stack))
        sum->value[sum->stack.size - 1] =
            joined(sum->value[sum->stack.size - 1], sum->value[sum->stack.size]);
    assert_int_equal(sum->stack.size, 1);
    return sum->value[0];
}

/* What each range of leaves leaves on its holder's stack. */
static struct {
    int n;
    struct tree_node node[2 * 8];
    uint64_t value[2 * 8];
} cover[LEAVES_MAX + 1][LEAVES_MAX + 1];

/* For every range: the stack of who pushed its leaves = tree_cover(), and its height. */
TEST(covers_are_what_pushing_leaves)
{
    for (int first = 0; first <= LEAVES_MAX; first++) {
        for (int end = first; end <= LEAVES_MAX; end++) {
            struct sum sum = {.stack.size = 0};
            int height = 0, said;
            for (int leaf = first; leaf < end; leaf++) {
                /* the new leaf's place is taken before anything is joined */
                if (sum.stack.size + 1 > height)
                    height = sum.stack.size + 1;
                push(&sum, (struct tree_node){0, leaf}, leaf_value(leaf));
            }
            struct tree_node node[TREE_DEPTH];
            int n = tree_cover(first, end, node, &said);
            assert_int_equal(n, tree_cover(first, end, node, NULL));
            assert_int_equal(n, sum.stack.size);
            assert_int_equal(said, height);
            assert_true(n <= 16);
            int64_t at = first;
            for (int i = 0; i < n; i++) {
                assert_int_equal(node[i].level, sum.stack.node[i].level);
                assert_int_equal(node[i].index, sum.stack.node[i].index);
                assert_int_equal(node[i].index << node[i].level, at);
                at += (int64_t)1 << node[i].level;
                uint64_t whole = defined(node[i].level, node[i].index, INT64_MAX);
                assert_true(sum.value[i] == whole);
                cover[first][end].node[i] = node[i];
                cover[first][end].value[i] = sum.value[i];
            }
            assert_int_equal(at, end);
            cover[first][end].n = n;
        }
    }
}

/* All ways to cut [first, n) into at most `parts` parts, those before being on the stack already.
 */
static int64_t try_divisions(const struct sum *before, int first, int n, int parts, uint64_t want)
{
    int64_t tried = 0;
    for (int end = parts == 1 ? n : first + 1; end <= n; end++) {
        struct sum sum;
        sum.stack.size = before->stack.size;
        for (int i = 0; i < before->stack.size; i++) {
            sum.stack.node[i] = before->stack.node[i];
            sum.value[i] = before->value[i];
        }
        for (int i = 0; i < cover[first][end].n; i++)
            push(&sum, cover[first][end].node[i], cover[first][end].value[i]);
        if (end < n) {
            tried += try_divisions(&sum, end, n, parts - 1, want);
            continue;
        }
        if (fold(&sum) != want)
            fail_msg("%d leaves: the last part [%d, %d) gives another tree", n, first, end);
        tried++;
    }
    return tried;
}

TEST(every_division_gives_the_defined_tree)
{
    int64_t tried = 0;
    for (int n = 1; n <= LEAVES_MAX; n++) {
        int level = 0;
        while (1 << level < n)
            level++;
        struct sum empty = {.stack.size = 0};
        tried += try_divisions(&empty, 0, n, PARTS_MAX, defined(level, 0, n));
    }
    assert_int_equal(tried, 13077134); /* sum over n of C(n-1, 0) + ... + C(n-1, 4) */
}

TEST(long_ranges)
{
    struct tree_node node[TREE_DEPTH];
    int height;
    for (int k = 0; k < 20; k++) {
        assert_int_equal(tree_cover(0, (int64_t)1 << k, node, &height), 1);
        assert_int_equal(node[0].level, k);
        assert_int_equal(node[0].index, 0);
        assert_int_equal(height, k + 1);
    }
    /* One leaf short on either side: every level once up, and once down. */
    assert_int_equal(tree_cover(1, (1 << 20) - 1, node, &height), 2 * 19);
    assert_int_equal(tree_cover(5, 5, node, &height), 0);
    assert_int_equal(height, 0);
}

TEST(one_leaf_and_an_empty_stack)
{
    struct tree_stack stack = {.size = 0};
    assert_false(tree_join(&stack));
    assert_false(tree_fold(&stack));
    assert_int_equal(tree_push(&stack, (struct tree_node){0, 3}), 0);
    assert_false(tree_join(&stack));
    assert_false(tree_fold(&stack));
    /* 3 and 4 are neighbours, but halves of different subtrees */
    assert_int_equal(tree_push(&stack, (struct tree_node){0, 4}), 1);
    assert_false(tree_join(&stack));
    assert_true(tree_fold(&stack));
    assert_int_equal(stack.size, 1);
}

TEST(scalar_sums)
{
    enum { N = 600 };
    double value[N];
    float uniform[N];
    fill_uniform(uniform, N, 1);
    int unlike_a_chain = 0;
    for (int i = 0; i < N; i++)
        value[i] = (double)uniform[i] / 3 * (i % 7 == 0 ? 1e9 : 1);
    for (int n = 0; n <= N; n++) {
        double chain = 0, sum = tree_sum(value, n);
        for (int i = 0; i < n; i++)
            chain += value[i];
        assert_true(sum == reference_tree_f64(n, value));
        unlike_a_chain += sum != chain;
    }
    assert_true(unlike_a_chain > N / 2); /* the values do tell orders apart */
}
