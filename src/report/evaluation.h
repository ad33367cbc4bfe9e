/* evaluation.h: how well a model does on data, as lines for people and as JSON.
 *
 * JSON: model, weights_xxh3, data, samples, loss and the other figures of model/metrics.h; then
 * top_k {k, accuracy}, auc, macro and weighted {precision, recall, f1}, classes (or labels) [{name,
 * samples, answered, right, precision, recall, f1, auc}], confusion [[...]] (row: label, column:
 * answer); of values outputs [{name, mse, rmse, mae, r2}]. What there is not is null.
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

/* The name of an output, or its number as y0 or (of a class) 0 in `room`. */
const char *evaluation_name(const struct evaluation_report *report, int64_t output, char room[32]);

/* XXH3 of the model's weights, as a run's record has it. */
uint64_t evaluation_weights(const struct evaluation_report *report);

/* The caller owns it. */
struct json *evaluation_json(const struct evaluation_report *report);

void evaluation_print(FILE *file, const struct evaluation_report *report);

#endif
