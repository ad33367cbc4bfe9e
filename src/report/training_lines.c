#include "report/training_lines.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/text.h"

/* --- the banner ------------------------------------------------------------------------------- */

static void print_network(FILE *file, const struct mlp *mlp)
{
    bool same = true;
    for (int l = 1; l + 1 < mlp->layers; l++)
        same &= mlp->activation[l] == mlp->activation[0];
    fprintf(file, "  activation       %s", mlp->layers > 1 ? "" : "none");
    for (int l = 0; l + 1 < mlp->layers && (l == 0 || !same); l++)
        fprintf(file, "%s%s", l ? ", " : "", activation_words[mlp->activation[l]]);
    if (mlp->dropout_hidden > 0)
        fprintf(file, "; dropout %g", (double)mlp->dropout_hidden);
    if (mlp->dropout_input > 0)
        fprintf(file, "; dropout of inputs %g", (double)mlp->dropout_input);
    fputc('\n', file);
}

static void print_loss(FILE *file, const struct criterion *criterion)
{
    fprintf(file, "  loss             %s", loss_words[criterion->kind]);
    if (criterion->kind == LOSS_HUBER)
        fprintf(file, ", delta %g", (double)criterion->huber_delta);
    if (criterion->label_smoothing > 0)
        fprintf(file, ", label smoothing %g", (double)criterion->label_smoothing);
    if (criterion->class_weight)
        fprintf(file, ", classes weighted");
    fputc('\n', file);
}

static void print_optimizer(FILE *file, const struct settings *settings)
{
    const struct optimizer_settings *optimizer = &settings->optimizer;
    enum optimizer_kind kind = optimizer->kind;
    fprintf(file, "  optimizer        %s", optimizer_words[kind]);
    if (kind == OPTIMIZER_ADAM || kind == OPTIMIZER_ADAMW)
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
    fputc('\n', file);
}

void training_lines_print(
    FILE *file, const struct settings *settings, const struct schedule *schedule)
{
    char rate[400];
    training_rate_text(schedule, rate, sizeof rate);
    print_network(file, &settings->mlp);
    print_loss(file, &settings->criterion);
    print_optimizer(file, settings);
    fprintf(file, "  learning rate    %s\n", rate);
}

/* --- the rate --------------------------------------------------------------------------------- */

/* Behind the first rate. */
static void describe(const struct schedule *schedule, char *out, size_t size)
{
    char count[32], last[32];
    text_grouped(schedule->step_size, count);
    text_grouped(schedule->total_steps, last);
    switch (schedule->kind) {
    case SCHEDULE_STEP:
        snprintf(out, size, ", times %g every %s steps", schedule->gamma, count);
        break;
    case SCHEDULE_MULTISTEP:
        snprintf(out, size, ", times %g after each of %d milestones", schedule->gamma,
            schedule->n_milestones);
        break;
    case SCHEDULE_EXPONENTIAL:
        snprintf(out, size, ", times %g every %s", schedule->gamma,
            schedule->by_epoch ? "epoch" : "step");
        break;
    case SCHEDULE_LINEAR:
        snprintf(out, size, ", in a straight line to %g at step %s",
            schedule->lr * schedule->end_factor, last);
        break;
    case SCHEDULE_POLYNOMIAL:
        snprintf(out, size, ", to 0 at step %s by the power %g", last, schedule->power);
        break;
    case SCHEDULE_COSINE:
        snprintf(out, size, ", to %g at step %s as a cosine", schedule->min_lr, last);
        break;
    case SCHEDULE_ONE_CYCLE:
        snprintf(out, size, " at most, one cycle: up in %g of %s steps, then down",
            schedule->pct_start, last);
        break;
    case SCHEDULE_PLATEAU:
        snprintf(out, size, ", falling when the metric no longer improves");
        break;
    case SCHEDULE_CONSTANT:
    case N_SCHEDULES:
        snprintf(out, size, "%s", "");
        break;
    }
}

void training_rate_text(const struct schedule *schedule, char *out, size_t size)
{
    char course[200], warmup[32];
    describe(schedule, course, sizeof course);
    int used = snprintf(out, size, "%g%s", schedule->lr, course);
    if (schedule->warmup > 0 && used > 0 && (size_t)used < size)
        used += snprintf(out + used, size - (size_t)used, "; warm-up over %s steps",
            text_grouped(schedule->warmup, warmup));
    if (schedule->by_epoch && schedule->kind != SCHEDULE_CONSTANT && used > 0 &&
        (size_t)used < size)
        snprintf(out + used, size - (size_t)used, "; held within an epoch");
}

/* --- the curve -------------------------------------------------------------------------------- */

enum { CURVE_POINTS = 2000, CURVE_STEPS = 10000000 };

static void append_point(struct json *curve, int64_t step, double lr)
{
    struct json *point = js_object();
    js_set_int(point, "step", step);
    js_set_real(point, "lr", lr);
    js_append(curve, point);
}

/* Every step with another rate than the one before. False: they are too many, or too many steps to
 * look at. */
static bool append_changes(struct json *curve, const struct schedule *schedule)
{
    double before = (double)NAN;
    int points = 0;
    if (schedule->total_steps > CURVE_STEPS)
        return false;
    for (int64_t step = 1; step <= schedule->total_steps; step++) {
        double lr = schedule_rate(schedule, step, 1);
        if (lr == before)
            continue;
        if (points++ == CURVE_POINTS)
            return false;
        append_point(curve, step, lr);
        before = lr;
    }
    return true;
}

struct json *training_rates_json(const struct schedule *schedule)
{
    struct json *rates = js_object(), *curve = js_array();
    bool complete = append_changes(curve, schedule);
    if (!complete) {
        js_destroy(curve);
        curve = js_array();
        int64_t apart = schedule->total_steps / (CURVE_POINTS - 1);
        for (int64_t i = 0; i < CURVE_POINTS - 1; i++)
            append_point(curve, 1 + i * apart, schedule_rate(schedule, 1 + i * apart, 1));
        append_point(
            curve, schedule->total_steps, schedule_rate(schedule, schedule->total_steps, 1));
    }
    js_set_text(rates, "schedule", schedule_words[schedule->kind]);
    js_set_real(rates, "lr", schedule->lr);
    js_set_int(rates, "warmup_steps", schedule->warmup);
    js_set_bool(rates, "complete", complete);
    js_set(rates, "curve", curve);
    return rates;
}
