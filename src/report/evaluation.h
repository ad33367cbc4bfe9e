/* evaluation.h: the evaluation of a model on a dataset, as JSON and as text.
 *
 * The keys of the JSON object; values that do not apply are null:
 *
 *   model, weights_xxh3, data, samples
 *   loss, ...           the metrics of model/metrics.h
 *   top_k               {k, accuracy}
 *   auc
 *   macro, weighted     {precision, recall, f1}
 *   classes or labels   [{name, samples, answered, right, precision, recall, f1, auc}]: the samples
 *                       that have this class or label, those predicted to have it, and those for
 *                       which both are true
 *   confusion           [[...]], with a row per label and a column per prediction
 *   outputs             for regression: [{name, mse, rmse, mae, r2}]
 */
#ifndef REPORT_EVALUATION_H
#define REPORT_EVALUATION_H

#include <stdio.h>

#include "base/json.h"
#include "model/class_metrics.h"
#include "model/model.h"

/* Returns the JSON object, which the caller owns. */
struct json *evaluation_json(const char *model_path, const struct model *model,
    const char *data_name, const struct metrics *metrics,
    const struct class_metrics *class_metrics);

/* Prints the object from evaluation_json() as text. */
void evaluation_print(FILE *file, const struct json *json);

#endif
