#include "study/run_memory.h"

#include <string.h>

#include "base/text.h"
#include "model/evaluate.h"
#include "run/checkpoint_writer.h"
#include "step/step_memory.h"

/* The memory of a process without MPI; with MPI, the private pages of a rank, and the pages shared
 * by all processes of the program on a machine. Measured with Open MPI 4.1 without network drivers,
 * which need more. */
enum { ALONE_BYTES = 6 << 20, RANK_BYTES = 6 << 20, PROGRAM_BYTES = 3 << 20 };

/* The name of each part, and the options that reduce it. */
static const struct {
    const char *name, *cure;
} table[N_MEMORY_PARTS] = {
    [MEMORY_WEIGHTS] = {"weights", "a smaller --hidden; ranks that share them (--team node)"},
    [MEMORY_GRADIENTS] = {"gradients",
        "fewer --slices, more --pass-rows; ranks that share them (--team node)"},
    [MEMORY_OPTIMIZER] = {"optimizer", "--optimizer sgd; more machines to share it"},
    [MEMORY_ACTIVATIONS] = {"activations", "a smaller --pass-rows, or --memory"},
    [MEMORY_DATA] = {"data", "ranks that share it (--team node); data stored as bytes, or in an "
                             "NPY file, which is mapped"},
    [MEMORY_BEST] = {"best", "--final-weights last"},
    [MEMORY_CHECKPOINTS] = {"checkpoints", "a smaller --hidden, --optimizer sgd"},
    [MEMORY_EVALUATION] = {"evaluation", "fewer --threads"},
    [MEMORY_PROCESS] = {"process", "fewer ranks, with more --threads each"},
};

const char *memory_part_name(enum memory_part part)
{
    return table[part].name;
}

/* An upper bound that keeps sums from overflowing. */
static const int64_t MOST_BYTES = INT64_C(1) << 56;

static int64_t bytes_of(int64_t n, int64_t width, size_t size)
{
    int64_t bytes;
    bool fits = !__builtin_mul_overflow(n, width, &bytes) &&
                !__builtin_mul_overflow(bytes, (int64_t)size, &bytes);
    return fits && bytes < MOST_BYTES ? bytes : MOST_BYTES;
}

void run_sets_keep(struct run_sets *sets, const struct stop_rules *rules)
{
    sets->keeps_best = stop_keeps_best(rules);
    sets->keeps_average = rules->final_weights == FINAL_EMA;
}

void run_sets_add(struct run_sets *sets, const struct dataset *dataset)
{
    int64_t n = dataset->samples + dataset->unlabelled;
    int64_t values = bytes_of(n, dataset->features, value_size(dataset->type));
    int64_t rest = bytes_of(n, dataset->classes > 0, sizeof *dataset->labels) +
                   bytes_of(n, dataset->outputs, sizeof *dataset->targets) +
                   bytes_of(n, dataset->weight != NULL, sizeof *dataset->weight) +
                   bytes_of(n, dataset->group != NULL, sizeof *dataset->group) +
                   bytes_of(n, dataset->when != NULL, sizeof *dataset->when) +
                   bytes_of(n, dataset->line != NULL, sizeof *dataset->line);
    int64_t mapped = dataset->path[0] ? values : 0, in_memory = values + rest - mapped;
    sets->bytes += values + rest;
    sets->mapped += mapped;
    if (in_memory > sets->largest)
        sets->largest = in_memory;
}

void run_sets_add_numbers(struct run_sets *sets, const struct subset *subset)
{
    sets->numbers += subset->number ? subset->size * (int64_t)sizeof *subset->number : 0;
}

static int64_t evaluation_bytes(
    const struct settings *settings, const struct panels *panels, const struct run_sets *sets)
{
    enum loss_kind loss = settings->criterion.kind;
    int threads = settings->plan.threads;
    int64_t validation = sets->evaluates ? sets->validation : 0;
    int64_t test = sets->evaluates ? sets->test : 0;
    int times =
        settings->optimizer.average > 0 ? 2 : 1; /* the averaged weights are evaluated too */
    return times * ((validation ? evaluator_bytes(loss, panels, threads, validation) : 0) +
                       (test ? evaluator_bytes(loss, panels, threads, test) : 0));
}

static void add_data(
    struct run_memory *memory, const struct run_sets *sets, int64_t ranks, bool several)
{
    int64_t *process = &memory->part[MEMORY_PROCESS];
    if (*process == 0 && several)
        *process = PROGRAM_BYTES;
    *process += several ? ranks * RANK_BYTES : ALONE_BYTES;
    memory->part[MEMORY_DATA] += sets->bytes + ranks * sets->numbers;
    memory->mapped += sets->mapped;
    memory->reading += sets->bytes + sets->reader_bytes + (ranks > 1 ? sets->largest : 0);
}

