#include "data/numbers/bin_edges.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/memory.h"

static const double least_step = 0x1p-126;

static void add_edge(float *edge, int64_t *edges, double next)
{
    float rounded = (float)next;
    if (*edges == 0 || (double)rounded - (double)edge[*edges - 1] >= least_step)
        edge[(*edges)++] = rounded;
}

void bin_edges_by_quantile(
    float *edge, int64_t *edges, const struct sorted_column *sorted, int64_t bins)
{
    *edges = 0;
    for (int64_t t = 0; t <= bins && sorted->n > 0; t++)
        add_edge(edge, edges, sorted_column_quantile(sorted, t, bins));
}

/* A leaf of the tree: the values [first, end) of the sorted column, and its best split, into [first,
 * middle) and [middle, end). */
struct leaf {
    int64_t first, end, middle;
    double gain; /* decrease of the impurity; 0: it cannot be split */
};

struct tree {
    void *block;
    const struct sorted_column *sorted;
    int64_t n, classes, outputs, leaves, bins;
    int32_t *label; /* [n] in the order of the values, as y [n x outputs] */
    double *y;
    int64_t *class_left, *class_right; /* [classes] samples on both sides of a split */
    double *sum_left, *sum;            /* [outputs] */
    struct leaf *leaf;                 /* [bins] */
};

static void place_tree(void *object, struct carver *carver)
{
    struct tree *tree = object;
    size_t n = (size_t)tree->n, classes = (size_t)tree->classes, outputs = (size_t)tree->outputs;
    tree->label = carve(carver, classes > 0 ? n : 0, sizeof(int32_t));
    tree->y = carve(carver, n, outputs * sizeof(double));
    tree->class_left = carve(carver, classes, sizeof(int64_t));
    tree->class_right = carve(carver, classes, sizeof(int64_t));
    tree->sum_left = carve(carver, outputs, sizeof(double));
    tree->sum = carve(carver, outputs, sizeof(double));
    tree->leaf = carve(carver, (size_t)tree->bins, sizeof(struct leaf));
}

static void copy_target(struct tree *tree, const struct number_target *target)
{
    for (int64_t i = 0; i < tree->n; i++) {
        int64_t row = tree->sorted->row[i];
        if (tree->classes > 0)
            tree->label[i] = target->label[row];
        for (int64_t k = 0; k < tree->outputs; k++)
            tree->y[i * tree->outputs + k] = target->y[row * tree->outputs + k];
    }
}

/* True if the values before and from `middle` may be in different leaves. */
static bool may_split(const struct tree *tree, const struct leaf *leaf, int64_t middle)
{
    return middle - leaf->first >= BIN_LEAST && leaf->end - middle >= BIN_LEAST &&
           tree->sorted->value[middle - 1] < tree->sorted->value[middle];
}

/* Takes a split if it is better than those before. The impurity of n samples is constant minus
 * score / n for both criteria, with
 *
 *     score = (sum over classes of count^2) / n       Gini
 *             (sum over outputs of sum^2) / n         mean squared error */
static void offer_split(struct leaf *leaf, int64_t middle, double *best, double left, double right)
{
    double score = left / (double)(middle - leaf->first) + right / (double)(leaf->end - middle);
    if (score > *best) {
        *best = score;
        leaf->middle = middle;
    }
}

/* Sums of squares of counts are updated by (c + 1)^2 - c^2 = 2 c + 1, exactly. */
static double split_by_class(const struct tree *tree, struct leaf *leaf)
{
    int64_t *left = tree->class_left, *right = tree->class_right, squares_left = 0, squares = 0;
    for (int64_t c = 0; c < tree->classes; c++)
        left[c] = right[c] = 0;
    for (int64_t i = leaf->first; i < leaf->end; i++)
        squares += 2 * right[tree->label[i]]++ + 1;
    double whole = (double)squares / (double)(leaf->end - leaf->first), best = whole;
    for (int64_t i = leaf->first; i < leaf->end - BIN_LEAST; i++) {
        int32_t label = tree->label[i];
        squares_left += 2 * left[label]++ + 1;
        squares -= 2 * --right[label] + 1;
        if (may_split(tree, leaf, i + 1))
            offer_split(leaf, i + 1, &best, (double)squares_left, (double)squares);
    }
    return best - whole;
}

