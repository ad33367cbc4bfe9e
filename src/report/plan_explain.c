#include "report/plan_explain.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "report/number.h"
#include "report/plan_figures.h"

__extension__ typedef __int128 wide;

enum { DIGITS = 4 };

/* Formats a / b with up to DIGITS decimals, truncated: "312.5", "3333.3333...". */
static const char *quotient(int64_t a, int64_t b, char out[48])
{
    wide rest = a % b;
    snprintf(out, 48, "%" PRId64, a / b);
    for (int i = 0; rest > 0 && i < DIGITS; i++) {
        text_append(out, 48, "%s%d", i ? "" : ".", (int)(rest * 10 / b));
        rest = rest * 10 % b;
    }
    if (rest > 0)
        text_append(out, 48, "...");
    return out;
}

/* Returns the number of epochs in a stage; 0: no limit. */
static int64_t epochs_of(const struct plan *plan, int s)
{
    int64_t before = plan->stage[s].epochs_before;
    if (s + 1 < plan->stages)
        return plan->stage[s + 1].epochs_before - before;
    return plan->request.epochs > 0 ? plan->request.epochs - before : 0;
}

/* Prints "ceil(10000/32) = ceil(312.5) = 313; last batch 16; 313 x 5 = 1565". */
static void print_stage(FILE *file, const struct plan *plan, int s)
{
    const struct plan_stage *stage = &plan->stage[s];
    int64_t n = plan->samples, b = stage->batch, epochs = epochs_of(plan, s);
    char ratio[48];
    if (plan->stages > 1)
        fprintf(
            file, "from epoch %" PRId64 ", batches of %" PRId64 ": ", stage->epochs_before + 1, b);
    if (n % b == 0)
        fprintf(file, "%" PRId64 "/%" PRId64 " = %" PRId64 "; every batch is whole", n, b,
            stage->steps_per_epoch);
    else if (plan->drop_last)
        fprintf(file,
            "floor(%" PRId64 "/%" PRId64 ") = floor(%s) = %" PRId64 "; last batch %" PRId64
            ", %" PRId64 " samples dropped",
            n, b, quotient(n, b, ratio), stage->steps_per_epoch, stage->last_batch,
            stage->dropped_per_epoch);
    else
        fprintf(file, "ceil(%" PRId64 "/%" PRId64 ") = ceil(%s) = %" PRId64 "; last batch %" PRId64,
            n, b, quotient(n, b, ratio), stage->steps_per_epoch, stage->last_batch);
    if (epochs > 0) {
        wide all = (wide)stage->steps_per_epoch * epochs;
        fprintf(file, "; %" PRId64 " x %" PRId64, stage->steps_per_epoch, epochs);
        if (all <= INT64_MAX)
            fprintf(file, " = %" PRId64, (int64_t)all);
    }
}

static void print_calculation(FILE *file, const struct plan *plan)
{
    for (int s = 0; s < plan->stages; s++) {
        print_stage(file, plan, s);
        if (plan->stages > 1)
            fputs("\n  ", file);
    }
    if (plan->stages > 1)
        fprintf(file, "in total %" PRId64, plan->total_steps);
    if (plan->cut_by_max_steps)
        fprintf(file, "; --max-steps ends the run at step %" PRId64, plan->total_steps);
    fputc('\n', file);
}

static void print_batch(FILE *file, const char *stem, int64_t iteration, int64_t size, int64_t step)
{
    fprintf(file, "  %s+-- Batch %" PRId64 ": %" PRId64 " sample%s -> Step %" PRId64 "\n", stem,
        iteration, size, NUMBER_PLURAL(size), step);
}

/* Prints the first two batches of an epoch, one line for all batches in between, and the last
 * batch. */
