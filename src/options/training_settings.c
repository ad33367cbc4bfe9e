#include "options/training_settings.h"

#include <math.h>

#include "options/stop_options.h"

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

static void take_optimizer(const struct options *options, struct optimizer_settings *optimizer)
{
    *optimizer = (struct optimizer_settings){.kind = options->optimizer,
        .momentum = options->momentum,
        .dampening = options->dampening,
        .nesterov = options->nesterov,
        .beta1 = options->beta1,
        .beta2 = options->beta2,
        .alpha = options->alpha,
        .eps = options->eps,
        .weight_decay = options->weight_decay};
}

void training_settings_settings(const struct options *options, struct settings *settings)
{
    training_settings_network(options, &settings->mlp);
    take_optimizer(options, &settings->optimizer);
    settings->clip = (struct clip){.value = options->clip_value, .norm = options->clip_norm};
    settings->reduce = options->reduce;
    settings->seed = (uint64_t)options->seed;
    settings->shuffle = options->shuffle;
    settings->noise_scale = options->noise_scale;
    settings->pass_rows = options->pass_rows;
    settings->memory = options->memory;
}

/* --- the schedule ----------------------------------------------------------------------------- */

/* From the run's beginning. */
static int64_t steps_of(struct length length, const struct plan *plan)
{
    return length.epochs > 0 ? plan_steps_of(plan, length.epochs) : length.steps;
}

void training_settings_batches(const struct options *options, struct plan_request *request)
{
    const struct stage_list *list = &options->batch_schedule;
    request->batch = options->batch.item[0];
    request->changes = list->n > 0 ? (int)list->n - 1 : 0;
    for (int i = 0; i < request->changes; i++)
        request->change[i] = list->item[i + 1];
}

static enum status take_milestones(const struct options *options, const struct plan *plan,
    struct schedule *schedule, struct error *error)
{
    const struct length_list *list = &options->milestones;
    if (list->n > SCHEDULE_MILESTONES_MAX)
        return fail(error, STATUS_USAGE, "--milestones: %lld of them; at most %d are possible",
            (long long)list->n, SCHEDULE_MILESTONES_MAX);
    schedule->n_milestones = (int)list->n;
    for (int i = 0; i < schedule->n_milestones; i++) {
        schedule->milestone[i] = steps_of(list->item[i], plan);
        if (i > 0 && schedule->milestone[i] <= schedule->milestone[i - 1])
            return fail(error, STATUS_USAGE,
                "--milestones: the %d. (step %lld) does not come after the one before (step %lld)",
                i + 1, (long long)schedule->milestone[i], (long long)schedule->milestone[i - 1]);
    }
    return STATUS_OK;
}

enum status training_settings_course(const struct options *options, const struct plan *plan,
    struct schedule *schedule, struct error *error)
{
    double lr =
        lr_scaled(options->lr, options->lr_scale, plan->stage[0].batch, options->base_batch);
    *schedule = (struct schedule){.kind = options->schedule,
        .lr = lr,
        .total_steps = plan->total_steps,
        .steps_per_epoch = plan->stage[0].steps_per_epoch,
        .by_epoch = options->schedule_by == SCHEDULE_BY_EPOCH,
        .warmup = steps_of(options->warmup, plan),
        .step_size = steps_of(options->step_size, plan),
        .gamma = options->gamma,
        .end_factor = options->lr_end / lr,
        .power = options->power,
        .min_lr = options->lr_end,
        .pct_start = options->pct_start,
        .div_factor = options->div_factor,
        .final_div_factor = options->final_div_factor};
    if (!isfinite((float)lr) || !((float)lr > 0))
        return fail(error, STATUS_USAGE,
            "--lr %g for --base-batch %lld makes %g at --batch %lld: no rate for float32",
            options->lr, (long long)options->base_batch, lr, (long long)plan->stage[0].batch);
    bool falls = schedule->kind == SCHEDULE_COSINE || schedule->kind == SCHEDULE_PLATEAU;
    if (falls && options->lr_end > lr)
        return fail(error, STATUS_USAGE, "--lr-end %g is above the rate that it ends, %g",
            options->lr_end, lr);
    return take_milestones(options, plan, schedule, error);
}

