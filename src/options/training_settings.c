#include "options/training_settings.h"

#include <float.h>
#include <math.h>

#include "report/rate_warning.h"

void training_settings_network(const struct options *options, struct mlp *mlp)
{
    for (int l = 0; l + 1 < mlp->layers; l++) {
        int given = options->activation.n == 1 ? 0 : l;
        mlp->activation[l] = (enum activation_kind)options->activation.item[given];
    }
    mlp->leaky_slope = (float)options->leaky_slope;
    mlp->dropout_input = (float)options->dropout_input;
    mlp->dropout_hidden = (float)options->dropout;
}

/* Converts a length from the beginning of the run to steps. */
static int64_t steps_of(struct length length, const struct plan *plan)
{
    return length.epochs > 0 ? plan_steps_of(plan, length.epochs) : length.steps;
}

/* Without a plan, the share only shows whether there is an average. */
static double average_share(const struct options *options, const struct plan *plan)
{
    const struct length *half_life = &options->ema;
    if (half_life->steps == 0 && half_life->epochs == 0)
        return 0;
    return optimizer_average_share(plan->stages > 0 ? steps_of(*half_life, plan) : 1);
}

void training_settings_settings(const struct options *options, struct settings *settings)
{
    training_settings_network(options, &settings->mlp);
    settings->optimizer = options->optimizer;
    settings->optimizer.average = average_share(options, &settings->plan);
    settings->clip = options->clip;
    settings->reduce = options->reduce;
    settings->route = options->exchange;
    settings->seed = (uint64_t)options->seed;
    settings->shuffle = options->shuffle;
    settings->noise_scale = options->noise_scale;
    settings->pass_rows = options->pass_rows;
    settings->memory = options->memory;
}

struct options training_settings_endless(const struct options *options)
{
    struct options run = *options;
    run.epochs = 0;
    run.max_steps = INT64_C(1) << 62;
    run.eval_every = (struct interval){.unit = EVAL_NEVER};
    run.batch_schedule.n = 0;
    run.schedule.kind = SCHEDULE_CONSTANT;
    run.lr_scale = LR_SCALE_NONE;
    run.warmup = run.step_size = (struct length){.steps = 0};
    run.milestones.n = 0;
    run.stop = (struct stop_rules){.early = false};
    run.resume = "";
    return run;
}

/* --- the plan and the schedule ---------------------------------------------------------------- */

struct plan_request training_settings_request(
    const struct options *options, int64_t samples, const struct mlp *mlp)
{
    const struct stage_list *list = &options->batch_schedule;
    struct plan_request request = {.samples = samples,
        .batch = options->batch.item[0], /* that of the first stage, if there are several */
        .epochs = options->epochs,
        .max_steps = options->max_steps,
        .drop_last = options->drop_last,
        .slices = options->slices,
        .sample_flops = mlp ? mlp_train_flops(mlp) : 0,
        .changes = list->n > 0 ? list->n - 1 : 0};
    for (int i = 0; i < request.changes; i++)
        request.change[i] = list->item[i + 1];
    return request;
}

static enum status take_milestones(const struct options *options, const struct plan *plan,
    struct schedule *schedule, struct error *error)
{
    const struct length_list *list = &options->milestones;
    if (list->n > SCHEDULE_MILESTONES_MAX)
        return fail(error, STATUS_USAGE,
            "--milestones: %lld are given, but at most %d are possible", (long long)list->n,
            SCHEDULE_MILESTONES_MAX);
    schedule->n_milestones = (int)list->n;
    for (int i = 0; i < schedule->n_milestones; i++) {
        schedule->milestone[i] = steps_of(list->item[i], plan);
        if (i > 0 && schedule->milestone[i] <= schedule->milestone[i - 1])
            return fail(error, STATUS_USAGE,
                "--milestones: number %d (step %lld) does not come after the previous one (step "
                "%lld)",
                i + 1, (long long)schedule->milestone[i], (long long)schedule->milestone[i - 1]);
    }
    return STATUS_OK;
}

enum status training_settings_course(const struct options *options, const struct plan *plan,
    struct schedule *schedule, struct error *error)
{
    double lr =
        lr_scaled(options->lr, options->lr_scale, plan->stage[0].batch, options->base_batch);
    *schedule = options->schedule;
    schedule->lr = lr;
    schedule->end_factor = schedule->min_lr / lr;
    schedule->total_steps = plan->total_steps;
    schedule->steps_per_epoch = plan->stage[0].steps_per_epoch;
    schedule->warmup = steps_of(options->warmup, plan);
    schedule->step_size = steps_of(options->step_size, plan);
    bool usable = isfinite((float)lr) && (float)lr > 0;
    if (!usable && options->lr_scale == LR_SCALE_NONE)
        return fail(error, STATUS_USAGE, "--lr %g is too small: the smallest rate is %g",
            options->lr, (double)FLT_MIN);
    if (!usable)
        return fail(error, STATUS_USAGE,
            "--lr %g for --base-batch %lld gives %g at --batch %lld, which is not a positive "
            "float32",
            options->lr, (long long)options->base_batch, lr, (long long)plan->stage[0].batch);
    bool falls = schedule->kind == SCHEDULE_COSINE || schedule->kind == SCHEDULE_PLATEAU;
    if (falls && schedule->min_lr > lr)
        return fail(error, STATUS_USAGE, "--lr-end %g is above the rate at the beginning, %g",
            schedule->min_lr, lr);
    return take_milestones(options, plan, schedule, error);
}