static void print_epoch(FILE *file, const struct plan *plan, int64_t epoch)
{
    struct batch first = plan_batch(plan, plan_steps_of(plan, epoch - 1) + 1);
    const struct plan_stage *stage = plan_stage_of(plan, &first);
    int64_t left = plan->total_steps - first.step + 1;
    int64_t n = left < stage->steps_per_epoch ? left : stage->steps_per_epoch;
    struct batch last = plan_batch(plan, first.step + n - 1);
    const char *stem = epoch < plan->epochs_begun ? "|   " : "    ";
    fprintf(file, "  |\n  +-- Epoch %" PRId64 ": steps %" PRId64 " to %" PRId64 "%s\n", epoch,
        first.step, last.step, n < stage->steps_per_epoch ? ", cut by --max-steps" : "");
    fprintf(file, "  %s|\n", stem);
    for (int64_t i = 0; i < 2 && i < n - 1; i++)
        print_batch(file, stem, i + 1, stage->batch, first.step + i);
    if (n > 3)
        fprintf(file, "  %s:   ... %" PRId64 " more of %" PRId64 "\n", stem, n - 3, stage->batch);
    print_batch(file, stem, n, last.size, last.step);
}

static void print_tree(FILE *file, const struct plan *plan)
{
    fprintf(file, "  Run: %s step%s in %s epoch%s\n", GROUPED(plan->total_steps),
        NUMBER_PLURAL(plan->total_steps), GROUPED(plan->epochs_begun),
        NUMBER_PLURAL(plan->epochs_begun));
    print_epoch(file, plan, 1);
    if (plan->epochs_begun > 2)
        print_epoch(file, plan, 2);
    if (plan->epochs_begun > 3)
        fprintf(file, "  |\n  :   ... %s more\n", GROUPED(plan->epochs_begun - 3));
    if (plan->epochs_begun > 1)
        print_epoch(file, plan, plan->epochs_begun);
}

/* Formats "5" or "5 to 7". */
static const char *span_text(char out[80], struct plan_span span)
{
    if (span.least == span.most)
        snprintf(out, 80, "%s", GROUPED(span.most));
    else
        snprintf(out, 80, "%s to %s", GROUPED(span.least), GROUPED(span.most));
    return out;
}

static void print_shares(FILE *file, const struct plan *plan)
{
    char rows[80], worker[80], slices[80];
    struct plan_shares shares = plan_shares_of(plan);
    int64_t all = shares.workers, without = shares.without_rows;
    bool one = plan->teams == 1;
    span_text(rows, shares.rows_per_team);
    fprintf(file, "\n  A step takes its whole batch%s, no matter how many workers share it:\n",
        plan->stages > 1 ? "; in the first stage" : "");
    fprintf(file, "    %s slice%s over %d team%s", GROUPED(plan->stage[0].slices),
        NUMBER_PLURAL(plan->stage[0].slices), plan->teams, one ? "" : "s");
    if (!one)
        fprintf(
            file, ": %s slices, %s rows per team", span_text(slices, shares.slices_per_team), rows);
    fprintf(file, "\n    %s row%s over %s worker%s: %s per worker\n", GROUPED(plan->stage[0].batch),
        NUMBER_PLURAL(plan->stage[0].batch), GROUPED(all), NUMBER_PLURAL(all),
        span_text(worker, shares.rows_per_worker));
    if (plan->teams > plan->stage[0].busy_teams)
        fprintf(file, "    %d of %d teams get no slice\n", plan->teams - plan->stage[0].busy_teams,
            plan->teams);
    if (without > 0)
        fprintf(file, "    %s of %s workers get no row\n", GROUPED(without), GROUPED(all));
    fputs(
        "  The gradient of the whole batch is one sum, used in one update. More ranks or threads\n"
        "  change neither the number of steps nor the batch.\n",
        file);
}

void plan_explain(FILE *file, const struct plan *plan)
{
    struct plan other;
    fprintf(file, "Batches of %s%s from %s training samples\n\n", GROUPED(plan->stage[0].batch),
        plan->stages > 1 ? ", at first," : "", GROUPED(plan->samples));
    if (plan->stage[0].clamped)
        fprintf(file, "  --batch %" PRId64 " is more than the %s samples.\n\n", plan->request.batch,
            GROUPED(plan->samples));
    fputs("  steps per epoch; last batch; total steps\n  ", file);
    print_calculation(file, plan);
    if (plan_other_tail(plan, &other)) {
        fprintf(
            file, "\n  with the tail %s\n  ", other.drop_last ? "dropped (--drop-last)" : "kept");
        print_calculation(file, &other);
    }
    fputc('\n', file);
    print_tree(file, plan);
    print_shares(file, plan);
}
