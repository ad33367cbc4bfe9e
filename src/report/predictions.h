/* predictions.h: what a network says of samples, as CSV or NPY.
 *
 *   CSV   a header, then a line a sample, in their order:
 *         class          the name of the class, or its number
 *         a column an output, named after it, or y0, y1, ... (classes: 0, 1, ...): probabilities,
 *         values, logits; of labels also 0 and 1 as the answer
 *         Numbers read back to the same float32. Names are quoted where they must be (RFC 4180).
 *   NPY   version 1.0: float32 [samples, outputs]; classes int32 [samples], labels int32
 *         [samples, outputs]
 *
 * Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
#ifndef REPORT_PREDICTIONS_H
#define REPORT_PREDICTIONS_H

#include "base/output.h"
#include "model/prediction.h"
#include "model/model.h"

enum prediction_output {
    PREDICT_AUTO, /* CSV: class and probabilities; NPY: probabilities; values where these are wanted */
    PREDICT_CLASSES,
    PREDICT_PROBABILITIES,
    PREDICT_VALUES,
    PREDICT_LOGITS
};
enum prediction_format { PREDICT_CSV, PREDICT_NPY };

/* What is written of each sample. */
struct predictions {
    const struct model *model;
    const struct loss *loss; /* for its exp */
    enum prediction_format format;
    enum prediction_kind kind;
    enum prediction_output numbers; /* of each output; PREDICT_CLASSES: of labels the answers, else
                                       there are none */
    bool class_column;
    int64_t outputs;
    int64_t width; /* of a row of predictions_row() */
    bool shown;    /* people read it: names as base/shown.h shows them; false, and they are data */
};

/* STATUS_USAGE where the model cannot give such outputs. */
enum status predictions_init(struct predictions *predictions, const struct model *model,
    const struct loss *loss, enum prediction_output output, enum prediction_format format,
    struct error *error);

/* From outputs z to row [width], which predictions_write() knows how to take. In the workers'
 * arithmetic (base/floatmode.h). Threads: any. */
void predictions_row(const struct predictions *predictions, const float *z, float *row);

/* What comes before the samples; NPY says how many will come. STATUS_IO, STATUS_NO_RESOURCE. */
enum status predictions_begin(const struct predictions *predictions, struct output *output,
    int64_t samples, struct error *error);

/* n rows [n x width], in the arithmetic that a process begins with. STATUS_IO, STATUS_NO_RESOURCE.
 */
enum status predictions_write(const struct predictions *predictions, struct output *output,
    const float *rows, int64_t n, struct error *error);

#endif
