/* tree.h: the order in which slices are summed (src/README.md, "The order of sums").
 *
 * Leaves 0, 1, 2, ... are joined in pairs according to their numbers; missing leaves are skipped:
 *
 *     level 2          0                 1            7 leaves:
 *     level 1      0       1         2       3        ((0+1)+(2+3)) + ((4+5)+6)
 *     leaves     0   1   2   3     4   5   6
 *
 * The owner of a contiguous range of leaves pushes them onto a stack in order and joins what can
 * already be joined; the stack then contains the aligned subtrees of that range, and only these are
 * sent. The receiver pushes them onto its own stack, in the order of the leaves, and folds the rest
 * after the last leaf. So any division of the leaves gives the same sum.
 *
 * The stack contains no values: the caller keeps one buffer per position and adds as the calls
 * direct:
 *
 *     position = tree_push(&stack, node);   fill buffer[position];
 *     while (tree_join(&stack))             buffer[stack.size - 1] += buffer[stack.size];
 *     ... after the last leaf ...
 *     while (tree_fold(&stack))             buffer[stack.size - 1] += buffer[stack.size];
 *
 * Sums are always computed in the left buffer, so the total ends up in buffer[0].
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { TREE_DEPTH = 128 }; /* enough for any range of 64-bit leaf numbers */

struct tree_node {
    int level;     /* 0: a leaf */
    int64_t index; /* counted within its level */
};

struct tree_stack {
    int size;
    struct tree_node node[TREE_DEPTH];
};

/* Pushes a node and returns its position. Nodes must be pushed in the order of their leaves. */
int tree_push(struct tree_stack *stack, struct tree_node node);

/* Joins the two topmost nodes and returns true if they are the two halves of one subtree. */
bool tree_join(struct tree_stack *stack);

/* After the last leaf: joins the two topmost nodes, halves or not; false when only one is left. */
bool tree_fold(struct tree_stack *stack);

/* Pushes leaves [first, end) in order, writes the subtrees that then remain on the stack to node
 * [TREE_DEPTH], and returns their number. *height, if not NULL, is set to the largest size of the
 * stack. */
int tree_cover(int64_t first, int64_t end, struct tree_node *node, int *height);

/* Returns the sum of n values, taken as leaves 0 ... n-1; 0 for n = 0. */
double tree_sum(const double *value, int64_t n);
