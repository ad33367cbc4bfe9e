#include "study/comparison.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/shown.h"
#include "base/split.h"
#include "base/text.h"
#include "model/outputs.h"

/* --- the figures ---------------------------------------------------------------------------- */

static struct comparison compare(const char *set, enum metric metric, double value, double baseline)
{
    struct comparison comparison = {.known = !isnan(value) && !isnan(baseline),
        .better = metric_gain(metric, value, baseline) > 0,
        .value = value,
        .baseline = baseline};
    if (metric == METRIC_LOSS && baseline == 0) /* nothing can be better */
        comparison.known = false;
    snprintf(comparison.metric, sizeof comparison.metric, "%s%s", set, metric_name(metric));
    return comparison;
}

static struct comparison compare_on(const char *set, const struct criterion *criterion,
    const struct metrics *metrics, const struct metrics *baseline)
{
    enum metric metric = baseline_metric(criterion);
    double most = metric_of(metric, baseline);
    /* R2 of a constant prediction is above 0 only for a constant target, of which it is 1, and that of
     * any other model, however close, is 0. */
    bool flat = metric == METRIC_R2 && (most > 1e-9 || most == metric_of(metric, metrics));
    if (flat || (metric_rises(metric) && most == 1))
        metric = METRIC_LOSS;
    return compare(set, metric, metric_of(metric, metrics), metric_of(metric, baseline));
}

/* True if there is nothing to look for: the model is better, and its loss shows it too. Outputs that
 * are the same for all samples can be better by chance, but not by much. */
static bool is_clear(const struct comparison *comparison, double loss, double baseline_loss)
{
    return !comparison->known || (comparison->better && loss < 0.9 * baseline_loss);
}

/* --- causes --------------------------------------------------------------------------------- */

__attribute__((format(printf, 2, 3))) static void add(
    struct comparison *comparison, const char *format, ...)
{
    va_list arguments;
    if (comparison->causes == COMPARISON_CAUSES)
        return;
    va_start(arguments, format);
    vsnprintf(comparison->cause[comparison->causes++], COMPARISON_TEXT, format, arguments);
    va_end(arguments);
}

/* The samples on which a model is examined. */
struct probe {
    const struct model_on_set *model;
    struct order order;
    int64_t rows;
    float *x, *first;    /* [inputs] of one row, and of the first */
    double *square;      /* [inputs] */
    bool varies;         /* an input differs between rows */
    struct truth truth;  /* [KERNEL_BLOCK] */
    float *least, *most; /* [outputs] */
};

static void place(void *object, struct carver *carver)
{
    struct probe *probe = object;
    const struct mlp *mlp = probe->model->mlp;
    size_t inputs = (size_t)mlp->width[0], outputs = (size_t)mlp->width[mlp->layers];
    probe->x = carve(carver, inputs, sizeof *probe->x);
    probe->first = carve(carver, inputs, sizeof *probe->first);
    probe->square = carve(carver, inputs, sizeof *probe->square);
    probe->truth.label = carve(carver, KERNEL_BLOCK, sizeof *probe->truth.label);
    probe->truth.target = carve(carver, KERNEL_BLOCK * outputs, sizeof *probe->truth.target);
    probe->least = carve(carver, outputs, sizeof *probe->least);
    probe->most = carve(carver, outputs, sizeof *probe->most);
}

static bool is_scaled(double rms)
{
    return rms == 0 || (rms >= 0.1 && rms <= 10);
}