static double split_by_output(const struct tree *tree, struct leaf *leaf)
{
    int64_t outputs = tree->outputs;
    double *left = tree->sum_left, *sum = tree->sum, whole = 0;
    for (int64_t k = 0; k < outputs; k++) {
        left[k] = sum[k] = 0;
        for (int64_t i = leaf->first; i < leaf->end; i++)
            sum[k] += tree->y[i * outputs + k];
        whole += sum[k] * sum[k] / (double)(leaf->end - leaf->first);
    }
    double best = whole;
    for (int64_t i = leaf->first; i < leaf->end - BIN_LEAST; i++) {
        double squares_left = 0, squares_right = 0;
        for (int64_t k = 0; k < outputs; k++) {
            left[k] += tree->y[i * outputs + k];
            double right = sum[k] - left[k];
            squares_left += left[k] * left[k];
            squares_right += right * right;
        }
        if (may_split(tree, leaf, i + 1))
            offer_split(leaf, i + 1, &best, squares_left, squares_right);
    }
    return (best - whole) / (double)outputs;
}

static void add_leaf(struct tree *tree, int64_t first, int64_t end)
{
    struct leaf leaf = {.first = first, .end = end};
    if (end - first >= 2 * (int64_t)BIN_LEAST) {
        double decrease =
            tree->classes > 0 ? split_by_class(tree, &leaf) : split_by_output(tree, &leaf);
        leaf.gain = decrease / (double)tree->n;
    }
    tree->leaf[tree->leaves++] = leaf;
}

/* Splits leaves, and keeps them in the order of their values. */
static void grow(struct tree *tree)
{
    add_leaf(tree, 0, tree->n);
    while (tree->leaves < tree->bins) {
        int64_t best = 0;
        for (int64_t i = 1; i < tree->leaves; i++)
            if (tree->leaf[i].gain > tree->leaf[best].gain)
                best = i;
        struct leaf split = tree->leaf[best];
        if (!(split.gain >= BIN_DECREASE))
            return;
        int64_t last = tree->leaves - 1;
        tree->leaf[best] = tree->leaf[last];
        tree->leaves--;
        add_leaf(tree, split.first, split.middle);
        add_leaf(tree, split.middle, split.end);
    }
}

static int compare_leaves(const void *a, const void *b)
{
    const struct leaf *left = a, *right = b;
    return (left->first > right->first) - (left->first < right->first);
}

enum status bin_edges_by_target(float *edge, int64_t *edges, const struct sorted_column *sorted,
    const struct number_target *target, int64_t bins, struct error *error)
{
    struct tree tree = {.sorted = sorted,
        .n = sorted->n,
        .classes = target->classes,
        .outputs = target->outputs,
        .bins = bins};
    *edges = 0;
    if (sorted->n == 0)
        return STATUS_OK;
    TRY(memory_carve(&tree.block, place_tree, &tree, "the bins of a column", error));
    copy_target(&tree, target);
    grow(&tree);
    qsort(tree.leaf, (size_t)tree.leaves, sizeof *tree.leaf, compare_leaves);

    const float *value = sorted->value;
    add_edge(edge, edges, (double)value[0]);
    for (int64_t i = 1; i < tree.leaves; i++) {
        int64_t at = tree.leaf[i].first;
        add_edge(edge, edges, ((double)value[at - 1] + (double)value[at]) / 2);
    }
    add_edge(edge, edges, (double)value[sorted->n - 1]);
    free(tree.block);
    return STATUS_OK;
}
