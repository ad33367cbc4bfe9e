#include "step/step_state.h"

#include <math.h>
#include <string.h>

#include "net/squares.h"
#include "step/pass_memory.h"

enum { ROW_UNIT = 4 }; /* rows in which workers share what is not done by row panels */

static struct truth truth_at(const struct step *step, int64_t row)
{
    int64_t outputs = step->settings->mlp.width[step->settings->mlp.layers];
    return (struct truth){step->truth.label ? step->truth.label + row : NULL,
        step->truth.target ? step->truth.target + row * outputs : NULL};
}

/* The rows of a pass that workers go through together, or one alone. */
struct rows {
    struct workspace workspace; /* with this worker's shift */
    const struct order *order;
    int64_t position; /* of the pass's first row in the epoch */
    int64_t n;        /* of the pass */
};

/* Rows of the pass, some of which may be beyond its end and become 0. */
static void load(
    struct step *step, const struct worker *worker, struct rows *rows, struct range mine)
{
    struct own *own = own_of(step, worker);
    int64_t in = step->panels.layer[0].in;
    float *most = &step->ballot[worker->index].x[0];
    for (int64_t first = mine.first; first < mine.end; first += step->x_rows) {
        struct range some = {first, least(first + step->x_rows, mine.end)};
        int64_t n = least(some.end, rows->n) - first, beyond = least(mine.end, rows->n) - some.end;
        n = n > 0 ? n : 0;
        loader_rows(&step->start.train, rows->order, rows->position + first, n,
            beyond > 0 ? beyond : 0, own->x, truth_at(step, first));
        memset(own->x + n * in, 0, (size_t)((range_size(some) - n) * in) * sizeof(float));
        dense_drop_inputs(&step->panels, &rows->workspace, first, n, own->x);
        raise_to(most, step->vector->largest(own->x, n * in));
        dense_input(&step->panels, &rows->workspace, some, own->x);
    }
    phase_end(&own->clock, PHASE_LOAD);
}

/* The losses of these rows, and their derivatives on the way back. */
static void turn(
    struct step *step, const struct worker *worker, struct rows *rows, struct range mine)
{
    const struct settings *settings = step->settings;
    const struct criterion *criterion = &settings->criterion;
    int64_t stride = rows->workspace.z_stride, outputs = settings->mlp.width[settings->mlp.layers];
    int64_t n = least(mine.end, rows->n) - mine.first;
    n = n > 0 ? n : 0;
    struct ballot *ballot = &step->ballot[worker->index];
    struct truth truth = truth_at(step, mine.first);
    double *row_loss = step->row_loss + mine.first;
    float *z = rows->workspace.z +
               (mine.first + rows->workspace.shift * step->panels.kernel.rows) * stride;
    loss_rows(settings->kernel.level, criterion, z, truth.label, truth.target, row_loss, n, outputs,
        stride);
    if (criterion->class_weight)
        ballot->weight += loss_weights(criterion, step->weight_unit, truth.label, n);
    memset(z + n * stride, 0, (size_t)((range_size(mine) - n) * stride) * sizeof(float));
    raise_to(&ballot->d[settings->mlp.layers - 1], step->vector->largest(z, n * stride));
    for (int64_t r = 0; r < n; r++)
        ballot->finite &= isfinite(row_loss[r]) != 0;
    dense_output(&step->panels, &rows->workspace, mine);
    phase_end(&own_of(step, worker)->clock, PHASE_FORWARD);
}

/* Forward and backward of some row panels: by one worker, or, where `shared`, by all workers of the
 * team, each with its share of the tiles of every layer. */
static void go_through(struct step *step, const struct worker *worker, struct rows *rows,
    struct range row_panels, bool shared)
{
    const struct panels *panels = &step->panels;
    struct phase_clock *clock = &own_of(step, worker)->clock;
    struct ballot *ballot = &step->ballot[worker->index];
    int64_t width = panels->kernel.rows;
    struct range mine = {row_panels.first * width, row_panels.end * width};
    if (shared)
        mine = worker_share(worker, mine.end, ROW_UNIT);
    load(step, worker, rows, mine);
    for (int l = 0; l < panels->layers; l++) {
        struct part part = part_of_rows(panels, row_panels, panels->layer[l].out);
        if (shared) {
            part.tiles = worker_share(worker, part.tiles.end, 1);
            step_meet(step, worker);
        }
        float most = dense_forward(panels, &step->weights, &rows->workspace, l, part);
        if (l + 1 < panels->layers)
            raise_to(&ballot->x[l + 1], most);
        phase_end(clock, PHASE_FORWARD);
    }
    if (shared)
        step_meet(step, worker);
    turn(step, worker, rows, mine);
    for (int l = panels->layers - 1; l > 0; l--) {
        struct part part = part_of_rows(panels, row_panels, panels->layer[l].in);
        if (shared) {
            part.tiles = worker_share(worker, part.tiles.end, 1);
            step_meet(step, worker);
        }
        raise_to(
            &ballot->d[l - 1], dense_backward(panels, &step->weights, &rows->workspace, l, part));
        phase_end(clock, PHASE_BACKWARD);
    }
}

/* Row panels that have gone there and back. */
static void measure_rows(struct step *step, const struct worker *worker, const struct rows *rows,
    struct range row_panels)
{
    if (!measures(step, worker))
        return;
    squares_of_gradients(&step->panels, &rows->workspace, row_panels, step->row_square);
    phase_end(&own_of(step, worker)->clock, PHASE_BACKWARD);
}

void step_rows(struct step *step, const struct worker *worker, const struct order *order,
    const struct batch *batch, struct range of_batch)
{
    int64_t n = range_size(of_batch);
    struct rows rows = {step->workspace, order, batch->first + of_batch.first, n};
    rows.workspace.first_row =
        (struct dropout_place){step->settings->seed, batch->step, of_batch.first};
    int64_t row_panels = panel_count(n, step->panels.kernel.rows);
    int64_t at_once = workspace_panels_at_once(&step->panels);
    if (pass_by_rows(row_panels, worker->count)) {
        struct range mine = worker_share(worker, row_panels, 1);
        int64_t turns = divide_up(range_size(mine), at_once);
        for (int64_t i = 0; i < turns; i++) {
            struct range some = split_even(range_size(mine), turns, i);
            some.first += mine.first;
            some.end += mine.first;
            rows.workspace.shift = worker->index * at_once - some.first;
            go_through(step, worker, &rows, some, false);
            measure_rows(step, worker, &rows, some);
        }
    } else {
        go_through(step, worker, &rows, (struct range){0, row_panels}, true);
        if (measures(step, worker))
            step_meet(step, worker);
        measure_rows(step, worker, &rows, worker_share(worker, row_panels, 1));
    }
    if (!dataset_is_whole(step->start.train.dataset))
        step->ballot[worker->index].status = (int)STATUS_BAD_DATA;
    step_meet(step, worker);
}
