/* evaluation.h: the evaluation of a model on a dataset, as JSON and as text.
 *
 * The keys of the JSON object; values that do not apply are null:
 *
 *   model, weights_xxh3, data, samples
 *   loss, ...           the metrics of model/metrics.h
 *   top_k               {k, accuracy}
 *   auc
 *   macro, weighted     {precision, recall, f1}
 *   classes or labels   [{name, samples, answered, right, precision, recall, f1, auc}]
 *   confusion           [[...]], with a row per label and a column per prediction
 *   outputs             for regression: [{name, mse, rmse, mae, r2}]
 */
#ifndef REPORT_EVALUATION_H
#define REPORT_EVALUATION_H

#include <stdio.h>

#include "base/json.h"
#include "model/class_metrics.h"
#include "model/model.h"

struct evaluation_report {
    const char *model_path, *data_name;
    const struct model *model;
    const struct metrics *metrics;
    const struct class_metrics *class_metrics;
};

/* Returns the JSON object, which the caller owns. */
struct json *evaluation_json(const struct evaluation_report *report);

/* Prints the object from evaluation_json() as text. */
void evaluation_print(FILE *file, const struct json *json);

#endif
