/* evaluation.h: the evaluation of a model on a dataset, as JSON and as text.
 *
 * The keys of the JSON object; values that do not apply are null:
 *
 *   model, weights_xxh3, data, samples
 *   loss, ...           the metrics of model/metrics.h
 *   baseline            {prediction, loss, ...}: the prediction that ignores the inputs, and its
 *                       metrics (model/baseline.h); null for models of earlier versions
 *   better_than_baseline, causes        as in summary.json (summary.h)
 *   top_k               {k, accuracy}
 *   auc
 *   macro, weighted     {precision, recall, f1}
 *   classes or labels   [{name, samples, answered, right, precision, recall, f1, auc}]: the samples
 *                       that have this class or label, those predicted to have it, and those for
 *                       which both are true; if samples have weights, the sums of their weights
 *   confusion           [[...]], with a row per label and a column per prediction; likewise
 *   outputs             for regression: [{name, r2, rmse, mae, mse}]
 */
#pragma once

#include <stdio.h>

#include "base/json.h"
#include "model/class_metrics.h"
#include "model/model.h"
#include "study/comparison.h"

/* The results of an evaluation. */
struct evaluation_result {
    struct metrics metrics, baseline; /* baseline: no samples if the model has none */
    struct class_metrics class_metrics;
    struct comparison comparison;
};

/* Returns the JSON object, which the caller owns. */
struct json *evaluation_json(const char *model_path, const struct model *model,
    const char *data_name, const struct evaluation_result *result);

/* Prints the evaluation as text; `json` is the object from evaluation_json(). */
void evaluation_print(FILE *file, const struct json *json, const struct model *model,
    const struct evaluation_result *result);

/* Prints the metrics of a set, one per line, each with that of the baseline if it is known. For
 * regression the loss is omitted, since it repeats another metric, in scaled units. */
void metrics_print(
    FILE *file, const char *prefix, const struct metrics *metrics, const struct metrics *baseline);

/* If a model is not better than its baseline, prints so, and the causes. */
void comparison_print(
    FILE *file, const struct comparison *comparison, const struct criterion *criterion);