enum status training_settings_schedule(const struct options *options, const struct plan *plan,
    struct schedule *schedule, struct error *error)
{
    enum status status = training_settings_course(options, plan, schedule, error);
    if (status || schedule->warmup <= plan->total_steps)
        return status;
    return fail(error, STATUS_USAGE,
        "--warmup takes %lld steps, and the run has %lld (--epochs, --max-steps): it would never "
        "reach its rate",
        (long long)schedule->warmup, (long long)plan->total_steps);
}

enum status training_settings_plateau(const struct options *options,
    struct plateau_settings *plateau, struct metric_choice *metric, struct error *error)
{
    enum status status = stop_options_plateau(metric, options, error);
    *plateau = (struct plateau_settings){.maximise = !status && metric_rises(metric->metric),
        .factor = options->plateau_factor,
        .patience = options->plateau_patience,
        .threshold = 1e-4,
        .min_lr = options->lr_end};
    return status;
}

/* --- the loss --------------------------------------------------------------------------------- */

enum task training_settings_task(const struct options *options)
{
    if (options->loss == LOSS_CHOICE_AUTO)
        return TASK_AUTO;
    return options->loss - 1 == LOSS_CROSS_ENTROPY ? TASK_CLASSES : TASK_VALUES;
}

enum status training_settings_check_probabilities(const struct dataset *train, struct error *error)
{
    for (int64_t i = 0; i < train->samples * train->outputs; i++)
        if (!(train->targets[i] >= 0 && train->targets[i] <= 1))
            return fail(error, STATUS_USAGE,
                "--loss bce: target %lld of sample %lld (both from 0) of %s is %g; each must be 0, "
                "1 or between",
                (long long)(i % train->outputs), (long long)(i / train->outputs), train->name,
                (double)train->targets[i]);
    return STATUS_OK;
}

enum status training_settings_loss(const struct options *options, const struct dataset *train,
    struct criterion *criterion, struct error *error)
{
    bool classes = train->classes > 0;
    *criterion = (struct criterion){.kind = options->loss == LOSS_CHOICE_AUTO
                                                ? classes ? LOSS_CROSS_ENTROPY : LOSS_MSE
                                                : (enum loss_kind)(options->loss - 1),
        .label_smoothing = (float)options->label_smoothing,
        .huber_delta = (float)options->huber_delta};
    if (criterion->kind == LOSS_CROSS_ENTROPY && !classes)
        return fail(error, STATUS_USAGE,
            "--loss cross-entropy: %s has numbers as targets, not classes; use --loss mse",
            train->name);
    if (criterion->kind != LOSS_CROSS_ENTROPY && classes)
        return fail(error, STATUS_USAGE,
            "--loss %s: %s has classes, not numbers as targets; use --loss cross-entropy",
            loss_name(criterion->kind), train->name);
    if (criterion->kind != LOSS_CROSS_ENTROPY &&
        (options->label_smoothing > 0 || options->class_weights.n != 0))
        return fail(error, STATUS_USAGE, "--%s and --loss %s: %s has no classes",
            options->label_smoothing > 0 ? "label-smoothing" : "class-weights",
            loss_name(criterion->kind), train->name);
    if (criterion->kind == LOSS_BCE && options->normalize_target != TARGET_SCALE_NONE)
        return fail(error, STATUS_USAGE,
            "--normalize-target and --loss bce: its targets are probabilities, which stay as they "
            "are");
    if (classes && options->normalize_target != TARGET_SCALE_NONE)
        return fail(error, STATUS_USAGE,
            "--normalize-target: %s has classes, not numbers as targets", train->name);
    return criterion->kind == LOSS_BCE ? training_settings_check_probabilities(train, error)
                                       : STATUS_OK;
}
