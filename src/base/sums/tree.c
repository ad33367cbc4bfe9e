#include "base/sums/tree.h"

#include <string.h>

int tree_push(struct tree_stack *stack, struct tree_node node)
{
    stack->node[stack->size] = node;
    return stack->size++;
}

bool tree_join(struct tree_stack *stack)
{
    if (stack->size < 2)
        return false;
    struct tree_node *left = &stack->node[stack->size - 2], *right = left + 1;
    if (left->level != right->level || left->index % 2 != 0 || right->index != left->index + 1)
        return false;
    *left = (struct tree_node){left->level + 1, left->index / 2};
    stack->size--;
    return true;
}

bool tree_fold(struct tree_stack *stack)
{
    if (stack->size < 2)
        return false;
    stack->size--;
    return true;
}

int tree_cover(int64_t first, int64_t end, struct tree_node *node, int *height)
{
    struct tree_stack stack;
    stack.size = 0;
    int most = 0;
    for (int64_t leaf = first; leaf < end; leaf++) {
        tree_push(&stack, (struct tree_node){0, leaf});
        most = stack.size > most ? stack.size : most;
        while (tree_join(&stack))
            ;
    }
    memcpy(node, stack.node, (size_t)stack.size * sizeof *node);
    if (height)
        *height = most;
    return stack.size;
}

double tree_sum(const double *value, int64_t n)
{
    struct tree_stack stack;
    stack.size = 0;
    double sum[TREE_DEPTH];
    sum[0] = 0;
    for (int64_t leaf = 0; leaf < n; leaf++) {
        sum[tree_push(&stack, (struct tree_node){0, leaf})] = value[leaf];
        while (tree_join(&stack))
            sum[stack.size - 1] += sum[stack.size];
    }
    while (tree_fold(&stack))
        sum[stack.size - 1] += sum[stack.size];
    return sum[0];
}
