#include "step/step_rows.h"

#include <math.h>
#include <string.h>

#include "step/pass_memory.h"
#include "step/step_noise.h"

enum { ROW_UNIT = 4 }; /* unit, in rows, by which work other than row panels is shared */

/* The rows of a pass, as one worker sees them. */
struct rows {
    struct workspace workspace; /* with this worker's shift */
    const struct order *order;
    int64_t position; /* of the pass's first row in the epoch */
    int64_t n;        /* rows of the pass */
};

static struct truth truth_at(const struct step *step, int64_t row)
{
    return truth_from(step->truth, row, step->settings->mlp.width[step->settings->mlp.layers]);
}

/* Returns the number of rows of a range that are in the pass; those beyond its end only fill the
 * last row panel. */
static int64_t rows_within(const struct rows *rows, struct range range)
{
    int64_t n = least(range.end, rows->n) - range.first;
    return n > 0 ? n : 0;
}

/* Loads inputs and truth, as many rows at a time as stay in a first-level cache. Rows beyond the
 * pass become 0. */
static void load_rows(
    struct step *step, const struct worker *worker, struct rows *rows, struct range mine)
{
    struct own *own = own_of(step, worker);
    int64_t in = step->panels.layer[0].in;
    float *most = &step->report[worker->index].x[0];
    for (int64_t first = mine.first; first < mine.end; first += step->x_rows) {
        struct range some = {first, least(first + step->x_rows, mine.end)};
        int64_t n = rows_within(rows, some);
        int64_t beyond = rows_within(rows, (struct range){some.end, mine.end});
        loader_rows(&step->start.train, rows->order, rows->position + first, n, beyond, own->x,
            truth_at(step, first));
        memset(own->x + n * in, 0, (size_t)((range_size(some) - n) * in) * sizeof(float));
        dense_drop_inputs(&step->panels, &rows->workspace, first, n, own->x);
        raise_to(most, step->vector->largest(own->x, n * in));
        dense_input(&step->panels, &rows->workspace, some, own->x);
    }
    phase_end(&own->clock, PHASE_LOAD);
}

/* Computes the losses of these rows and the derivatives of the losses, with which backward
 * begins. */
static void compute_losses(
    struct step *step, const struct worker *worker, struct rows *rows, struct range mine)
{
    const struct settings *settings = step->settings;
    const struct criterion *criterion = &settings->criterion;
    int64_t stride = rows->workspace.z_stride, outputs = settings->mlp.width[settings->mlp.layers];
    int64_t n = rows_within(rows, mine);
    struct worker_report *report = &step->report[worker->index];
    struct truth truth = truth_at(step, mine.first);
    double *row_loss = step->row_loss + mine.first;
    float *z = rows->workspace.z +
               (mine.first + rows->workspace.shift * step->panels.kernel.rows) * stride;
    loss_rows(settings->kernel.level, criterion, z, truth.label, truth.target, row_loss, n, outputs,
        stride);
    if (truth.weight) {
        loss_weigh(settings->kernel.level, truth.weight, z, row_loss, n, outputs, stride);
        loss_row_weights(criterion, truth.weight, truth.label, step->row_weight + mine.first, n);
    } else if (criterion->class_weight)
        report->class_weight += loss_weights(criterion, step->weight_unit, truth.label, n);
    memset(z + n * stride, 0, (size_t)((range_size(mine) - n) * stride) * sizeof(float));
    raise_to(&report->d[settings->mlp.layers - 1], step->vector->largest(z, n * stride));
    for (int64_t r = 0; r < n; r++)
        report->finite &= isfinite(row_loss[r]) != 0;
    dense_output(&step->panels, &rows->workspace, mine);
    phase_end(&own_of(step, worker)->clock, PHASE_FORWARD);
}

/* Returns this worker's part of a product. Where workers share tiles, first waits for the previous
 * product, since a tile reads all units of the previous layer. */
static struct part part_of(struct step *step, const struct worker *worker, struct range row_panels,
    int64_t units, bool shared)
{
    struct part part = part_of_rows(&step->panels, row_panels, units);
    if (shared) {
        part.tiles = worker_share(worker, part.tiles.end, 1);
        step_meet(step, worker);
    }
    return part;
}

