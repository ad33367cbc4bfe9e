#include "report/plan_warnings.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"
#include "comm/deal.h"
#include "report/number.h"
#include "report/plan_figures.h"
#include "report/rate_warning.h"
#include "study/host_estimate.h"

/* A tail of at least 1/FEW_SAMPLES of a batch does not cause a warning; neither does dropping at
 * most 1/MUCH_DROPPED of the data. */
enum { FEW_SAMPLES = 16, MUCH_DROPPED = 100 };

enum { TEXT_MAX = 200 };

/* Teams that are busy for at least this share of a step do not cause a warning. */
static const double EVEN = 0.95;

struct list {
    const struct plan *plan;
    const struct plan_stage *stage;
    int64_t before;            /* number of steps before this stage */
    struct json *array, *last; /* all warnings; the last one */
};

static void warn(struct list *list, const char *about, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void advise(struct list *list, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void set_text(struct json *warning, const char *key, const char *format, va_list arguments)
{
    char text[TEXT_MAX];
    vsnprintf(text, sizeof text, format, arguments);
    js_set_text(warning, key, text);
}

static void warn(struct list *list, const char *about, const char *format, ...)
{
    va_list arguments;
    list->last = js_object();
    js_append(list->array, list->last);
    js_set_int(list->last, "batch", list->stage->asked);
    js_set_text(list->last, "about", about);
    va_start(arguments, format);
    set_text(list->last, "text", format, arguments);
    va_end(arguments);
}

/* Sets the cure of the last warning. */
static void advise(struct list *list, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    set_text(list->last, "cure", format, arguments);
    va_end(arguments);
}

/* --- batches ---------------------------------------------------------------------------------- */

static void check_size(struct list *list)
{
    if (!list->stage->clamped)
        return;
    warn(list, "batch", "larger than the training set, so each epoch is one step of %s samples",
        GROUPED(list->plan->samples));
    advise(list, "--batch %" PRId64 " or less", list->plan->samples);
}

static bool drops_much(const struct plan *plan, int64_t dropped)
{
    return dropped > plan->samples / MUCH_DROPPED;
}

static void check_tail(struct list *list)
{
    const struct plan *plan = list->plan;
    int64_t batch = list->stage->batch, tail = plan->samples % batch;
    if (plan->drop_last || tail == 0 || tail >= divide_up(batch, FEW_SAMPLES))
        return;
    warn(list, "tail",
        "the last step of an epoch has %" PRId64 " sample%s but moves the weights as far as a "
        "full batch",
        tail, NUMBER_PLURAL(tail));
    if (!drops_much(plan, tail))
        advise(list, "--drop-last omits %s", tail == 1 ? "it" : "them");
    else
        advise(list, "--batch %" PRId64 " gives the same number of steps, of nearly equal size",
            divide_up(plan->samples, list->stage->steps_per_epoch));
}

static void check_dropped(struct list *list)
{
    const struct plan *plan = list->plan;
    int64_t dropped = list->stage->dropped_per_epoch;
    int64_t fitting = plan->samples / list->stage->steps_per_epoch;
    if (!drops_much(plan, dropped))
        return;
    warn(list, "drop-last", "every epoch omits %s samples, %.1f %% of the data", GROUPED(dropped),
        100 * (double)dropped / (double)plan->samples);
    advise(list, "--no-drop-last keeps them; --batch %" PRId64 " omits %" PRId64, fitting,
        plan->samples % fitting);
}

static void check_end(struct list *list)
{
    const struct plan *plan = list->plan;
    struct batch last = plan_batch(plan, plan->total_steps);
    if (!plan->cut_by_max_steps || plan_ends_epoch(plan, &last))
        return;
    warn(list, "max-steps", "--max-steps ends the run in epoch %s, at iteration %s of %s",
        GROUPED(last.epoch), GROUPED(last.iteration), GROUPED(list->stage->steps_per_epoch));
    int64_t before = list->before + plan_steps_of(plan, last.epoch - 1);
    int64_t after = list->before + plan_steps_of(plan, last.epoch);
    if (before > 0)
        advise(list, "whole epochs: --max-steps %" PRId64 " or %" PRId64, before, after);
    else
        advise(list, "a whole epoch: --max-steps %" PRId64, after);
}

static void check_warmup(struct list *list, const struct schedule *schedule)
{
    char text[RATE_WARNING_TEXT], cure[RATE_WARNING_TEXT];
    if (!warmup_warning(schedule, text, cure))
        return;
    warn(list, "warmup", "%s; train rejects this", text);
    advise(list, "%s", cure);
}

/* Warns about reductions of the rate that would come after the end of the run. */
static void check_falls(struct list *list, const struct schedule *schedule)
{
    int64_t left = schedule->total_steps - schedule->warmup;
    int late = 0;
    for (int i = 0; i < schedule->n_milestones; i++)
        late += schedule->milestone[i] >= left;
    bool never = schedule->kind == SCHEDULE_STEP && schedule->step_size >= left;
    if (list->before > 0 || left < 1 || !(never || (schedule->kind == SCHEDULE_MULTISTEP && late)))
        return;
    if (never)
        warn(list, "step-size",
            "the first reduction of the rate would come after the end of the run");
    else
        warn(list, "milestones", "%d of %d milestones come%s after the end of the run", late,
            schedule->n_milestones, late == 1 ? "s" : "");
    advise(list, "below %s steps%s", GROUPED(left),
        schedule->warmup > 0 ? ", counted from the end of the warm-up" : "");
}

static void check_rate(
    struct list *list, const struct schedule *schedule, enum optimizer_kind optimizer)
{
    char text[RATE_WARNING_TEXT], cure[RATE_WARNING_TEXT];
    if (list->before > 0 || !rate_warning(schedule, optimizer, text, cure))
        return;
    warn(list, "schedule", "%s", text);
    advise(list, "%s", cure);
}

/* --- idle workers ----------------------------------------------------------------------------- */

enum { LARGER_BATCH_TEXT = 64 };

/* Names a larger batch; one with a slice for each team, if the slices follow from the batch. */
static const char *larger_batch(const struct plan *plan, char out[LARGER_BATCH_TEXT])
{
    if (plan->request.slices > 0 || plan->stage[0].slices >= plan->teams)
        snprintf(out, LARGER_BATCH_TEXT, "a larger batch");
    else
        snprintf(out, LARGER_BATCH_TEXT, "a batch of at least %" PRId64,
            host_estimate_batch(plan->teams));
    return out;
}

static void check_teams(struct list *list)
{
    const struct plan *plan = list->plan;
    const struct plan_stage *stage = list->stage;
    struct plan_span each = plan_shares_of(plan).slices_per_team;
    char text[LARGER_BATCH_TEXT];
    int idle = plan->teams - stage->busy_teams;
    if (idle > 0)
        warn(list, "teams", "%s slice%s for %d teams, so %d of them compute%s no rows",
            GROUPED(stage->slices), NUMBER_PLURAL(stage->slices), plan->teams, idle,
            idle == 1 ? "s" : "");
    else if (stage->balance < EVEN)
        warn(list, "balance",
            "%s slices are not a multiple of %d teams (%" PRId64 "-%" PRId64
            " each): %.0f %% of the teams are busy on average",
            GROUPED(stage->slices), plan->teams, each.least, each.most, 100 * stage->balance);
    else
        return;
    advise(list, "%s, %s, or --slices %" PRId64, larger_batch(plan, text),
        idle > 0 ? "fewer teams" : "a different number of teams",
        deal_even_slices(stage->slices, plan->teams));
}

static void check_workers(struct list *list)
{
    const struct plan *plan = list->plan;
    struct plan_shares shares = plan_shares_of(plan);
    int64_t without = shares.without_rows, of_idle = 0;
    for (int team = list->stage->busy_teams; team < plan->teams; team++)
        of_idle += plan_team_workers(plan, team);
    if (without <= of_idle)
        return;
    warn(list, "workers", "%s of %s workers ha%s no row of %s own", GROUPED(without),
        GROUPED(shares.workers), without == 1 ? "s" : "ve", without == 1 ? "its" : "their");
    advise(list, "a larger batch, or fewer ranks or threads");
}

/* --- memory ----------------------------------------------------------------------------------- */

static void check_memory(struct list *list, const struct run_estimate *estimate, int64_t room)
{
    const struct run_memory *memory = &estimate->memory;
    int64_t bytes = memory->most;
    if (!estimate->network || room == 0 || bytes <= room)
        return;
    warn(list, "memory", "the run would need %s per machine, which has %s", BYTES((double)bytes),
        BYTES((double)room));
    advise(list, "%s", run_memory_cure(memory));
}

void plan_warnings_add(
    struct json *array, const struct run_estimate *estimate, int64_t steps_before, int64_t room)
{
    struct list list = {&estimate->plan, &estimate->plan.stage[0], steps_before, array, NULL};
    check_size(&list);
    check_warmup(&list, &estimate->schedule);
    check_falls(&list, &estimate->schedule);
    check_rate(&list, &estimate->schedule, estimate->optimizer);
    check_tail(&list);
    check_dropped(&list);
    check_end(&list);
    check_teams(&list);
    check_workers(&list);
    check_memory(&list, estimate, room);
}
