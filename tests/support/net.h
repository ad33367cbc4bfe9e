/* net.h: a network in panels (src/net/panel.h), and a pass of it, as a test on one thread wants
 * them.
 *
 * Blocks are exactly as large as the library asks for, so that a sanitizer sees what goes beyond.
 * Failure: a test program that gets no memory aborts. Threads: as the library's own.
 */
#pragma once

#include "net/dense.h"
#include "net/loss.h"
#include "support/reference.h"

struct net {
    struct mlp mlp;
    struct panels panels;
    struct weights weights;     /* all 0 until net_set() */
    struct workspace workspace; /* of net_make_pass() */
    float *workspace_block;
};

/* n zeros, aligned to 64 bytes, for free(). */
float *net_floats(int64_t n);

void net_make(struct net *net, const struct mlp *mlp, const struct kernel *kernel);
/* The same with a workspace for so many rows. */
void net_make_pass(
    struct net *net, const struct mlp *mlp, const struct kernel *kernel, int64_t rows);
/* And for a second-level cache of so many bytes (panels_init()). */
void net_make_pass_for_cache(struct net *net, const struct mlp *mlp, const struct kernel *kernel,
    int64_t rows, int64_t cache_bytes);
void net_clear(struct net *net);

/* Weights in canonical order, in and out. */
void net_set(struct net *net, const float *canonical);
void net_get(const struct net *net, float *canonical);

/* Inputs x [rows x in] into the workspace. Rows that fill the last panel are 0. */
void net_load(struct net *net, const float *x, int64_t rows);

/* Forward of all layers, of all row panels that hold these rows. */
void net_forward(struct net *net, int64_t rows);

/* Losses [rows] of the problem's first samples, their derivatives, and backward of all layers. */
void net_backward(
    struct net *net, const struct reference_problem *problem, int64_t rows, double *loss);

/* The gradient of all rows as one slice, in the order of the panels: sum [panels.parameters]. */
void net_gradient(struct net *net, int64_t rows, float *sum);

/* A run of numbers that lies as the master weights do, in canonical order. */
void net_canonical(const struct net *net, const float *master, float *canonical);

/* Unit u of row r of an array in panels of `width` over units, `rows` steps. */
static inline float panel_value(
    const float *array, int64_t rows, int64_t width, int64_t r, int64_t u)
{
    return array[(u / width * rows + r) * width + u % width];
}
