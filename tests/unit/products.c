/* products.c: every product of a layer by random vectors, as BLIS tests its kernels: for C = A B
 * and any v, C v = A (B v). The right side is taken in double and never forms C, so it knows
 * nothing of tiles, panels, blocks or chains. Bound: an element of C is a chain of at most k + 2
 * roundings of partial sums that are no larger than |A_i| |B^j| (Cauchy-Schwarz). Roundings of
 * random numbers add up as a random walk does (Higham and Mary, "A new approach to probabilistic
 * rounding error analysis", SIAM J. Sci. Comput. 2019), over the chain and over the columns, so for
 * row i of C
 *
 *     |(C v)_i - (A (B v))_i| <= 4 eps sqrt(k + 2) |A_i| sqrt(sum_j v_j^2 |B^j|^2)
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/floatmode.h"
#include "support/fill.h"
#include "support/net.h"
#include "support/unit.h"

static const int64_t sizes[] = {1, 2, 11, 12, 13, 31, 32, 33, 65, 257, 523};
enum { N_SIZES = sizeof sizes / sizeof *sizes, SHAPES = 99 };

/* C [m x n] = A [m x k] B [k x n], row-major. */
struct product {
    const char *what;
    int64_t m, n, k;
    float *a, *b, *c;
    uint64_t seed;
};

/* --- the check ----------------------------------------------------------------------------- */

static double *times(const float *matrix, const double *v, int64_t rows, int64_t columns)
{
    double *product = calloc((size_t)rows + 1, sizeof *product);
    assert_non_null(product);
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < columns; j++)
            product[i] += (double)matrix[i * columns + j] * v[j];
    return product;
}

static double norm(const float *x, int64_t n, int64_t step)
{
    double squares = 0;
    for (int64_t i = 0; i < n; i++)
        squares += (double)x[i * step] * (double)x[i * step];
    return sqrt(squares);
}

/* The first row that lies outside its bound, or -1. */
static int64_t first_wrong(const struct product *p)
{
    float *narrow = net_floats(p->n);
    double *v = calloc((size_t)p->n + 1, sizeof *v), columns = 0;
    assert_non_null(v);
    fill_uniform(narrow, p->n, p->seed + 77);
    for (int64_t j = 0; j < p->n; j++) {
        v[j] = (double)narrow[j] + (narrow[j] < 0 ? -1 : 1); /* no column goes unseen */
        columns = hypot(columns, v[j] * norm(p->b + j, p->k, p->n));
    }
    double *got = times(p->c, v, p->m, p->n), *inner = times(p->b, v, p->k, p->n);
    double *want = times(p->a, inner, p->m, p->k);
    int64_t wrong = -1;
    for (int64_t i = p->m - 1; i >= 0; i--) {
        double bound =
            4 * COMPARE_EPS * sqrt((double)p->k + 2) * norm(p->a + i * p->k, p->k, 1) * columns;
        if (!(fabs(got[i] - want[i]) <= bound))
            wrong = i;
    }
    free(narrow);
    free(v);
    free(got);
    free(inner);
    free(want);
    return wrong;
}

static void assert_product(const struct product *p, const struct kernel *kernel)
{
    int64_t wrong = first_wrong(p);
    if (wrong >= 0)
        fail_msg("%s, kernel %s: row %d of [%d x %d] = [%d x %d] [%d x %d]", p->what, kernel->name,
            (int)wrong, (int)p->m, (int)p->n, (int)p->m, (int)p->k, (int)p->k, (int)p->n);
}

static struct product product(const char *what, int64_t m, int64_t n, int64_t k, uint64_t seed)
{
    struct product p = {
        what, m, n, k, net_floats(m * k), net_floats(k * n), net_floats(m * n), seed};
    fill_uniform(p.a, m * k, seed);
    fill_uniform(p.b, k * n, seed + 1);
    return p;
}

static void product_clear(struct product *p)
{
    free(p->a);
    free(p->b);
    free(p->c);
}

/* --- the shapes ---------------------------------------------------------------------------- */

/* Calls `check` with rows, inputs and outputs of a layer, on every kernel. */
static void for_each_shape(void (*check)(
    const struct kernel *kernel, int64_t rows, int64_t in, int64_t out, uint64_t seed))
{
    struct kernel kernels[KERNELS_MAX];
    int n_kernels = kernel_list(kernels);
    uint64_t mode = floatmode_enter();
    for (int i = 0; i < SHAPES; i++) {
        int64_t size[3];
        for (uint32_t d = 0; d < 3; d++) /* each size in each place, the rest at random */
            size[d] = i / N_SIZES == (int)d
                          ? sizes[i % N_SIZES]
                          : sizes[reference_word(5, 0, 0, (uint64_t)i, d) % N_SIZES];
        for (int k = 0; k < n_kernels; k++)
            check(&kernels[k], size[0], size[1], size[2], (uint64_t)i * 1000);
    }
    floatmode_leave(mode);
}

