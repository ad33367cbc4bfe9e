#include <math.h>

#include "report/plan_columns.h"

/* --- memory ----------------------------------------------------------------------------------- */

enum {
    MEMORY_NAME,
    MEMORY_PASS_ROWS,
    MEMORY_OF_PART, /* N_MEMORY_PARTS of them */
    MEMORY_WRITING = MEMORY_OF_PART + N_MEMORY_PARTS,
    MEMORY_READING,
    MEMORY_NODE,
    MEMORY_RANK,
    MEMORY_WHOLE_ACTIVATIONS,
    MEMORY_WHOLE_NODE,
    N_MEMORY
};

static const struct column memory_column[N_MEMORY] = {
    [MEMORY_NAME] = {NULL, "", "batch", CELL_TEXT, false, false},
    [MEMORY_PASS_ROWS] = {"pass_rows", "rows", "at once", CELL_COUNT, false, false},
    [MEMORY_OF_PART +
        MEMORY_WEIGHTS] = {"memory_weights_bytes", "", "weights", CELL_BYTES, false, true},
    [MEMORY_OF_PART +
        MEMORY_GRADIENTS] = {"memory_gradients_bytes", "", "gradients", CELL_BYTES, false, false},
    [MEMORY_OF_PART +
        MEMORY_OPTIMIZER] = {"memory_optimizer_bytes", "", "optimizer", CELL_BYTES, false, true},
    [MEMORY_OF_PART + MEMORY_ACTIVATIONS] = {"memory_activations_bytes", "", "activations",
        CELL_BYTES, false, false},
    [MEMORY_OF_PART + MEMORY_DATA] = {"memory_data_bytes", "", "data", CELL_BYTES, false, true},
    [MEMORY_OF_PART +
        MEMORY_BEST] = {"memory_best_bytes", "best", "weights", CELL_BYTES, false, true},
    [MEMORY_OF_PART + MEMORY_CHECKPOINTS] = {"memory_checkpoints_bytes", "copies for",
        "checkpoints", CELL_BYTES, false, true},
    [MEMORY_OF_PART +
        MEMORY_EVALUATION] = {"memory_evaluation_bytes", "", "evaluation", CELL_BYTES, false, true},
    [MEMORY_OF_PART + MEMORY_PROCESS] = {"memory_process_bytes", "program and", "libraries about",
        CELL_BYTES, false, true},
    [MEMORY_WRITING] = {"memory_writing_bytes", "more while a", "checkpoint is written", CELL_BYTES,
        false, true},
    [MEMORY_READING] = {"memory_reading_bytes", NULL, NULL, CELL_BYTES, false, false},
    [MEMORY_NODE] = {"memory_node_bytes", "all of", "a machine", CELL_BYTES, false, false},
    [MEMORY_RANK] = {"memory_rank_bytes", "", "a rank", CELL_BYTES, false, false},
    [MEMORY_WHOLE_ACTIVATIONS] = {"memory_whole_batch_activations_bytes",
        "the whole batch at once:", "activations", CELL_BYTES, false, false},
    [MEMORY_WHOLE_NODE] = {"memory_whole_batch_node_bytes", "", "a machine", CELL_BYTES, false,
        false},
};

void plan_memory_cells(const struct plan_row *row, struct cell *cell)
{
    const struct run_estimate *estimate = row->estimate;
    const struct run_memory *memory = &estimate->memory;
    for (int i = 0; i < N_MEMORY; i++)
        cell[i] = cell_none();
    cell[MEMORY_NAME] = cell_text(row->batch);
    if (!estimate->network)
        return;
    cell[MEMORY_PASS_ROWS] = cell_count(memory->pass_rows);
    for (int i = 0; i < N_MEMORY_PARTS; i++)
        cell[MEMORY_OF_PART + i] = cell_silent(cell_count(memory->part[i]), memory->part[i] == 0);
    cell[MEMORY_WRITING] = cell_count(memory->writing);
    cell[MEMORY_READING] = cell_count(memory->reading);
    cell[MEMORY_NODE] = cell_count(memory->all);
    cell[MEMORY_RANK] = cell_count(memory->all / estimate->machine_ranks);
    cell[MEMORY_WHOLE_ACTIVATIONS] = cell_count(estimate->whole.part[MEMORY_ACTIVATIONS]);
    cell[MEMORY_WHOLE_NODE] = cell_count(estimate->whole.all);
}

