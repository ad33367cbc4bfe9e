#include "net/squares.h"

#include "net/squares_level.h"

static const struct squares *squares_of(enum level level)
{
    static const struct squares *const table[N_LEVELS] = {&squares_base, &squares_v3, &squares_v4};
    return table[level];
}

void squares_of_rows(enum level level, float *square, const float *x, int64_t n, int64_t units)
{
    squares_of(level)->rows(square, x, n, units, (struct runs){units, 0, units});
}

/* |x_l|^2 and |d_l|^2 of a row panel's rows lie behind the first layer's input. */
static void measure_input(const struct panels *panels, const struct workspace *workspace, int layer,
    int64_t row_panel, float *square)
{
    int64_t lanes = panels->kernel.lanes, rows = panels->kernel.rows;
    squares_of(panels->kernel.level)
        ->rows(square, workspace->x_wide[layer] + row_panel * rows * lanes, rows,
            panels->layer[layer].in, (struct runs){lanes, workspace->rows * lanes, lanes});
}

static void measure_derivative(const struct panels *panels, const struct workspace *workspace,
    int layer, int64_t row_panel, float *square)
{
    const struct squares *squares = squares_of(panels->kernel.level);
    int64_t lanes = panels->kernel.lanes, rows = panels->kernel.rows;
    int64_t units = panels->layer[layer].out, here = row_panel + workspace->shift;
    if (layer + 1 == panels->layers)
        squares->rows(square, workspace->z + here * rows * workspace->z_stride, rows, units,
            (struct runs){units, 0, workspace->z_stride});
    else if (layer == 0)
        squares->rows(square, workspace->d_wide[0] + row_panel * rows * lanes, rows, units,
            (struct runs){lanes, workspace->rows * lanes, lanes});
    else
        squares->columns(square, workspace->d_rows[layer] + here * units * rows, rows, units);
}

void squares_of_gradients(const struct panels *panels, const struct workspace *workspace,
    struct range row_panels, double *square)
{
    int64_t rows = panels->kernel.rows;
    for (int64_t p = row_panels.first; p < row_panels.end; p++) {
        float x[KERNEL_ROWS_MAX], d[KERNEL_ROWS_MAX];
        double *sum = square + p * rows;
        for (int l = 0; l < panels->layers; l++) {
            if (l > 0)
                measure_input(panels, workspace, l, p, x);
            measure_derivative(panels, workspace, l, p, d);
            for (int64_t r = 0; r < rows; r++) {
                double of_x = l > 0 ? (double)x[r] : sum[r];
                double layer = (double)d[r] * (of_x + 1);
                sum[r] = l > 0 ? sum[r] + layer : layer;
            }
        }
    }
}
