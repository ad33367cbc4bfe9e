#include "train/run_memory.h"

#include "train/evaluate.h"
#include "train/keeper.h"
#include "train/step.h"

/* Without MPI; and under it: a rank's pages of its own, and those that all processes of the program
 * share on a machine. Looked up with Open MPI 4.1; its drivers for networks take more. */
enum { ALONE_BYTES = 6 << 20, RANK_BYTES = 6 << 20, PROGRAM_BYTES = 3 << 20 };

const char *memory_part_name(enum memory_part part)
{
    static const char *const name[N_MEMORY_PARTS] = {"weights", "gradients", "optimizer",
        "activations", "data", "best", "checkpoints", "evaluation", "process"};
    return name[part];
}

void run_sets_add(struct run_sets *sets, const struct dataset *dataset)
{
    int64_t n = dataset->samples;
    int64_t values = n * dataset->features * (int64_t)value_size(dataset->type);
    sets->bytes += values + (dataset->classes > 0 ? n * (int64_t)sizeof *dataset->labels : 0) +
                   n * dataset->outputs * (int64_t)sizeof *dataset->targets;
    if (dataset->path[0])
        sets->mapped += values;
    else if (values > sets->largest)
        sets->largest = values;
}

void run_sets_add_numbers(struct run_sets *sets, const struct subset *subset)
{
    sets->numbers += subset->number ? subset->size * (int64_t)sizeof *subset->number : 0;
}

static int64_t evaluation_bytes(
    const struct settings *settings, const struct panels *panels, const struct run_sets *sets)
{
    int64_t bytes = 0;
    if (settings->eval_unit == EVAL_NEVER)
        return 0;
    if (sets->validation > 0)
        bytes += evaluator_bytes(settings, panels, sets->validation);
    if (sets->test > 0)
        bytes += evaluator_bytes(settings, panels, sets->test);
    return bytes;
}

static void add_team(struct run_memory *memory, const struct settings *settings,
    const struct panels *panels, const struct run_sets *sets, int team)
{
    const struct plan *plan = &settings->plan;
    int64_t workers = plan_team_workers(plan, team), ranks = workers / plan->threads;
    int64_t canonical = settings->mlp.parameters * (int64_t)sizeof(float);
    struct step_memory step = step_memory_of(settings, team, (int)workers);
    int64_t *part = memory->part;
    part[MEMORY_WEIGHTS] += step.weights + canonical;
    part[MEMORY_GRADIENTS] += step.partial_sums + step.received;
    part[MEMORY_OPTIMIZER] += step.optimizer;
    part[MEMORY_ACTIVATIONS] += step.activations;
    part[MEMORY_DATA] += sets->bytes + ranks * sets->numbers;
    part[MEMORY_BEST] += settings->stop.early ? canonical : 0;
    part[MEMORY_EVALUATION] += ranks * evaluation_bytes(settings, panels, sets);
    part[MEMORY_PROCESS] += plan->ranks == 1 ? ALONE_BYTES : ranks * RANK_BYTES;
    memory->reading += sets->bytes + (ranks > 1 ? sets->largest : 0);
    if (sets->checkpoints) {
        part[MEMORY_CHECKPOINTS] += keeper_bytes(settings, panels, team);
        memory->writing += team == 0 ? keeper_writing_bytes(settings) : 0;
    }
    if (step.pass_rows > memory->pass_rows)
        memory->pass_rows = step.pass_rows;
}

struct run_memory run_memory_of(
    const struct settings *settings, const struct run_sets *sets, struct range teams)
{
    struct run_memory memory = {
        .part[MEMORY_PROCESS] = settings->plan.ranks > 1 ? PROGRAM_BYTES : 0};
    struct panels panels;
    panels_init(&panels, &settings->mlp, &settings->kernel, settings->cache_bytes);
    for (int64_t team = teams.first; team < teams.end; team++)
        add_team(&memory, settings, &panels, sets, (int)team);
    for (int i = 0; i < N_MEMORY_PARTS; i++)
        memory.all += memory.part[i];
    memory.reading += memory.part[MEMORY_PROCESS];
    memory.most = memory.all + memory.writing;
    if (memory.reading > memory.most)
        memory.most = memory.reading;
    memory.most -= sets->mapped * range_size(teams);
    return memory;
}
