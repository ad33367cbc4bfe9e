#include "net/squares.h"

/* --- of samples ------------------------------------------------------------------------------- */

/* Computes |x_l|^2 and |d_l|^2 of a row panel. The first layer's derivatives are not in row
 * panels. */
static void measure_layer(const struct panels *panels, const struct workspace *workspace, int layer,
    int64_t row_panel, float *x, float *d)
{
    const struct squares *squares = squares_of(panels->kernel.level);
    const struct panel_layer *of = &panels->layer[layer];
    int64_t rows = panels->kernel.rows, lanes = panels->kernel.lanes;
    int64_t here = (row_panel + workspace->shift) * rows;
    squares->of_columns(x, workspace->x_rows[layer] + here * of->in, rows, of->in);
    if (of->first)
        squares->of_rows(d, workspace->d_wide[layer] + row_panel * rows * lanes, rows, of->out,
            lanes, workspace->rows * lanes);
    else
        squares->of_columns(d, workspace->d_rows[layer] + here * of->out, rows, of->out);
}

void squares_of_gradients(const struct panels *panels, const struct workspace *workspace,
    struct range row_panels, double *square)
{
    int64_t rows = panels->kernel.rows;
    for (int64_t p = row_panels.first; p < row_panels.end; p++) {
        float x[KERNEL_ROWS_MAX], d[KERNEL_ROWS_MAX];
        for (int64_t r = 0; r < rows; r++)
            square[p * rows + r] = 0;
        for (int l = 0; l < panels->layers; l++) {
            measure_layer(panels, workspace, l, p, x, d);
            for (int64_t r = 0; r < rows; r++)
                square[p * rows + r] += (double)d[r] * ((double)x[r] + 1);
        }
    }
}

/* --- of a batch ------------------------------------------------------------------------------- */

void squares_of_run(
    const struct panels *panels, struct fixed_sum *sum, bool bias, const float *x, int64_t n)
{
    const struct kernel *kernel = &panels->kernel;
    if (bias)
        squares_of(kernel->level)->of_each(sum, x, n);
    else
        squares_of(kernel->level)->of_tile(sum, x, kernel->rows, kernel->lanes);
}

void squares_of_part(
    const struct panels *panels, struct fixed_sum *sum, const float *x, struct range part)
{
    for (int l = 0; l < panels->layers; l++) {
        const struct panel_layer *of = &panels->layer[l];
        int64_t end = least(part.end, of->bias_at);
        int64_t at = part.first > of->weight_at ? part.first : of->weight_at;
        for (; at < end; at += panels->tile_floats)
            squares_of_run(panels, sum, false, x + (at - part.first), panels->tile_floats);
        end = least(part.end, of->bias_at + of->bias_floats);
        at = part.first > of->bias_at ? part.first : of->bias_at;
        if (at < end)
            squares_of_run(panels, sum, true, x + (at - part.first), end - at);
    }
}