static void examine_inputs(struct probe *probe, struct comparison *comparison)
{
    const struct dataset *dataset = probe->model->set->dataset;
    int64_t inputs = probe->model->mlp->width[0], largest = 0;
    char name[ENCODING_NAME];
    for (int64_t r = 0; r < probe->rows; r++) {
        loader_rows(probe->model->set, &probe->order, r, 1, 0, probe->x, (struct truth){0});
        if (r == 0)
            memcpy(probe->first, probe->x, (size_t)inputs * sizeof *probe->x);
        for (int64_t f = 0; f < inputs; f++) {
            probe->square[f] += (double)probe->x[f] * (double)probe->x[f];
            probe->varies |= probe->x[f] != probe->first[f];
        }
    }
    for (int64_t f = 1; f < inputs; f++)
        largest = probe->square[f] > probe->square[largest] ? f : largest;
    double rms = sqrt(probe->square[largest] / (double)probe->rows);
    if (!is_scaled(rms))
        add(comparison,
            "the inputs are not scaled: the largest, %.160s, has a root mean square of %.3g; "
            "--scale standard",
            SHOWN(encoding_input_name(
                probe->model->set->encoding, dataset->feature_name, largest, name)),
            rms);
    if (!probe->varies && probe->rows > 1) {
        comparison->better = false; /* than another constant, except by chance */
        add(comparison, "every input has the same value in all samples; check the columns of the "
                        "data, and --label");
    }
}

static void examine_targets(struct probe *probe, struct comparison *comparison)
{
    const struct loader *set = probe->model->set;
    int64_t outputs = set->dataset->outputs;
    double largest = 0;
    if (prediction_kind_of(probe->model->criterion->kind) != PREDICTION_VALUES)
        return;
    for (int64_t j = 0; j < outputs; j++) {
        double square = 0;
        for (int64_t r = 0; r < probe->rows; r++) {
            double target = (double)probe->truth.target[r * outputs + j];
            square += target * target;
        }
        largest = fmax(largest, sqrt(square / (double)probe->rows));
    }
    if (!is_scaled(largest))
        add(comparison,
            "the targets are not scaled: their root mean square is %.3g; --normalize-target "
            "standard",
            largest);
}

/* True if every output is the same for all rows, apart from rounding. */
static bool is_constant(struct probe *probe, struct output_rows rows, int64_t outputs)
{
    for (int64_t j = 0; j < outputs; j++)
        probe->least[j] = probe->most[j] = rows.z[j];
    for (int64_t r = 1; r < probe->rows; r++)
        for (int64_t j = 0; j < outputs; j++) {
            probe->least[j] = fminf(probe->least[j], rows.z[r * rows.stride + j]);
            probe->most[j] = fmaxf(probe->most[j], rows.z[r * rows.stride + j]);
        }
    for (int64_t j = 0; j < outputs; j++)
        if (probe->most[j] - probe->least[j] > 1e-5F * fabsf(probe->most[j]))
            return false;
    return true;
}

static void note_constant(const struct mlp *mlp, struct comparison *comparison)
{
    bool relu = false;
    for (int l = 0; l + 1 < mlp->layers; l++)
        relu |= mlp->activation[l] == ACTIVATION_RELU;
    comparison->better = false; /* than another constant, except by chance */
    add(comparison, "the outputs are the same for all samples: %s",
        relu ? "the relu units of a layer are dead (always 0); a smaller --lr, or --activation "
               "leaky-relu"
             : "the units of a layer are saturated; a smaller --lr");
}

/* Computes the outputs, and fills the truth. */
static enum status examine_outputs(
    struct probe *probe, struct comparison *comparison, struct error *error)
{
    const struct model_on_set *model = probe->model;
    const struct mlp *mlp = model->mlp;
    struct panels panels;
    struct weights weights = {NULL, NULL};
    struct outputs *outputs = NULL;
    panels_init(&panels, mlp, model->kernel, 0);
    enum status status = outputs_weights(&weights, &panels, mlp, model->parameters, error);
    if (!status)
        status = outputs_create(&outputs, &panels, &weights, 1, error);
    if (!status) {
        struct output_rows rows =
            outputs_run(outputs, 0, model->set, &probe->order, 0, probe->rows, probe->truth);
        examine_targets(probe, comparison);
        if (probe->varies && mlp->layers > 1 && is_constant(probe, rows, mlp->width[mlp->layers]))
            note_constant(mlp, comparison);
    }
    outputs_destroy(outputs);
    outputs_weights_clear(&weights);
    return status;
}

