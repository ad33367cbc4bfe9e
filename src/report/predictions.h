/* predictions.h: writes the predictions of a network as CSV or NPY.
 *
 *   CSV   a header, then one line per sample, in the order of the samples:
 *         id             the sample's id, if the data have ids
 *         class          the name of the class, or its number
 *         one column per output, with its name, or y0, y1, ... (classes: 0, 1, ...): probabilities,
 *         values or logits; for labels also 0 or 1
 *         Reading a number back gives the same float32. Names are quoted where necessary
 *         (RFC 4180).
 *   NPY   version 1.0, float32 [samples, outputs], except that classes are int32 [samples] and
 *         labels are int32 [samples, outputs]
 *
 * Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
#pragma once

#include "base/output.h"
#include "model/prediction.h"
#include "model/model.h"

enum prediction_output {
    PREDICT_AUTO, /* CSV: class and probabilities; NPY: probabilities; regression: values */
    PREDICT_CLASSES,
    PREDICT_PROBABILITIES,
    PREDICT_VALUES,
    PREDICT_LOGITS
};
enum prediction_format { PREDICT_CSV, PREDICT_NPY };

/* The format and content of the output. */
struct predictions {
    const struct model *model;
    const struct loss *loss; /* for its exponential function */
    enum prediction_format format;
    enum prediction_kind kind;
    enum prediction_output numbers; /* what is written for each output; PREDICT_CLASSES: 0 or 1
                                       if the outputs are labels, nothing if they are classes */
    bool class_column;
    int64_t outputs;
    int64_t width;       /* length of a row of predictions_row() */
    bool shown;          /* names are made safe for a terminal (base/shown.h) */
    const char *id_name; /* heading of the ids in CSV; NULL: no ids */
    float threshold;     /* of two classes, the second if its probability is at least this, and a
                            label is 1 if its is; negative: the more probable */
};

/* Prepares the output of predictions, without ids and with a threshold of -1. STATUS_USAGE: the model
 * does not have such outputs. */
enum status predictions_init(struct predictions *predictions, const struct model *model,
    const struct loss *loss, enum prediction_output output, enum prediction_format format,
    struct error *error);

/* Converts outputs z to a row [width] for predictions_write(). Call it in the floating-point mode
 * of the workers (base/floatmode.h). Threads: any. */
void predictions_row(const struct predictions *predictions, const float *z, float *row);

/* The same from the mean of several models' probabilities or values [outputs]. */
void predictions_row_of_mean(const struct predictions *predictions, const float *mean, float *row);

/* Writes the header; in NPY this includes the number of samples. STATUS_IO, STATUS_NO_RESOURCE. */
enum status predictions_begin(const struct predictions *predictions, struct output *output,
    int64_t samples, struct error *error);

/* Sets the threshold. STATUS_USAGE: the outputs are neither two classes nor labels. */
enum status predictions_set_threshold(
    struct predictions *predictions, double threshold, struct error *error);

/* Writes n rows [n x width] with their ids [n], if there are ids. Call it in the default floating-point mode of the process. STATUS_IO,
 * STATUS_NO_RESOURCE. */
enum status predictions_write(const struct predictions *predictions, struct output *output,
    const float *rows, char *const *id, int64_t n, struct error *error);