enum status training_settings_schedule(const struct options *options, const struct plan *plan,
    struct schedule *schedule, struct error *error)
{
    char text[RATE_WARNING_TEXT], cure[RATE_WARNING_TEXT];
    TRY(training_settings_course(options, plan, schedule, error));
    return warmup_warning(schedule, text, cure) ? fail(error, STATUS_USAGE, "%s; %s", text, cure)
                                                : STATUS_OK;
}

/* --- metrics ---------------------------------------------------------------------------------- */

static enum status check_metric(struct metric_choice choice, const char *option,
    const struct evaluated *evaluated, struct error *error)
{
    char name[METRIC_NAME_MAX], list[METRIC_LIST_MAX];
    bool test = metric_set_is_test(choice.set);
    metric_choice_name(choice, name);
    if (!metric_applies(choice.metric, evaluated->kind, evaluated->outputs))
        return fail(error, STATUS_USAGE,
            "%s %s: not a metric for these labels or targets, which have %s", option, name,
            metric_list(evaluated->kind, evaluated->outputs, list));
    if (test ? evaluated->test : evaluated->validation)
        return STATUS_OK;
    return fail(error, STATUS_USAGE, "%s %s: there are no %s data (%s)", option, name,
        test ? "test" : "validation",
        test ? "--test-split or --test-data" : "--val-split or --val-data");
}

enum status training_settings_check_metrics(
    const struct options *options, const struct evaluated *evaluated, struct error *error)
{
    enum status status = STATUS_OK;
    if (options->stop.early)
        status = check_metric(options->stop.watched, "--early-stop", evaluated, error);
    if (!status && options->stop.has_target)
        status = check_metric(options->stop.target, "--target", evaluated, error);
    if (!status && options->schedule.kind == SCHEDULE_PLATEAU)
        status = check_metric(options->plateau_metric, "--plateau-metric", evaluated, error);
    return status;
}

/* --- the loss --------------------------------------------------------------------------------- */

enum task training_settings_task(const struct options *options)
{
    if (options->loss == LOSS_AUTO)
        return TASK_AUTO;
    return options->loss == LOSS_CROSS_ENTROPY ? TASK_CLASSES : TASK_VALUES;
}

enum status training_settings_check_probabilities(const struct dataset *train, struct error *error)
{
    for (int64_t i = 0; i < train->samples * train->outputs; i++)
        if (!(train->targets[i] >= 0 && train->targets[i] <= 1))
            return fail(error, STATUS_USAGE,
                "--loss bce: target %lld of sample %lld (both from 0) of %s is %g; each must be "
                "between 0 and 1",
                (long long)(i % train->outputs), (long long)(i / train->outputs), train->name,
                (double)train->targets[i]);
    return STATUS_OK;
}

enum status training_settings_loss(const struct options *options, const struct dataset *train,
    struct criterion *criterion, struct error *error)
{
    bool classes = train->classes > 0;
    *criterion = (struct criterion){.kind = options->loss != LOSS_AUTO ? options->loss
                                            : classes                  ? LOSS_CROSS_ENTROPY
                                                                       : LOSS_MSE,
        .label_smoothing = (float)options->label_smoothing,
        .huber_delta = (float)options->huber_delta};
    if (criterion->kind == LOSS_CROSS_ENTROPY && !classes)
        return fail(error, STATUS_USAGE,
            "--loss cross-entropy: %s has numbers as targets, not classes; use --loss mse",
            train->name);
    if (criterion->kind != LOSS_CROSS_ENTROPY && classes)
        return fail(error, STATUS_USAGE,
            "--loss %s: %s has classes, not numbers as targets; use --loss cross-entropy",
            loss_words[criterion->kind], train->name);
    if (criterion->kind != LOSS_CROSS_ENTROPY &&
        (options->label_smoothing > 0 || options->class_weights.n != 0))
        return fail(error, STATUS_USAGE, "--%s and --loss %s: %s has no classes",
            options->label_smoothing > 0 ? "label-smoothing" : "class-weights",
            loss_words[criterion->kind], train->name);
    if (criterion->kind == LOSS_BCE && options->normalize_target == TARGETS_STANDARD)
        return fail(error, STATUS_USAGE,
            "--normalize-target and --loss bce: its targets are probabilities, which are "
            "not scaled");
    if (classes && options->normalize_target == TARGETS_STANDARD)
        return fail(error, STATUS_USAGE,
            "--normalize-target: %s has classes, not numbers as targets", train->name);
    return criterion->kind == LOSS_BCE ? training_settings_check_probabilities(train, error)
                                       : STATUS_OK;
}