/* Runs some row panels forward and backward: by one worker or, if `shared`, by all workers of the
 * team, each with its share of the tiles of every layer. */
static void forward_backward(struct step *step, const struct worker *worker, struct rows *rows,
    struct range row_panels, bool shared)
{
    const struct panels *panels = &step->panels;
    struct phase_clock *clock = &own_of(step, worker)->clock;
    struct worker_report *report = &step->report[worker->index];
    int64_t width = panels->kernel.rows;
    struct range mine = {row_panels.first * width, row_panels.end * width};
    if (shared)
        mine = worker_share(worker, mine.end, ROW_UNIT);
    load_rows(step, worker, rows, mine);
    for (int l = 0; l < panels->layers; l++) {
        struct part part = part_of(step, worker, row_panels, panels->layer[l].out, shared);
        float most = dense_forward(panels, &step->weights, &rows->workspace, l, part);
        if (l + 1 < panels->layers)
            raise_to(&report->x[l + 1], most);
        phase_end(clock, PHASE_FORWARD);
    }
    if (shared)
        step_meet(step, worker);
    compute_losses(step, worker, rows, mine);
    for (int l = panels->layers - 1; l > 0; l--) {
        struct part part = part_of(step, worker, row_panels, panels->layer[l].in, shared);
        raise_to(
            &report->d[l - 1], dense_backward(panels, &step->weights, &rows->workspace, l, part));
        phase_end(clock, PHASE_BACKWARD);
    }
}

/* Runs this worker's whole row panels, as many at a time as its cache holds. */
static void take_own_rows(struct step *step, const struct worker *worker, const struct batch *batch,
    struct rows *rows, struct range mine)
{
    int64_t at_once = workspace_panels_at_once(&step->panels);
    int64_t groups = divide_up(range_size(mine), at_once);
    for (int64_t i = 0; i < groups; i++) {
        struct range some = split_even(range_size(mine), groups, i);
        some.first += mine.first;
        some.end += mine.first;
        rows->workspace.shift = worker->index * at_once - some.first;
        forward_backward(step, worker, rows, some, false);
        step_noise_rows(step, worker, batch, &rows->workspace, some);
    }
}

/* Runs all row panels, together with the other workers. */
static void take_shared_rows(struct step *step, const struct worker *worker,
    const struct batch *batch, struct rows *rows, int64_t row_panels)
{
    forward_backward(step, worker, rows, (struct range){0, row_panels}, true);
    if (step_noise_is_due(step, batch))
        step_meet(step, worker); /* a row's derivatives come from several workers */
    step_noise_rows(step, worker, batch, &rows->workspace, worker_share(worker, row_panels, 1));
}

void step_rows(struct step *step, const struct worker *worker, const struct order *order,
    const struct batch *batch, const struct walk *begin, const struct walk *end)
{
    struct range of_batch = walk_rows(begin, end);
    int64_t n = range_size(of_batch);
    struct rows rows = {step->workspace, order, batch->first + of_batch.first, n};
    rows.workspace.first_row =
        (struct dropout_place){step->settings->seed, batch->step, of_batch.first};
    int64_t row_panels = panel_count(n, step->panels.kernel.rows);
    if (pass_by_rows(row_panels, worker->count))
        take_own_rows(step, worker, batch, &rows, worker_share(worker, row_panels, 1));
    else
        take_shared_rows(step, worker, batch, &rows, row_panels);
    if (!mapped_file_is_whole(&step->start.train.dataset->file))
        step->report[worker->index].status = (int)STATUS_BAD_DATA;
    step_meet(step, worker);
    /* This comes before the gradient, because after its barrier the next pass overwrites row_loss,
     * and because after the last pass the gradient's own sums need the bound that the sum of
     * |g_i|^2 gives. */
    if (worker_speaks(worker))
        row_sums_add(&own_of(step, worker)->loss, step->row_loss, begin, end);
    if (step_noise_is_due(step, batch)) /* every worker has its own copy of this sum */
        row_sums_add(&own_of(step, worker)->square, step->row_square, begin, end);
    if (step->row_weight) /* likewise: every worker of a single team needs the divisor */
        row_sums_add(&own_of(step, worker)->weight, step->row_weight, begin, end);
}