/* A network with the layer to try (number `layer`) of these sizes, all weights 0; and a pass. */
static void make(struct net *net, const struct kernel *kernel, int layers, int layer, int64_t in,
    int64_t out, int64_t rows)
{
    int64_t width[4] = {3, 5, 4, 2};
    struct mlp mlp;
    struct error error;
    width[layer] = in;
    width[layer + 1] = out;
    assert_int_equal(
        mlp_init(&mlp, width[0], width + 1, layers - 1, width[layers], &error), STATUS_OK);
    net_make_pass(net, &mlp, kernel, rows);
}

/* Sets the weight [out x in] of a layer, or from its transpose, and the bias (NULL: 0). */
static void set_layer(
    struct net *net, int layer, const float *weight, bool transposed, const float *bias)
{
    int64_t in = net->mlp.width[layer], out = net->mlp.width[layer + 1];
    float *canonical = net_floats(net->mlp.parameters);
    for (int64_t o = 0; o < out; o++) {
        for (int64_t i = 0; i < in; i++)
            canonical[net->mlp.weight_at[layer] + o * in + i] =
                weight[transposed ? i * out + o : o * in + i];
        canonical[net->mlp.bias_at[layer] + o] = bias ? bias[o] : 0;
    }
    net_set(net, canonical);
    free(canonical);
}

/* Values [rows x n] into an array in panels of `width` over units, or over samples (XR, ZR). */
static void set_wide(
    float *wide, int64_t capacity, int64_t width, const float *from, int64_t rows, int64_t n)
{
    for (int64_t r = 0; r < rows; r++)
        for (int64_t u = 0; u < n; u++)
            wide[(u / width * capacity + r) * width + u % width] = from[r * n + u];
}

static void set_rows(float *array, int64_t width, const float *from, int64_t rows, int64_t n)
{
    for (int64_t r = 0; r < rows; r++)
        for (int64_t u = 0; u < n; u++)
            array[(r / width * n + u) * width + r % width] = from[r * n + u];
}

static struct part all_of(const struct net *net, int64_t rows, int64_t units)
{
    return part_of_rows(
        &net->panels, (struct range){0, panel_count(rows, net->panels.kernel.rows)}, units);
}

/* --- forward ------------------------------------------------------------------------------- */

/* z = x W^T of a last layer. */
static void check_last_forward(
    const struct kernel *kernel, int64_t rows, int64_t in, int64_t out, uint64_t seed)
{
    for (int layer = 0; layer < 3; layer++) {
        struct product p = product("forward, last layer", rows, out, in, seed);
        struct net net;
        make(&net, kernel, layer + 1, layer, in, out, rows);
        set_layer(&net, layer, p.b, true, NULL);
        set_rows(net.workspace.x_rows[layer], kernel->rows, p.a, rows, in);
        dense_forward(&net.panels, &net.weights, &net.workspace, layer, all_of(&net, rows, out));
        for (int64_t r = 0; r < rows; r++)
            memcpy(p.c + r * out, net.workspace.z + r * net.workspace.z_stride,
                (size_t)out * sizeof(float));
        assert_product(&p, kernel);
        product_clear(&p);
        net_clear(&net);
    }
}

/* x = relu(x W^T + b) with biases that leave every unit on, as one more input of 1: both copies of
 * what the next layer reads. */
static void check_hidden_forward(
    const struct kernel *kernel, int64_t rows, int64_t in, int64_t out, uint64_t seed)
{
    for (int layer = 0; layer < 2; layer++) {
        struct product p = product("forward, hidden layer", rows, out, in + 1, seed);
        struct net net;
        float *x = net_floats(rows * in);
        for (int64_t j = 0; j < out; j++)
            p.b[in * out + j] += (float)in + 2;
        for (int64_t r = 0; r < rows; r++) {
            memcpy(x + r * in, p.a + r * (in + 1), (size_t)in * sizeof *x);
            p.a[r * (in + 1) + in] = 1;
        }
        make(&net, kernel, layer + 2, layer, in, out, rows);
        set_layer(&net, layer, p.b, true, p.b + in * out);
        set_rows(net.workspace.x_rows[layer], kernel->rows, x, rows, in);
        dense_forward(&net.panels, &net.weights, &net.workspace, layer, all_of(&net, rows, out));
        for (int64_t r = 0; r < rows; r++)
            for (int64_t u = 0; u < out; u++) {
                const float *copy = net.workspace.x_rows[layer + 1];
                p.c[r * out + u] = panel_value(
                    net.workspace.x_wide[layer + 1], net.workspace.rows, kernel->lanes, r, u);
                assert_true(panel_value(copy, out, kernel->rows, u, r) == p.c[r * out + u]);
            }
        assert_product(&p, kernel);
        free(x);
        product_clear(&p);
        net_clear(&net);
    }
}

TEST(forward)
{
    for_each_shape(check_last_forward);
    for_each_shape(check_hidden_forward);
}

/* --- backward ------------------------------------------------------------------------------ */

