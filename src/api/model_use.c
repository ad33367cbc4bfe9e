#include "api/model_use.h"

#include <string.h>

#include "api/dataset_handle.h"
#include "api/model_handle.h"
#include "api/model_session.h"
#include "api/options_handle.h"
#include "comm/threads.h"
#include "data/dataset_copy.h"
#include "model/evaluate.h"
#include "options/training_settings.h"
#include "report/predictions.h"

/* --- data for a model -------------------------------------------------------------------------- */

/* A dataset as a model sees it, and the loader of its rows. */
struct fitted {
    const struct lockstep_model *model;
    struct dataset data;
    struct subset all;
    struct loader loader;
};

/* Numbers classes and levels as the model does. Predictions need neither labels nor ids, so these are
 * not copied. */
static enum status fit_data(struct fitted *fitted, const struct lockstep_model *model,
    const struct dataset *data, bool labelled, struct error *error)
{
    struct dataset from = *data, trained = model_training_data(&model->model, model->name);
    if (!labelled) {
        from.classes = from.outputs = 0;
        from.labels = NULL;
        from.targets = NULL;
        from.id = from.other = from.class_name = from.label_name = NULL;
        from.others = 0;
    }
    *fitted = (struct fitted){.model = model};
    TRY(dataset_fit(&fitted->data, &from, &trained, error));
    fitted->all = (struct subset){.size = data->samples};
    fitted->loader = (struct loader){.dataset = &fitted->data,
        .subset = &fitted->all,
        .encoding = &model->model.input,
        .vector = vector_of(model->kernel.level),
        .target_scale = model->model.target.features > 0 ? &model->model.target : NULL};
    return labelled && model->model.criterion.kind == LOSS_BCE
               ? training_settings_check_probabilities(&fitted->data, error)
               : STATUS_OK;
}

static enum status refuse_not_finite(
    const struct fitted *fitted, const struct not_finite *found, struct error *error)
{
    char place[DATASET_PLACE];
    if (found->samples == 0)
        return STATUS_OK;
    return fail(error, STATUS_BAD_DATA,
        "%s: the predictions for %lld of %lld samples of %s are not finite, the first at %s: these "
        "inputs are too large for the weights; compare them with the training data",
        fitted->model->name, (long long)found->samples, (long long)fitted->data.samples,
        fitted->data.name, dataset_place(&fitted->data, found->first, place));
}

/* Returns the number of threads for a call: more than one per block would have no work. */
static int threads_for(const struct lockstep_model *model, int threads, int64_t samples)
{
    int64_t most = threads > 0 ? threads : model->threads;
    return (int)least(most, larger(divide_up(samples, KERNEL_BLOCK), 1));
}

/* --- predicting -------------------------------------------------------------------------------- */

struct prediction_work {
    struct fitted fitted;
    struct predictions predictions;
    struct outputs *outputs;
    struct order order;
    float *rows; /* [samples x predictions.width] */
};

/* Turns classes, which predictions_row() stores as int32, into numbers. */
static void classes_as_numbers(float *row, int64_t width)
{
    for (int64_t j = 0; j < width; j++) {
        int32_t class;
        memcpy(&class, &row[j], sizeof class);
        row[j] = (float)class;
    }
}

static void predict_rows(const struct worker *worker, void *argument)
{
    struct prediction_work *work = argument;
    int64_t width = work->predictions.width;
    struct range mine = worker_share(worker, work->fitted.data.samples, KERNEL_BLOCK);
    for (int64_t first = mine.first; first < mine.end; first += KERNEL_BLOCK) {
        int64_t n = least(mine.end - first, KERNEL_BLOCK);
        struct output_rows rows = outputs_run(work->outputs, worker->thread, &work->fitted.loader,
            &work->order, first, n, (struct truth){0});
        for (int64_t r = 0; r < n; r++) {
            float *row = work->rows + (first + r) * width;
            predictions_row(&work->predictions, rows.z + r * rows.stride, row);
            if (work->predictions.numbers == PREDICT_CLASSES)
                classes_as_numbers(row, width);
        }
    }
}