/* *varies: whether the inputs differ between samples. */
static enum status examine_model(struct comparison *comparison, bool *varies,
    const struct model_on_set *model, struct error *error)
{
    enum { MOST_PARAMETERS = 1 << 26 }; /* a copy of more could exceed the machine's memory */
    int64_t size = model->set->subset->size;
    struct probe probe = {.model = model, .rows = least(size, KERNEL_BLOCK)};
    void *block;
    TRY(memory_carve(&block, place, &probe, "the causes of a poor result", error));
    order_init(&probe.order, size, true, 0, RANDOM_ORDER, 0);
    examine_inputs(&probe, comparison);
    *varies = probe.varies;
    enum status status = model->mlp->parameters > MOST_PARAMETERS
                             ? STATUS_OK
                             : examine_outputs(&probe, comparison, error);
    free(block);
    if (comparison->better)
        comparison->causes = 0;
    return status;
}

/* --- both ----------------------------------------------------------------------------------- */

enum status comparison_of_model(struct comparison *comparison, const struct model_on_set *model,
    const struct metrics *metrics, const struct metrics *baseline, struct error *error)
{
    bool varies;
    *comparison = compare_on("", model->criterion, metrics, baseline);
    return is_clear(comparison, metrics->loss, baseline->loss)
               ? STATUS_OK
               : examine_model(comparison, &varies, model, error);
}

/* Compares training losses. `overfits`: the loss of the held-out set is not below its baseline. */
static void examine_training(struct comparison *comparison, const struct job *job,
    const struct result *result, bool overfits)
{
    double first = result->first_loss, last = result->train_loss,
           baseline = job->baseline.train.loss;
    double lr = job->run.schedule.lr;
    char rate[32];
    text_from_float((float)lr, rate);
    if (first <= 0) /* resumed from a checkpoint of an earlier version */
        return;
    if (last > 2 * first) /* batches differ by less */
        add(comparison,
            "the training loss rose from %.4g in the first step to %.4g in the last epoch; a "
            "smaller --lr (it was %s), or --clip-norm 1",
            first, last, rate);
    else if (last >= 0.95 * baseline || last > 0.95 * first)
        add(comparison,
            "the training loss went from %.4g in the first step to %.4g in the last epoch, and "
            "that "
            "of the baseline is %.4g; another --lr (it was %s), or more --epochs",
            first, last, baseline, rate);
    else if (overfits)
        add(comparison,
            "the training loss, %.4g, is below that of the baseline, %.4g: the model fits only its "
            "training samples; --dropout, --weight-decay, --early-stop, or more data",
            last, baseline);
}

enum status comparison_of_run(struct comparison *comparison, const struct job *job,
    const struct result *result, struct error *error)
{
    const struct baseline_metrics *baseline = &job->baseline;
    const struct criterion *criterion = &job->settings.criterion;
    bool validates = result->evaluation.validation.samples > 0;
    const struct metrics *held_out =
        validates ? &result->evaluation.validation : &result->evaluation.test;
    const struct metrics *of_held_out = validates ? &baseline->validation : &baseline->test;
    *comparison = (struct comparison){.known = false};
    if (!stop_is_planned(result->stopped_by))
        return STATUS_OK;
    *comparison = held_out->samples > 0
                      ? compare_on(validates ? "val_" : "test_", criterion, held_out, of_held_out)
                      : compare("train_", METRIC_LOSS, result->train_loss,
                            metric_of(METRIC_LOSS, &baseline->train));
    bool held = held_out->samples > 0;
    double loss = held ? held_out->loss : result->train_loss;
    double baseline_loss = held ? of_held_out->loss : baseline->train.loss;
    if (is_clear(comparison, loss, baseline_loss))
        return STATUS_OK;
    struct model_on_set model = {
        &job->settings.mlp, criterion, &job->settings.kernel, job->parameters, &job->train};
    bool varies;
    TRY(examine_model(comparison, &varies, &model, error));
    if (!comparison->better && varies)
        examine_training(comparison, job, result, held && loss >= baseline_loss);
    return STATUS_OK;
}
