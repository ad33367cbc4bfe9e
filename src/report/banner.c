#include "report/banner.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "base/shown.h"
#include "comm/world.h"
#include "commit.h"
#include "optim/schedule.h"
#include "report/figure.h"
#include "report/plan_explain_costs.h"
#include "report/rows.h"
#include "report/shown_streams.h"
#include "report/team_lines.h"

/* --- the columns of a table ------------------------------------------------------------------- */

enum { NAMED_MOST = 6 };

/* Prints what precedes item i of a list of n of which NAMED_MOST are named: ", ", or for the first
 * of the others their number. False: it is one of these. */
static bool print_between(FILE *file, int64_t i, int64_t n)
{
    if (i == NAMED_MOST)
        fprintf(file, " and %s more", GROUPED(n - i));
    else if (i > 0 && i < NAMED_MOST)
        fputs(", ", file);
    return i < NAMED_MOST;
}

/* Prints "7 numbers, 2 categories (sex 2, town 63 + other)". */
static void print_kinds(FILE *file, const struct dataset *data, const struct encoding *encoding)
{
    char name[ENCODING_NAME];
    int64_t categories = 0, i = 0;
    for (int64_t c = 0; c < data->features; c++)
        categories += levels_in(&data->levels, c) > 0;
    int64_t numbers = data->features - categories;
    if (numbers > 0)
        fprintf(file, "%s number%s", GROUPED(numbers), NUMBER_PLURAL(numbers));
    if (categories > 0)
        fprintf(file, "%s%s categor%s (", numbers > 0 ? ", " : "", GROUPED(categories),
            categories == 1 ? "y" : "ies");
    for (int64_t c = 0; c < data->features && categories > 0; c++)
        if (levels_in(&data->levels, c) > 0 && print_between(file, i++, categories))
            fprintf(file, "%s %s%s", SHOWN(encoding_column_name(data->feature_name, c, name)),
                GROUPED(levels_in(&encoding->levels, c)),
                encoding->column[c].other ? " + other" : "");
    fputs(categories > 0 ? ")" : "", file);
}

static void print_ignored(FILE *file, const struct dataset *data)
{
    int64_t ignored = 0, i = 0;
    for (int64_t o = 0; o < data->others; o++)
        ignored += strcmp(data->other[2 * o], "ignored") == 0;
    fputs(ignored > 0 ? ", ignored: " : "", file);
    for (int64_t o = 0; o < data->others; o++)
        if (strcmp(data->other[2 * o], "ignored") == 0 && print_between(file, i++, ignored))
            fputs(SHOWN(data->other[2 * o + 1]), file);
}

/* Prints what each column of a table is taken for, if the table has names or words. */
static void print_columns(FILE *file, const struct job *job)
{
    const struct dataset *data = job->train.dataset;
    int64_t labels = dataset_label_columns(data);
    if (!data->label_name && data->levels.columns == 0 && data->others == 0)
        return;
    fputs("  columns    ", file);
    print_kinds(file, data, job->train.encoding);
    if (data->label_name)
        fprintf(file, ", %s%s ", data->classes > 0 ? "label" : "target", NUMBER_PLURAL(labels));
    for (int64_t j = 0; j < labels && data->label_name; j++)
        if (print_between(file, j, labels))
            fputs(SHOWN(data->label_name[j]), file);
    for (int64_t o = 0; o < data->others; o++)
        if (strcmp(data->other[2 * o], "ignored") != 0)
            fprintf(file, ", %s %s", data->other[2 * o], SHOWN(data->other[2 * o + 1]));
    print_ignored(file, data);
    fputc('\n', file);
}

/* --- the six lines ---------------------------------------------------------------------------- */

/* Prints "lockstep 0.2.0: 3 classes, 4 inputs, 120 samples, 30 for validation (iris.csv)", with
 * "12 columns, 57 inputs" if columns have several inputs. */