static enum status choose_output(struct prediction_work *work, const struct lockstep_model *model,
    enum lockstep_output output, int64_t size, struct error *error)
{
    static const enum prediction_output kind[] = {
        PREDICT_PROBABILITIES, PREDICT_VALUES, PREDICT_LOGITS, PREDICT_CLASSES};
    if ((unsigned)output >= sizeof kind / sizeof *kind)
        return fail(error, STATUS_USAGE, "lockstep_predict(): %d is not an output", (int)output);
    TRY(predictions_init(&work->predictions, &model->model, loss_of(model->kernel.level),
        kind[output], PREDICT_NPY, error));
    int64_t needed;
    if (__builtin_mul_overflow(work->predictions.width, work->fitted.data.samples, &needed) ||
        size < needed)
        return fail(error, STATUS_USAGE,
            "lockstep_predict(): out has room for %lld numbers, but %lld samples need %lld each",
            (long long)size, (long long)work->fitted.data.samples,
            (long long)work->predictions.width);
    return STATUS_OK;
}

static enum status predict(struct prediction_work *work, const struct lockstep_model *model,
    const struct dataset *data, enum lockstep_output output, int threads, int64_t size,
    struct error *error)
{
    int64_t count[1];
    TRY(fit_data(&work->fitted, model, data, false, error));
    TRY(choose_output(work, model, output, size, error));
    threads = threads_for(model, threads, data->samples);
    TRY(outputs_create(&work->outputs, &model->panels, &model->weights, threads, error));
    order_init(&work->order, data->samples, false, 0, RANDOM_ORDER, 0);
    TRY(threads_run(threads, predict_rows, work, error));
    TRY(dataset_check(data, STATUS_OK, error));
    struct not_finite found = outputs_take_not_finite(work->outputs, comm_self(), count);
    return refuse_not_finite(&work->fitted, &found, error);
}

int lockstep_predict(const struct lockstep_model *model, const struct lockstep_dataset *dataset,
    enum lockstep_output output, int threads, float *out, int64_t size,
    struct lockstep_error *error)
{
    struct error trouble;
    struct prediction_work work = {.rows = out};
    enum status status = STATUS_OK;
    if (!model || !dataset || !out)
        status = refuse_null("lockstep_predict",
            !model     ? "model"
            : !dataset ? "dataset"
                       : "out",
            &trouble);
    else
        status = predict(&work, model, &dataset->set, output, threads, size, &trouble);
    outputs_destroy(work.outputs);
    dataset_clear(&work.fitted.data);
    return options_handle_end(status, &trouble, error);
}

/* --- evaluating --------------------------------------------------------------------------------- */

struct evaluation_work {
    struct fitted fitted;
    struct evaluator *evaluator;
    struct metrics metrics;
};

static void evaluate_rows(const struct worker *worker, void *argument)
{
    struct evaluation_work *work = argument;
    struct metrics metrics = evaluator_run(work->evaluator, worker, NULL);
    if (worker_speaks(worker))
        work->metrics = metrics;
}

static enum status evaluate(struct evaluation_work *work, const struct lockstep_model *model,
    const struct dataset *data, int threads, struct error *error)
{
    if (data->classes == 0 && data->outputs == 0)
        return fail(
            error, STATUS_BAD_DATA, "%s has no labels to compare predictions with", data->name);
    TRY(fit_data(&work->fitted, model, data, true, error));
    TRY(subset_check_weights(&work->fitted.all, &work->fitted.data, "evaluated", error));
    threads = threads_for(model, threads, data->samples);
    TRY(evaluator_create(&work->evaluator, &model->model.criterion, &work->fitted.loader,
        &model->panels, &model->weights, threads, comm_self(), NULL, error));
    TRY(threads_run(threads, evaluate_rows, work, error));
    return dataset_check(data, STATUS_OK, error);
}

struct lockstep_metrics metrics_for_caller(const struct metrics *metrics)
{
    const struct metrics none = metrics_none();
    if (metrics->samples == 0)
        metrics = &none;
    return (struct lockstep_metrics){metrics->samples, metrics->loss, metrics->accuracy,
        metrics->top5, metrics->f1, metrics->mse, metrics->rmse, metrics->mae, metrics->r2};
}

int lockstep_evaluate(const struct lockstep_model *model, const struct lockstep_dataset *dataset,
    int threads, struct lockstep_metrics *metrics, struct lockstep_error *error)
{
    struct error trouble;
    struct evaluation_work work = {.metrics = metrics_none()};
    enum status status = STATUS_OK;
    if (!model || !dataset || !metrics)
        status = refuse_null("lockstep_evaluate",
            !model     ? "model"
            : !dataset ? "dataset"
                       : "metrics",
            &trouble);
    else
        status = evaluate(&work, model, &dataset->set, threads, &trouble);
    if (metrics)
        *metrics = metrics_for_caller(&work.metrics);
    evaluator_destroy(work.evaluator);
    dataset_clear(&work.fitted.data);
    return options_handle_end(status, &trouble, error);
}