/* d = d W of a last layer, through units that are all on: what the layer before then reads, in lane
 * panels (the first layer) or in both kinds of row panels. */
static void check_backward(
    const struct kernel *kernel, int64_t rows, int64_t in, int64_t out, uint64_t seed)
{
    for (int layer = 1; layer < 3; layer++) {
        struct product p = product("backward", rows, in, out, seed);
        struct net net;
        make(&net, kernel, layer + 1, layer, in, out, rows);
        struct workspace *workspace = &net.workspace;
        set_layer(&net, layer, p.b, false, NULL);
        for (int64_t i = 0; i < workspace->rows * panel_count(in, kernel->lanes) * kernel->lanes;
             i++)
            workspace->x_wide[layer][i] = 1;
        for (int64_t r = 0; r < rows; r++)
            memcpy(
                workspace->z + r * workspace->z_stride, p.a + r * out, (size_t)out * sizeof(float));
        dense_output(&net.panels, workspace, (struct range){0, rows});
        dense_backward(&net.panels, &net.weights, workspace, layer, all_of(&net, rows, in));
        int64_t width = layer == 1 ? kernel->lanes : kernel->rows;
        for (int64_t r = 0; r < rows; r++)
            for (int64_t u = 0; u < in; u++) {
                const float *copy = workspace->d_rows[layer - 1];
                p.c[r * in + u] =
                    panel_value(workspace->d_wide[layer - 1], workspace->rows, width, r, u);
                assert_true(!copy || panel_value(copy, in, kernel->rows, u, r) == p.c[r * in + u]);
            }
        assert_product(&p, kernel);
        product_clear(&p);
        net_clear(&net);
    }
}

TEST(backward)
{
    for_each_shape(check_backward);
}

/* --- gradient ------------------------------------------------------------------------------ */

/* W's gradient [out x in] = d^T x, summed over rows, block after block, and the bias's = d^T 1. */
static void check_gradient(
    const struct kernel *kernel, int64_t rows, int64_t in, int64_t out, uint64_t seed)
{
    for (int layer = 0; layer < 2; layer++) {
        struct product p = product("gradient", out, in + 1, rows, seed);
        struct net net;
        make(&net, kernel, layer + 1, layer, in, out, rows);
        struct workspace *workspace = &net.workspace;
        float *d = net_floats(rows * out), *x = net_floats(rows * in);
        for (int64_t r = 0; r < rows; r++) {
            for (int64_t o = 0; o < out; o++)
                d[r * out + o] = p.a[o * rows + r];
            memcpy(x + r * in, p.b + r * (in + 1), (size_t)in * sizeof *x);
            p.b[r * (in + 1) + in] = 1;
        }
        int64_t of_x = layer == 0 ? kernel->rows : kernel->lanes;
        int64_t of_d = layer == 0 ? kernel->lanes : kernel->rows;
        set_wide(workspace->x_wide[layer], workspace->rows, of_x, x, rows, in);
        set_wide(workspace->d_wide[layer], workspace->rows, of_d, d, rows, out);
        float *sum = net_floats(net.panels.parameters), *all = net_floats(net.mlp.parameters);
        net_gradient(&net, rows, sum);
        net_canonical(&net, sum, all);
        for (int64_t o = 0; o < out; o++) {
            memcpy(p.c + o * (in + 1), all + net.mlp.weight_at[layer] + o * in,
                (size_t)in * sizeof *all);
            p.c[o * (in + 1) + in] = all[net.mlp.bias_at[layer] + o];
        }
        assert_product(&p, kernel);
        free(d);
        free(x);
        free(sum);
        free(all);
        product_clear(&p);
        net_clear(&net);
    }
}

TEST(gradient)
{
    for_each_shape(check_gradient);
}

/* --- the check, checked -------------------------------------------------------------------- */

/* A right product passes; one with a lost, a doubled or a slightly wrong term does not. */
TEST(slightly_wrong_products_are_rejected)
{
    for (int i = 0; i < N_SIZES * N_SIZES; i++) {
        struct product p = product(
            "made up", sizes[i % N_SIZES], sizes[i / N_SIZES], sizes[(i * 7 + 3) % N_SIZES], 9);
        for (int64_t r = 0; r < p.m; r++)
            for (int64_t j = 0; j < p.n; j++)
                p.c[r * p.n + j] = reference_product(p.k, p.a + r * p.k, 1, p.b + j, p.n);
        assert_true(first_wrong(&p) == -1);
        int64_t r = p.m / 2, j = p.n / 3, t = p.k / 2;
        float right = p.c[r * p.n + j], term = p.a[r * p.k + t] * p.b[t * p.n + j];
        const float wrong[] = {right - term, right + term, right + 0.05f, NAN};
        for (int w = fabsf(term) > 0.05f ? 0 : 2; w < 4; w++) {
            p.c[r * p.n + j] = wrong[w];
            assert_true(first_wrong(&p) == r);
        }
        product_clear(&p);
    }
}
