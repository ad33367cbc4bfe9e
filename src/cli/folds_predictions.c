#include "cli/folds_predictions.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/outputs.h"

enum status folds_predictions_take(struct folds_predictions *folds, const struct session *session,
    const struct options *options, struct error *error)
{
    struct model model = session_model(session);
    const struct settings *settings = &session->job.settings;
    TRY(predictions_init(&folds->predictions, &model, loss_of(settings->kernel.level), PREDICT_AUTO,
        PREDICT_CSV, error));
    folds->predictions.id_name = *options->id ? "id" : NULL;
    folds->samples = session->train.samples;
    return memory_take(&folds->row, (size_t)folds->samples,
        (size_t)folds->predictions.width * sizeof *folds->row, "the predictions of all folds",
        error);
}

static void predict(
    struct folds_predictions *folds, const struct session *session, struct outputs *outputs)
{
    const struct loader *set = session->job.test;
    int64_t n = loader_size(set);
    struct order order;
    order_init(&order, n, false, 0, RANDOM_ORDER, 0);
    for (int64_t first = 0; first < n; first += KERNEL_BLOCK) {
        int64_t rows = least(n - first, KERNEL_BLOCK);
        struct output_rows block =
            outputs_run(outputs, 0, set, &order, first, rows, (struct truth){.label = NULL});
        for (int64_t r = 0; r < rows; r++)
            predictions_row(&folds->predictions, block.z + r * block.stride,
                folds->row + subset_at(set->subset, first + r) * folds->predictions.width);
    }
}

enum status folds_predictions_add(struct folds_predictions *folds, const struct session *session,
    const char *model, struct error *error)
{
    const struct settings *settings = &session->job.settings;
    struct model network = session_model(session);
    struct panels panels;
    struct weights weights = {0};
    struct outputs *outputs = NULL;
    float *parameters;
    panels_init(&panels, &settings->mlp, &settings->kernel, settings->cache_bytes);
    TRY(memory_take(&parameters, (size_t)settings->mlp.parameters, sizeof *parameters,
        "the weights of a fold", error));
    folds->predictions.model = &network; /* for its target scaling, which each fold has fitted */
    enum status status = model_read_parameters(model, &settings->mlp, parameters, error);
    if (!status)
        status = outputs_weights(&weights, &panels, &settings->mlp, parameters, error);
    if (!status)
        status = outputs_create(&outputs, &panels, &weights, 1, error);
    if (!status)
        predict(folds, session, outputs);
    outputs_destroy(outputs);
    outputs_weights_clear(&weights);
    free(parameters);
    folds->predictions.model = NULL;
    return status;
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
    enum status status = predictions_begin(&predictions, &output, folds->samples, error);
    if (!status)
        status = predictions_write(
            &predictions, &output, folds->row, session->train.id, folds->samples, error);
    return output_end(&output, status, error);
}

void folds_predictions_clear(struct folds_predictions *folds)
{
    free(folds->row);
    *folds = (struct folds_predictions){0};
}
