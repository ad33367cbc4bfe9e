#include "report/plan_explain_costs.h"

#include <inttypes.h>
#include <math.h>

#include "base/text.h"
#include "report/figure.h"
#include "report/number.h"
#include "report/rows.h"

/* --- the learning rate ------------------------------------------------------------------------ */

/* Prints the rates of the first step, of a step in the middle and of the last step. */
static void print_samples(FILE *file, const struct schedule *schedule)
{
    int64_t last = schedule->total_steps, middle = (last + 1) / 2;
    fprintf(file, "    step 1: %.6g", schedule_rate(schedule, 1, 1));
    if (middle > 1 && middle < last)
        fprintf(file, "; step %s: %.6g", GROUPED(middle), schedule_rate(schedule, middle, 1));
    if (last > 1)
        fprintf(file, "; step %s: %.6g", GROUPED(last), schedule_rate(schedule, last, 1));
    fputc('\n', file);
}

struct json *schedule_json(const struct schedule *schedule)
{
    struct json *row = js_object();
    int64_t length =
        schedule->length > 0 ? schedule->length : schedule->total_steps - schedule->warmup;
    js_set_int(row, "T", length > 0 ? length : 0);
    js_set_int(row, "last", schedule->total_steps);
    js_set_int(row, "warmup", schedule->warmup);
    js_set_text(row, "unit", schedule->by_epoch ? "epoch" : "step");
    js_set_int(row, "size", schedule->step_size);
    js_set_int(row, "milestones", schedule->n_milestones);
    js_set_real(row, "lr", schedule->lr);
    js_set_real(row, "gamma", schedule->gamma);
    js_set_real(row, "end", schedule->lr * schedule->end_factor);
    js_set_real(row, "power", schedule->power);
    js_set_real(row, "min", schedule->min_lr);
    js_set_real(row, "share", schedule->pct_start);
    js_set_real(row, "first", schedule->lr / schedule->div_factor);
    js_set_real(row, "final", schedule->lr / schedule->div_factor / schedule->final_div_factor);
    return row;
}

static void print_rate(FILE *file, const struct schedule *schedule)
{
    static const char *const formula[N_SCHEDULES] = {[SCHEDULE_CONSTANT] = "{lr:6} in every step",
        [SCHEDULE_STEP] = "{lr:6} x {gamma:6}^floor(k / {size})",
        [SCHEDULE_MULTISTEP] = "{lr:6} x {gamma:6}^m, m of {milestones} milestones reached",
        [SCHEDULE_EXPONENTIAL] = "{lr:6} x {gamma:6}^k",
        [SCHEDULE_LINEAR] = "{lr:6} + ({end:6} - {lr:6}) x k / {T}",
        [SCHEDULE_POLYNOMIAL] = "{lr:6} x (1 - k / {T})^{power:6}",
        [SCHEDULE_COSINE] = "{min:6} + ({lr:6} - {min:6}) x (1 + cos(pi k / {T})) / 2",
        [SCHEDULE_ONE_CYCLE] =
            "cosines: {first:6} to {lr:6} in {share:6} x {T} steps, then to {final:6}",
        [SCHEDULE_PLATEAU] = "{lr:6} until the metric no longer improves"};
    bool counts = schedule->kind != SCHEDULE_CONSTANT && schedule->kind != SCHEDULE_PLATEAU;
    struct json *row = schedule_json(schedule);
    fprintf(file, "\n  Learning rate%s\n", counts ? " after k steps" : "");
    fprintf(file, "    %s\n", FILLED(formula[schedule->kind], row));
    if (schedule->warmup > 0)
        fprintf(file,
            "    a warm-up precedes it: step t of %" PRId64 " has the rate x t / %" PRId64 "\n",
            schedule->warmup, schedule->warmup);
    if (schedule->by_epoch && counts)
        fputs("    the rate of the first step of an epoch holds for the whole epoch\n", file);
    if (counts || schedule->warmup > 0)
        print_samples(file, schedule);
    js_destroy(row);
}

/* --- memory ----------------------------------------------------------------------------------- */

static void print_part(
    FILE *file, const struct run_memory *memory, enum memory_part part, const char *text)
{
    if (memory->part[part] > 0)
        fprintf(file, "    %-12s %10s  %s\n", memory_part_name(part),
            BYTES((double)memory->part[part]), text);
}