static void add_network(struct run_memory *memory, const struct settings *settings,
    const struct run_sets *sets, int team, int64_t ranks)
{
    int64_t canonical = settings->mlp.parameters * (int64_t)sizeof(float);
    int64_t *part = memory->part;
    struct panels panels;
    panels_init(&panels, &settings->mlp, &settings->kernel, settings->cache_bytes);
    struct step_memory step = step_memory_of(settings, team, (int)(ranks * settings->plan.threads));
    part[MEMORY_WEIGHTS] += step.weights + canonical;
    part[MEMORY_GRADIENTS] += step.partial_sums + step.received;
    part[MEMORY_OPTIMIZER] += step.optimizer;
    part[MEMORY_ACTIVATIONS] += step.activations;
    part[MEMORY_BEST] += (sets->keeps_best + sets->keeps_average) * canonical;
    part[MEMORY_EVALUATION] += ranks * evaluation_bytes(settings, &panels, sets);
    if (sets->checkpoints) {
        part[MEMORY_CHECKPOINTS] +=
            checkpoint_writer_bytes(settings, &panels, team, sets->keeps_best);
        memory->writing += team == 0 ? checkpoint_writer_writing_bytes(settings) : 0;
    }
    if (sets->resumes)
        memory->starting +=
            (optimizer_states(&settings->optimizer) + sets->keeps_best + 1) * canonical;
    if (step.pass_rows > memory->pass_rows)
        memory->pass_rows = step.pass_rows;
}

static int64_t while_reading(const struct run_memory *memory)
{
    return memory->reading + memory->part[MEMORY_PROCESS];
}

void run_memory_sum(struct run_memory *memory)
{
    memory->all = 0;
    for (int i = 0; i < N_MEMORY_PARTS; i++)
        memory->all += memory->part[i];
    memory->most =
        larger(memory->all + larger(memory->writing, memory->starting), while_reading(memory)) -
        memory->mapped;
}

void run_memory_add(struct run_memory *memory, const struct settings *settings,
    const struct run_sets *sets, int team, int64_t ranks, bool several)
{
    add_data(memory, sets, ranks, several);
    if (settings)
        add_network(memory, settings, sets, team, ranks);
    run_memory_sum(memory);
}

struct run_memory run_memory_of(
    const struct settings *settings, const struct run_sets *sets, struct range teams)
{
    const struct plan *plan = &settings->plan;
    struct run_memory memory = {.all = 0};
    for (int64_t team = teams.first; team < teams.end; team++)
        run_memory_add(&memory, settings, sets, (int)team,
            plan_team_workers(plan, (int)team) / plan->threads, plan->ranks > 1);
    return memory;
}

/* --- is there enough? ----------------------------------------------------------------------- */

static bool reading_is_most(const struct run_memory *memory)
{
    return memory->most == while_reading(memory) - memory->mapped;
}

const char *run_memory_cure(const struct run_memory *memory)
{
    int largest = 0;
    if (memory->cure)
        return memory->cure;
    for (int i = 1; i < N_MEMORY_PARTS; i++)
        if (memory->part[i] > memory->part[largest])
            largest = i;
    return reading_is_most(memory) ? "data in an NPY file, which is mapped" : table[largest].cure;
}

enum { PARTS_TEXT = 400 };

/* Appends "name 1.2 GiB" unless it is less than 1 %. */
static void append_part(
    char parts[PARTS_TEXT], const char *name, int64_t bytes, const struct run_memory *memory)
{
    if (bytes > memory->most / 100)
        text_append(parts, PARTS_TEXT, "%s%s %s", parts[0] ? ", " : "", name, BYTES((double)bytes));
}

/* Lists the parts that add up to `most`. */
static void list_parts(const struct run_memory *memory, char parts[PARTS_TEXT])
{
    bool reading = reading_is_most(memory);
    int64_t data = memory->part[MEMORY_DATA];
    parts[0] = '\0';
    for (int i = 0; i < N_MEMORY_PARTS; i++)
        if (i == MEMORY_DATA)
            append_part(parts, "data", data - memory->mapped, memory);
        else if (!reading || i == MEMORY_PROCESS)
            append_part(parts, table[i].name, memory->part[i], memory);
    if (reading)
        append_part(parts, "extra while reading data", memory->reading - data, memory);
    else if (memory->writing >= memory->starting)
        append_part(parts, "extra while writing a checkpoint", memory->writing, memory);
    else
        append_part(parts, "extra while reading a checkpoint", memory->starting, memory);
    append_part(parts, "not counted because mapped from files", memory->mapped, memory);
}

enum status run_memory_check(const struct run_memory *memory, const struct memory_limits *limits,
    const char *what, struct error *error)
{
    char parts[PARTS_TEXT];
    if (limits->most == 0 || memory->most <= limits->most)
        return STATUS_OK;
    list_parts(memory, parts);
    return fail(error, STATUS_NO_RESOURCE,
        "%.300s%stoo little memory: %s needed on this machine, but the limit is %s (%.200s): %s; "
        "to reduce it: %s; --force-memory runs it anyway",
        what, what[0] ? ": " : "", BYTES((double)memory->most), BYTES((double)limits->most),
        limits->set_by, parts, run_memory_cure(memory));
}

bool run_memory_is_scarce(
    const struct run_memory *memory, const struct memory_limits *limits, struct error *error)
{
    char parts[PARTS_TEXT];
    if (limits->most == 0 || memory->most + memory->most / 10 <= limits->free)
        return false;
    list_parts(memory, parts);
    fail(error, STATUS_NO_RESOURCE,
        "memory may not suffice: about %s needed on this machine, but only %s are free now (%s): "
        "the system may end the run without a message",
        BYTES((double)memory->most), BYTES((double)limits->free), parts);
    return true;
}