static void print_task(FILE *file, const struct job *job)
{
    const struct dataset *data = job->train.dataset;
    bool labels = job->settings.criterion.kind == LOSS_BCE;
    int64_t outputs = data->classes > 0 ? data->classes : data->outputs;
    int64_t inputs = job->train.encoding->inputs;
    const char *what = data->classes > 0 ? "class" : labels ? "label" : "target";
    fprintf(file, "lockstep %s: %s%s %s%s, ", LOCKSTEP_VERSION,
        data->classes > 0 || labels ? "" : "regression on ", GROUPED(outputs), what,
        outputs == 1        ? ""
        : data->classes > 0 ? "es"
                            : "s");
    if (inputs != data->features)
        fprintf(file, "%s column%s, ", GROUPED(data->features), NUMBER_PLURAL(data->features));
    fprintf(file, "%s input%s, %s sample%s", GROUPED(inputs), NUMBER_PLURAL(inputs),
        GROUPED(loader_size(&job->train)), NUMBER_PLURAL(loader_size(&job->train)));
    if (job->validation)
        fprintf(file, ", %s for validation", GROUPED(loader_size(job->validation)));
    if (job->test)
        fprintf(file, ", %s for testing", GROUPED(loader_size(job->test)));
    fprintf(file, " (%s)\n", SHOWN(data->name));
}

/* The activation of all hidden layers; "mixed" if they differ. */
static const char *activation_name(const struct mlp *mlp)
{
    for (int l = 1; l + 1 < mlp->layers; l++)
        if (mlp->activation[l] != mlp->activation[0])
            return "mixed";
    return activation_words[mlp->activation[0]];
}

static void print_network(FILE *file, const struct job *job)
{
    const struct mlp *mlp = &job->settings.mlp;
    char widths[NETWORK_TEXT];
    fprintf(file, "  network    %s", network_text(mlp, widths));
    if (mlp->layers > 1)
        fprintf(file, " %s", activation_name(mlp));
    fprintf(file, ", %s parameters", GROUPED(mlp->parameters));
    if (mlp->dropout_hidden > 0)
        fprintf(file, ", dropout %g", (double)mlp->dropout_hidden);
    bool piecewise = encoding_is_piecewise(job->train.encoding);
    fprintf(file, "; %s; inputs: %s%s%s\n", loss_words[job->settings.criterion.kind],
        piecewise ? "piecewise" : "scale ",
        piecewise ? "" : scale_words[job->train.encoding->scale.kind],
        job->train.target_scale ? ", targets too" : "");
}

static void print_stage(FILE *file, const struct plan *plan, int s)
{
    const struct plan_stage *stage = &plan->stage[s];
    fprintf(file, "  batch      %s sample%s", GROUPED(stage->batch), NUMBER_PLURAL(stage->batch));
    if (plan->stages > 1)
        fprintf(file, " from epoch %s", GROUPED(stage->epochs_before + 1));
    fprintf(file, "; %s step%s per epoch", GROUPED(stage->steps_per_epoch),
        NUMBER_PLURAL(stage->steps_per_epoch));
    if (stage->dropped_per_epoch)
        fprintf(file, ", %s samples dropped", GROUPED(stage->dropped_per_epoch));
    else if (stage->last_batch != stage->batch)
        fprintf(file, ", the last with %s samples", GROUPED(stage->last_batch));
}

/* Prints a line per batch size; the last one has the length of the run. */
static void print_batches(FILE *file, const struct plan *plan)
{
    for (int s = 0; s < plan->stages; s++) {
        print_stage(file, plan, s);
        fputs(s + 1 < plan->stages ? "\n" : "; ", file);
    }
    if (plan->request.epochs > 0)
        fprintf(file, "%s epoch%s, ", GROUPED(plan->request.epochs),
            NUMBER_PLURAL(plan->request.epochs));
    fprintf(file, "%s step%s%s\n", GROUPED(plan->total_steps), NUMBER_PLURAL(plan->total_steps),
        plan->cut_by_max_steps ? " (--max-steps)" : "");
}

static void print_optimizer(FILE *file, const struct settings *settings)
{
    const struct optimizer_settings *optimizer = &settings->optimizer;
    enum optimizer_kind kind = optimizer->kind;
    fprintf(file, "  optimizer  %s", optimizer_words[kind]);
    if (kind == OPTIMIZER_ADAM || kind == OPTIMIZER_ADAMW || kind == OPTIMIZER_LION)
        fprintf(file, ", betas %g and %g", optimizer->beta1, optimizer->beta2);
    if (kind == OPTIMIZER_RMSPROP)
        fprintf(file, ", alpha %g", optimizer->alpha);
    if (optimizer->momentum > 0 && (kind == OPTIMIZER_SGD || kind == OPTIMIZER_RMSPROP))
        fprintf(
            file, ", %smomentum %g", optimizer->nesterov ? "Nesterov " : "", optimizer->momentum);
    if (optimizer->dampening > 0)
        fprintf(file, ", dampening %g", optimizer->dampening);
    if (optimizer->weight_decay > 0)
        fprintf(file, ", weight decay %g", optimizer->weight_decay);
    if (settings->clip.norm > 0)
        fprintf(file, "; gradient clipped to norm %g", settings->clip.norm);
    if (settings->clip.value > 0)
        fprintf(file, "; gradients clipped to +-%g", settings->clip.value);
    if (optimizer->average > 0)
        fputs("; weights averaged", file);
}