struct topic plan_memory_topic(void)
{
    return (struct topic){"Memory", memory_column, N_MEMORY};
}

/* --- work ------------------------------------------------------------------------------------- */

enum {
    WORK_NAME,
    WORK_STEP_FLOPS,
    WORK_EPOCH_FLOPS,
    WORK_RUN_FLOPS,
    WORK_STEP_BYTES,
    WORK_EPOCH_BYTES,
    WORK_RATE,
    WORK_STEP_S,
    WORK_EPOCH_S,
    WORK_RUN_S,
    N_WORK
};

static const struct column work_column[N_WORK] = {
    [WORK_NAME] = {NULL, "", "batch", CELL_TEXT, false, false},
    [WORK_STEP_FLOPS] = {"flops_per_step", "operations", "a step", CELL_FLOPS, false, false},
    [WORK_EPOCH_FLOPS] = {"flops_per_epoch", "", "an epoch", CELL_FLOPS, false, false},
    [WORK_RUN_FLOPS] = {"flops_per_run", "", "the run", CELL_FLOPS, false, false},
    [WORK_STEP_BYTES] = {"team_bytes_per_step", "a team sends and", "receives a step", CELL_BYTES,
        false, false},
    [WORK_EPOCH_BYTES] = {"team_bytes_per_epoch", "", "an epoch", CELL_BYTES, false, false},
    [WORK_RATE] = {"samples_per_second", "samples", "a second", CELL_COUNT, false, false},
    [WORK_STEP_S] = {"seconds_per_step", "time", "a step", CELL_SECONDS, false, false},
    [WORK_EPOCH_S] = {"seconds_per_epoch", "", "an epoch", CELL_SECONDS, false, false},
    [WORK_RUN_S] = {"seconds_per_run", "", "the run", CELL_SECONDS, false, false},
};

/* A product that does not fit is not known. */
static struct cell bytes_of(int64_t each, int64_t times)
{
    int64_t bytes;
    return __builtin_mul_overflow(each, times, &bytes) ? cell_none() : cell_count(bytes);
}

static void fill_traffic(const struct run_estimate *estimate, struct cell *cell)
{
    const struct plan *plan = &estimate->plan;
    bool alone = plan->teams == 1;
    if (!estimate->exchanges && !alone)
        return;
    cell[WORK_STEP_BYTES] = cell_silent(cell_count(estimate->exchanged), alone);
    cell[WORK_EPOCH_BYTES] =
        cell_silent(bytes_of(estimate->exchanged, plan->stage[0].steps_per_epoch), alone);
}

void plan_work_cells(const struct plan_row *row, struct cell *cell)
{
    const struct run_estimate *estimate = row->estimate;
    const struct plan *plan = row->plan;
    const struct plan_stage *stage = &plan->stage[0];
    bool one = row->kind != PLAN_ROW_ALL;
    double visited = (double)(plan->samples - stage->dropped_per_epoch);
    double seen = (double)plan_samples_of(plan, plan->total_steps);
    for (int i = 0; i < N_WORK; i++)
        cell[i] = cell_none();
    cell[WORK_NAME] = cell_text(row->batch);
    if (estimate->network) {
        double flops = estimate->sample_flops;
        cell[WORK_STEP_FLOPS] = one ? cell_real(flops * (double)stage->batch) : cell_none();
        cell[WORK_EPOCH_FLOPS] = cell_real(flops * visited);
        cell[WORK_RUN_FLOPS] = cell_real(flops * seen);
        if (one)
            fill_traffic(estimate, cell);
    }
    double run_s = estimate->step_s * (double)plan->total_steps;
    if (isnan(run_s))
        return;
    double epoch_s = one ? estimate->step_s * (double)stage->steps_per_epoch
                         : run_s / plan_epochs_of(plan, plan->total_steps);
    cell[WORK_RATE] = cell_count(llround(one ? visited / epoch_s : seen / run_s));
    cell[WORK_STEP_S] = cell_real(estimate->step_s);
    cell[WORK_EPOCH_S] = cell_real(epoch_s);
    cell[WORK_RUN_S] = cell_real(run_s);
}

struct topic plan_work_topic(void)
{
    return (struct topic){"Work", work_column, N_WORK};
}

_Static_assert(
    (int)N_MEMORY <= TOPIC_COLUMNS_MAX && (int)N_WORK <= TOPIC_COLUMNS_MAX, "too many columns");