/* Prints the parts of memory, each with the sizes that it consists of. "Padded": in whole tiles. */
static void print_memory(
    FILE *file, const struct estimate_input *input, const struct run_estimate *estimate)
{
    const struct run_memory *memory = &estimate->memory;
    int64_t parameters = input->settings.mlp.parameters;
    int64_t ranks = estimate->machine_ranks;
    int64_t teams = divide_up(estimate->plan.teams, input->machines);
    int states = optimizer_states(&input->settings.optimizer);
    double plain = 4.0 * (double)parameters;
    double per_row = (double)memory->part[MEMORY_ACTIVATIONS] / (double)memory->pass_rows;
    char text[200];
    fprintf(file, "\n  Memory of a machine: %s parameters x 4 bytes = %s\n", GROUPED(parameters),
        BYTES(plain));
    snprintf(text, sizeof text,
        "%" PRId64 " team%s x %s in file order; the rest, padded, to compute with", teams,
        NUMBER_PLURAL(teams), BYTES(plain));
    print_part(file, memory, MEMORY_WEIGHTS, text);
    snprintf(text, sizeof text, "%d per parameter: %d x %s, padded", states, states, BYTES(plain));
    print_part(file, memory, MEMORY_OPTIMIZER, text);
    snprintf(text, sizeof text, "partial sums of %s slice%s, padded",
        GROUPED(estimate->plan.stage[0].slices), NUMBER_PLURAL(estimate->plan.stage[0].slices));
    print_part(file, memory, MEMORY_GRADIENTS, text);
    snprintf(
        text, sizeof text, "%s rows at once, %s each", GROUPED(memory->pass_rows), BYTES(per_row));
    print_part(file, memory, MEMORY_ACTIVATIONS, text);
    snprintf(text, sizeof text,
        "%" PRId64 " team%s x %s of values + %" PRId64 " rank%s x %s of sample numbers", teams,
        NUMBER_PLURAL(teams), BYTES((double)input->sets.bytes), ranks, NUMBER_PLURAL(ranks),
        BYTES((double)input->sets.numbers));
    print_part(file, memory, MEMORY_DATA, text);
    snprintf(text, sizeof text, "the best or averaged weights: %s", BYTES(plain));
    print_part(file, memory, MEMORY_BEST, text);
    snprintf(text, sizeof text, "copies to write: %d x %s, padded", 1 + states, BYTES(plain));
    print_part(file, memory, MEMORY_CHECKPOINTS, text);
    print_part(file, memory, MEMORY_EVALUATION, "activations of the rows that threads evaluate");
    snprintf(text, sizeof text,
        "program and libraries of %" PRId64 " rank%s, as measured elsewhere", ranks,
        NUMBER_PLURAL(ranks));
    print_part(file, memory, MEMORY_PROCESS, text);
    fprintf(file, "    %-12s %10s  %s\n", "sum", BYTES((double)memory->all),
        memory->writing > 0 ? "and, while a checkpoint is written, its files in memory" : "");
}

/* --- work ------------------------------------------------------------------------------------- */

/* Prints "4 x 784 x 256 + 6 x 256 x 10 = 818,176 operations per sample". */
static void print_sample(FILE *file, const struct mlp *mlp, double flops)
{
    enum { TERMS = 3 };
    fputs("    per sample  ", file);
    for (int l = 0; l < mlp->layers && l < TERMS; l++)
        fprintf(file, "%s%d x %" PRId64 " x %" PRId64, l > 0 ? " + " : "", l > 0 ? 6 : 4,
            mlp->width[l], mlp->width[l + 1]);
    fprintf(file, "%s = %s\n", mlp->layers > TERMS ? " + ..." : "", NUMBER(flops, NUMBER_COUNT));
}

static void print_work(
    FILE *file, const struct estimate_input *input, const struct run_estimate *estimate)
{
    const struct plan *plan = &estimate->plan;
    int64_t batch = plan->stage[0].batch, steps = plan->stage[0].steps_per_epoch;
    int64_t visited = plan->samples - plan->stage[0].dropped_per_epoch;
    int64_t seen = plan_samples_of(plan, plan->total_steps);
    double flops = estimate->sample_flops, step_s = estimate->step_s;
    fputs(
        "\n  Operations: 6 per weight (forward, backward, gradient), 4 in the first layer\n", file);
    print_sample(file, &input->settings.mlp, flops);
    fprintf(file, "    per step    %s x %s samples = %s\n", NUMBER(flops, NUMBER_COUNT),
        GROUPED(batch), NUMBER(flops * (double)batch, NUMBER_SHORT));
    fprintf(file, "    per epoch   %s x %s samples = %s\n", NUMBER(flops, NUMBER_COUNT),
        GROUPED(visited), NUMBER(flops * (double)visited, NUMBER_SHORT));
    fprintf(file, "    per run     %s x %s samples = %s\n", NUMBER(flops, NUMBER_COUNT),
        GROUPED(seen), NUMBER(flops * (double)seen, NUMBER_SHORT));
    if (estimate->exchanges)
        fprintf(file,
            "    messages    partial sums and weights of a team, sent and received: %s per step\n"
            "                x %s steps = %s per epoch\n",
            BYTES((double)estimate->messages.both), GROUPED(steps),
            BYTES((double)estimate->messages.both * (double)steps));
    if (isfinite(step_s))
        fprintf(file, "    time        %s per step x %s steps = %s\n", NUMBER(step_s, NUMBER_TIME),
            GROUPED(plan->total_steps), NUMBER(step_s * (double)plan->total_steps, NUMBER_TIME));
}

void plan_explain_costs(
    FILE *file, const struct estimate_input *input, const struct run_estimate *estimate)
{
    print_rate(file, &estimate->schedule);
    if (!estimate->network)
        return;
    print_memory(file, input, estimate);
    print_work(file, input, estimate);
}