static void print_rate(FILE *file, const struct schedule *schedule)
{
    static const char *const change[N_SCHEDULES] = {[SCHEDULE_CONSTANT] = "",
        [SCHEDULE_STEP] = ", multiplied by {gamma:6} every {size} steps",
        [SCHEDULE_MULTISTEP] = ", multiplied by {gamma:6} after each of {milestones} milestones",
        [SCHEDULE_EXPONENTIAL] = ", multiplied by {gamma:6} every {unit}",
        [SCHEDULE_LINEAR] = ", decreasing linearly to {end:6} at step {last}",
        [SCHEDULE_POLYNOMIAL] = ", polynomial decay to 0 at step {last}, power {power:6}",
        [SCHEDULE_COSINE] = ", cosine decay to {min:6} at step {last}",
        [SCHEDULE_ONE_CYCLE] = (" at most, one cycle: rising for {share:6} of {last} steps, "
                                "then falling"),
        [SCHEDULE_PLATEAU] = ", reduced when the metric no longer improves"};
    struct json *row = schedule_json(schedule);
    fprintf(file, "; rate %g%s", schedule->lr, FILLED(change[schedule->kind], row));
    if (schedule->warmup > 0)
        fputs(FILLED("; warm-up over {warmup} steps", row), file);
    if (schedule->by_epoch && schedule->kind != SCHEDULE_CONSTANT)
        fputs("; constant within an epoch", file);
    fputc('\n', file);
    js_destroy(row);
}

/* Prints "2 ranks x 1 thread, 2 teams, 1 host". */
static void print_workers(FILE *file, const struct teams *teams)
{
    int ranks = teams->comm->size, hosts = teams->comm->hosts;
    int threads = teams->threads[0], workers = 0, different = 0;
    for (int r = 0; r < ranks; r++) {
        workers += teams->threads[r];
        different += teams->threads[r] != threads;
    }
    fprintf(file, "%d rank%s", ranks, NUMBER_PLURAL(ranks));
    if (different)
        fprintf(file, " with %d threads in all", workers);
    else
        fprintf(file, " x %d thread%s", threads, NUMBER_PLURAL(threads));
    if (ranks > 1)
        fprintf(file, ", %d team%s", teams->count, NUMBER_PLURAL(teams->count));
    if (hosts > 1)
        fprintf(file, " on %d hosts", hosts);
}

/* Prints what may surprise: idle teams, and sums whose order is MPI's. */
static void print_notes(FILE *file, const struct settings *settings)
{
    const struct plan *plan = &settings->plan;
    for (int s = 0; s < plan->stages; s++)
        if (plan->stage[s].busy_teams < plan->teams)
            fprintf(file,
                "  note: %d of %d teams are idle: batches of %s have %" PRId64
                " slice%s (a larger --batch or --slices helps)\n",
                plan->teams - plan->stage[s].busy_teams, plan->teams, GROUPED(plan->stage[s].batch),
                plan->stage[s].slices, NUMBER_PLURAL(plan->stage[s].slices));
    if (settings->reduce == REDUCE_ALLREDUCE && plan->teams > 1)
        fprintf(file,
            "  note: --reduce allreduce sums in MPI's order, so different numbers of teams "
            "give different bits\n");
}

/* --- more, with --verbose --------------------------------------------------------------------- */

static void print_activations(FILE *file, const struct mlp *mlp)
{
    bool same = true;
    for (int l = 1; l + 1 < mlp->layers; l++)
        same &= mlp->activation[l] == mlp->activation[0];
    fprintf(file, "  activation %s", mlp->layers > 1 ? "" : "none");
    for (int l = 0; l + 1 < mlp->layers && (l == 0 || !same); l++)
        fprintf(file, "%s%s", l ? ", " : "", activation_words[mlp->activation[l]]);
    if (mlp->dropout_hidden > 0)
        fprintf(file, "; dropout %g", (double)mlp->dropout_hidden);
    if (mlp->dropout_input > 0)
        fprintf(file, "; input dropout %g", (double)mlp->dropout_input);
    fputc('\n', file);
}

