#include "cli/folds_predictions.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/outputs.h"

static float *row_of(const struct folds_predictions *folds, int64_t number)
{
    return folds->row + number * folds->predictions.width;
}

enum status folds_predictions_take(struct folds_predictions *folds, const struct session *session,
    const struct options *options, struct error *error)
{
    static const char what[] = "the predictions of all folds";
    struct model model = session_model(session);
    const struct dataset *data = &session->train;
    const struct settings *settings = &session->job.settings;
    struct predictions *predictions = &folds->predictions;
    int64_t n = data->unlabelled, rows = data->samples + n + 1;
    TRY(predictions_init(
        predictions, &model, loss_of(settings->kernel.level), PREDICT_AUTO, PREDICT_CSV, error));
    predictions->id_name = *options->id ? "id" : NULL;
    folds->samples = data->samples;
    folds->folds = options->folds;
    TRY(memory_take(
        &folds->row, (size_t)rows, (size_t)predictions->width * sizeof(float), what, error));
    TRY(memory_take(&folds->fold, (size_t)data->samples, sizeof *folds->fold, what, error));
    TRY(memory_take(
        &folds->unlabelled.number, (size_t)n, sizeof *folds->unlabelled.number, what, error));
    folds->unlabelled.size = n;
    for (int64_t i = 0; i < n; i++)
        folds->unlabelled.number[i] = data->samples + i;
    return STATUS_OK;
}

/* --- a fold -------------------------------------------------------------------------------- */

/* Takes the outputs of one model for a row: of a sample all there is, of another row the numbers,
 * which are added to those of the models before. */
static void take_row(struct folds_predictions *folds, int64_t number, const float *z, int64_t fold)
{
    const struct predictions *predictions = &folds->predictions;
    float *row = row_of(folds, number),
          *one = row_of(folds, folds->samples + folds->unlabelled.size);
    if (number < folds->samples) {
        folds->fold[number] = fold;
        predictions_row(predictions, z, row);
        return;
    }
    predictions_row(predictions, z, one);
    for (int64_t j = predictions->class_column; j < predictions->width; j++)
        row[j] += one[j];
}

static void predict(struct folds_predictions *folds, const struct loader *set,
    struct outputs *outputs, int64_t fold)
{
    int64_t n = loader_size(set);
    struct order order;
    order_init(&order, n, false, 0, RANDOM_ORDER, 0);
    for (int64_t first = 0; first < n; first += KERNEL_BLOCK) {
        int64_t rows = least(n - first, KERNEL_BLOCK);
        struct output_rows block =
            outputs_run(outputs, 0, set, &order, first, rows, (struct truth){.label = NULL});
        for (int64_t r = 0; r < rows; r++)
            take_row(folds, subset_at(set->subset, first + r), block.z + r * block.stride, fold);
    }
}

enum status folds_predictions_add(struct folds_predictions *folds, const struct session *session,
    int64_t fold, const char *model, struct error *error)
{
    const struct settings *settings = &session->job.settings;
    struct model network = session_model(session);
    struct loader unlabelled = *session->job.test;
    struct panels panels;
    struct weights weights = {0};
    struct outputs *outputs = NULL;
    float *parameters;
    unlabelled.subset = &folds->unlabelled;
    panels_init(&panels, &settings->mlp, &settings->kernel, settings->cache_bytes);
    TRY(memory_take(&parameters, (size_t)settings->mlp.parameters, sizeof *parameters,
        "the weights of a fold", error));
    folds->predictions.model = &network; /* for its target scaling, which each fold has fitted */
    enum status status = model_read_parameters(model, &settings->mlp, parameters, error);
    if (!status)
        status = outputs_weights(&weights, &panels, &settings->mlp, parameters, error);
    if (!status)
        status = outputs_create(&outputs, &panels, &weights, 1, error);
    if (!status) {
        predict(folds, session->job.test, outputs, fold);
        predict(folds, &unlabelled, outputs, fold);
    }
    outputs_destroy(outputs);
    outputs_weights_clear(&weights);
    free(parameters);
    folds->predictions.model = NULL;
    return status;
}

/* --- the file ------------------------------------------------------------------------------ */

/* Writes the line and the fold of a row, 0 for none. */
static enum status write_place(
    struct output *output, int64_t line, int64_t fold, struct error *error)
{
    char text[64];
    int size = snprintf(text, sizeof text, "%" PRId64 ",", line);
    size +=
        snprintf(text + size, sizeof text - (size_t)size, fold > 0 ? "%" PRId64 "," : ",", fold);
    return output_write(output, text, (size_t)size, error);
}

static int64_t line_of(const struct dataset *data, int64_t number)
{
    return data->line ? data->line[number] : data->first_line + number;
}

static enum status write_row(const struct folds_predictions *folds,
    const struct predictions *predictions, const struct dataset *data, struct output *output,
    int64_t number, struct error *error)
{
    float *row = row_of(folds, number), *mean = row + predictions->class_column;
    bool labelled = number < folds->samples;
    TRY(write_place(output, line_of(data, number), labelled ? folds->fold[number] : 0, error));
    if (!labelled) {
        for (int64_t j = 0; j < predictions->outputs; j++)
            mean[j] /= (float)folds->folds;
        row = row_of(folds, folds->samples + folds->unlabelled.size);
        predictions_row_of_mean(predictions, mean, row);
    }
    return predictions_write(
        predictions, output, row, data->id ? data->id + number : NULL, 1, error);
}

/* Writes all rows in the order of their lines. */
static enum status write_rows(const struct folds_predictions *folds,
    const struct predictions *predictions, const struct dataset *data, struct output *output,
    struct error *error)
{
    const char *place = data->first_line > 0 ? "line,fold," : "sample,fold,";
    int64_t sample = 0, other = folds->samples, rows = other + folds->unlabelled.size;
    TRY(output_write(output, place, strlen(place), error));
    TRY(predictions_begin(predictions, output, rows, error));
    while (sample < folds->samples || other < rows) {
        bool next = other == rows ||
                    (sample < folds->samples && line_of(data, sample) < line_of(data, other));
        TRY(write_row(folds, predictions, data, output, next ? sample++ : other++, error));
    }
    return STATUS_OK;
}

enum status folds_predictions_write(const struct folds_predictions *folds,
    const struct session *session, const struct directory *directory, const char *name,
    struct error *error)
{
    struct model model = session_model(session); /* for the names of its outputs */
    struct predictions predictions = folds->predictions;
    struct output output;
    predictions.model = &model;
    TRY(output_open_in(&output, directory, name, error));
    return output_end(
        &output, write_rows(folds, &predictions, &session->train, &output, error), error);
}

void folds_predictions_clear(struct folds_predictions *folds)
{
    free(folds->row);
    free(folds->fold);
    subset_clear(&folds->unlabelled);
    *folds = (struct folds_predictions){0};
}
