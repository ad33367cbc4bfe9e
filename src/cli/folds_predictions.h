/* folds_predictions.h: the predictions of a cross-validation, as a file has them: of each sample by the
 * model that was trained without it, and of a row without a label by the mean of all models.
 *
 *     line,fold,id,class,cat,dog         in the order of the data; line of a text file, otherwise
 *     2,3,p1,cat,0.9,0.1                 "sample", from 0
 *     3,,p2,dog,0.3,0.7                  without a label, so in no fold
 *
 * What follows the fold is that of predictions.h.
 *
 * Threads: one at a time. Collective: no; rank 0 only.
 */
#pragma once

#include "api/session.h"
#include "report/predictions.h"

struct folds_predictions {
    struct predictions predictions;
    int64_t samples, folds;
    float *row; /* [samples + unlabelled.size + 1 x predictions.width], of unlabelled ones the sums
                      over the models so far; the last is working memory */
    int64_t *fold;            /* [samples] from 1 */
    struct subset unlabelled; /* rows without a label */
};

/* Takes the memory for all rows of a session's data. STATUS_NO_RESOURCE. */
enum status folds_predictions_take(struct folds_predictions *folds, const struct session *session,
    const struct options *options, struct error *error);

/* Predicts the test samples of the session's run, which is that of fold `fold`, and the rows without
 * a label with the model in a file. STATUS_NO_INPUT, STATUS_BAD_DATA, STATUS_NO_RESOURCE. */
enum status folds_predictions_add(struct folds_predictions *folds, const struct session *session,
    int64_t fold, const char *model, struct error *error);

/* Writes all rows to a file in a directory, whole or not at all, once every fold has been added.
 * STATUS_CANNOT_CREATE, STATUS_IO, STATUS_NO_RESOURCE. */
enum status folds_predictions_write(const struct folds_predictions *folds,
    const struct session *session, const struct directory *directory, const char *name,
    struct error *error);

void folds_predictions_clear(struct folds_predictions *folds);
