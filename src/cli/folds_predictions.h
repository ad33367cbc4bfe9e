/* folds_predictions.h: the predictions of a cross-validation: of each sample, by the model that was
 * trained without it, in the order of the data.
 *
 * Threads: one at a time. Collective: no; rank 0 only.
 */
#pragma once

#include "api/session.h"
#include "report/predictions.h"

struct folds_predictions {
    struct predictions predictions;
    float *row; /* [samples x predictions.width] */
    int64_t samples;
};

/* Takes the memory for all samples of a session's data. STATUS_NO_RESOURCE. */
enum status folds_predictions_take(struct folds_predictions *folds, const struct session *session,
    const struct options *options, struct error *error);

/* Predicts the test samples of the session's run with the model in a file. STATUS_NO_INPUT,
 * STATUS_BAD_DATA, STATUS_NO_RESOURCE. */
enum status folds_predictions_add(struct folds_predictions *folds, const struct session *session,
    const char *model, struct error *error);

/* Writes all rows to a file in a directory, whole or not at all. STATUS_CANNOT_CREATE, STATUS_IO,
 * STATUS_NO_RESOURCE. */
enum status folds_predictions_write(const struct folds_predictions *folds,
    const struct session *session, const struct directory *directory, const char *name,
    struct error *error);

void folds_predictions_clear(struct folds_predictions *folds);