static void print_loss(FILE *file, const struct settings *settings)
{
    const struct criterion *criterion = &settings->criterion;
    fprintf(file, "  loss       %s", loss_words[criterion->kind]);
    if (criterion->kind == LOSS_HUBER)
        fprintf(file, ", delta %g", (double)criterion->huber_delta);
    if (criterion->label_smoothing > 0)
        fprintf(file, ", label smoothing %g", (double)criterion->label_smoothing);
    if (criterion->class_weight)
        fprintf(file, ", classes weighted");
    if (settings->weighted)
        fprintf(file, ", samples weighted");
    fputc('\n', file);
}

static void print_slices(FILE *file, const struct plan *plan)
{
    for (int s = 0; s < plan->stages; s++) {
        const struct plan_stage *stage = &plan->stage[s];
        fprintf(file, "  slices     %" PRId64, stage->slices);
        if (plan->stages > 1)
            fprintf(file, " for batches of %" PRId64, stage->batch);
        if (stage->balance < 1)
            fprintf(
                file, "; uneven over %d teams, balance %.0f %%", plan->teams, 100 * stage->balance);
        fprintf(file, "\n");
    }
}

/* Prints "84 MiB per machine: activations 2.5 MiB, ...". The parts that grow with the batch come
 * first. */
static void print_memory(FILE *file, const struct run_memory *memory)
{
    static const enum memory_part order[] = {MEMORY_ACTIVATIONS, MEMORY_GRADIENTS, MEMORY_WEIGHTS,
        MEMORY_OPTIMIZER, MEMORY_DATA, MEMORY_BEST, MEMORY_CHECKPOINTS, MEMORY_EVALUATION,
        MEMORY_PROCESS};
    fprintf(file, "  memory     %s per machine:", BYTES((double)memory->all));
    const char *before = " ";
    for (int i = 0; i < N_MEMORY_PARTS; i++) {
        int64_t part = memory->part[order[i]];
        if (part == 0)
            continue;
        fprintf(file, "%s%s %s", before, memory_part_name(order[i]), BYTES((double)part));
        before = ", ";
    }
    fputc('\n', file);
}

static void print_details(FILE *file, const struct banner *banner)
{
    const struct settings *settings = &banner->job->settings;
    const struct plan *plan = &settings->plan;
    const struct teams *teams = banner->teams;
    char name[16];
    print_activations(file, &settings->mlp);
    print_loss(file, settings);
    fprintf(file, "  threads    from %s", banner->threads_reason);
    if (plan->threads < plan->request.threads)
        fprintf(file, "; a step has no work for more than %d", plan->threads);
    fputc('\n', file);
    fprintf(file, "  kernel     %s (%s, elementwise %s), %s\n", settings->kernel.name,
        kernel_library(), level_name(settings->kernel.level), world_library());
    print_slices(file, plan);
    fprintf(file, "  teams      %d on %d host%s (--team %s)\n", teams->count, teams->comm->hosts,
        NUMBER_PLURAL(teams->comm->hosts), team_name(teams->request, name));
    team_lines_print(file, teams, plan);
    print_memory(file, banner->memory);
    fprintf(file, "  seed       %" PRIu64 "\n", settings->seed);
}

/* --- all of it -------------------------------------------------------------------------------- */

static void print_all(FILE *file, const struct banner *banner)
{
    const struct job *job = banner->job;
    const struct settings *settings = &job->settings;
    print_task(file, job);
    print_columns(file, job);
    print_network(file, job);
    print_batches(file, &settings->plan);
    print_optimizer(file, settings);
    print_rate(file, &job->run.schedule);
    fputs("  machine    ", file);
    print_workers(file, banner->teams);
    fprintf(file, ", kernel %s, %s of memory\n", settings->kernel.name,
        BYTES((double)banner->memory->all));
    if (banner->verbose)
        print_details(file, banner);
    fprintf(file, "  results    %s\n", SHOWN(banner->out));
    print_notes(file, settings);
}

void banner_print(FILE *file, const struct banner *banner, int most)
{
    struct wrapped wrapped;
    print_all(wrapped_begin(&wrapped, file), banner);
    wrapped_end(&wrapped, 13, most);
}
