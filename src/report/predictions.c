#include "report/predictions.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/shown.h"
#include "base/text.h"

static enum status refuse(const struct predictions *predictions, const char *asked,
    const char *possible, struct error *error)
{
    return fail(error, STATUS_USAGE, "--output %s: the loss of this model is %s, so it has %s",
        asked, loss_words[predictions->model->criterion.kind], possible);
}

enum status predictions_init(struct predictions *predictions, const struct model *model,
    const struct loss *loss, enum prediction_output output, enum prediction_format format,
    struct error *error)
{
    static const char *const word[] = {"auto", "classes", "probabilities", "values", "logits"};
    enum prediction_kind kind = prediction_kind_of(model->criterion.kind);
    bool values = kind == PREDICTION_VALUES, automatic = output == PREDICT_AUTO;
    *predictions = (struct predictions){.model = model,
        .loss = loss,
        .format = format,
        .kind = kind,
        .numbers = automatic ? (values ? PREDICT_VALUES : PREDICT_PROBABILITIES) : output,
        .outputs = model->mlp.width[model->mlp.layers],
        .threshold = -1};
    if (!automatic && values && output != PREDICT_VALUES)
        return refuse(predictions, word[output], "only values", error);
    if (!values && output == PREDICT_VALUES)
        return refuse(predictions, word[output], "classes, probabilities and logits", error);
    predictions->class_column = kind == PREDICTION_CLASS &&
                                (output == PREDICT_CLASSES || (automatic && format == PREDICT_CSV));
    bool no_numbers = kind == PREDICTION_CLASS && output == PREDICT_CLASSES;
    predictions->width = predictions->class_column + (no_numbers ? 0 : predictions->outputs);
    return STATUS_OK;
}

enum status predictions_set_threshold(
    struct predictions *predictions, double threshold, struct error *error)
{
    bool two = predictions->kind == PREDICTION_CLASS && predictions->outputs == 2;
    predictions->threshold = (float)threshold;
    if (two || predictions->kind == PREDICTION_LABELS)
        return STATUS_OK;
    return fail(error, STATUS_USAGE,
        "--threshold: this model has %s, but a threshold needs two classes or yes-or-no labels",
        predictions->kind == PREDICTION_CLASS ? "more than two classes" : "values");
}

enum { TEXT_AT_ONCE = 1 << 20 };

/* --- rows ---------------------------------------------------------------------------------- */

/* A row is an array of floats in which a class is stored as an int32. */
_Static_assert(sizeof(int32_t) == sizeof(float), "a class is stored in place of a number");

static void put_class(float *place, int64_t number)
{
    int32_t class = (int32_t)number;
    memcpy(place, &class, sizeof class);
}

static int32_t get_class(const float *place)
{
    int32_t class;
    memcpy(&class, place, sizeof class);
    return class;
}

static int64_t numbers_of(const struct predictions *predictions)
{
    return predictions->width - predictions->class_column;
}

static int64_t class_of(const struct predictions *predictions, const float *z)
{
    float p[2];
    if (predictions->threshold < 0)
        return prediction_class(z, predictions->outputs);
    prediction_probabilities(predictions->loss, predictions->kind, z, 2, p);
    return p[1] >= predictions->threshold;
}

/* Writes 0 or 1 for each label. */
static void put_labels(const struct predictions *predictions, const float *z, float *row)
{
    for (int64_t j = 0; j < predictions->outputs; j++) {
        float p;
        prediction_probabilities(predictions->loss, predictions->kind, z + j, 1, &p);
        put_class(&row[j],
            predictions->threshold < 0 ? answer_is_yes(z[j]) : p >= predictions->threshold);
    }
}

void predictions_row(const struct predictions *predictions, const float *z, float *row)
{
    int64_t n = predictions->outputs;
    if (predictions->class_column)
        put_class(row++, class_of(predictions, z));
    if (numbers_of(predictions) == 0)
        return;
    switch (predictions->numbers) {
    case PREDICT_PROBABILITIES:
        prediction_probabilities(predictions->loss, predictions->kind, z, n, row);
        break;
    case PREDICT_VALUES:
        for (int64_t j = 0; j < n; j++)
            row[j] = prediction_value(&predictions->model->target, j, z[j]);
        break;
    case PREDICT_CLASSES:
        put_labels(predictions, z, row);
        break;
    case PREDICT_LOGITS:
    case PREDICT_AUTO:
        memcpy(row, z, (size_t)n * sizeof *row);
        break;
    }
}

/* True if the second of two classes, or a label, with this probability is predicted. */
static bool reaches(const struct predictions *predictions, float p)
{
    return predictions->threshold < 0 ? p > 0.5F : p >= predictions->threshold;
}

void predictions_row_of_mean(const struct predictions *predictions, const float *mean, float *row)
{
    int64_t n = predictions->outputs;
    if (predictions->class_column)
        put_class(row++,
            predictions->threshold < 0 ? prediction_class(mean, n) : reaches(predictions, mean[1]));
    for (int64_t j = 0; j < numbers_of(predictions); j++)
        if (predictions->numbers == PREDICT_CLASSES)
            put_class(&row[j], reaches(predictions, mean[j]));
        else
            row[j] = mean[j];
}

/* --- CSV ----------------------------------------------------------------------------------- */

/* Prints a text, in quotes where necessary. */
static void print_text(FILE *file, const struct predictions *predictions, const char *text)
{
    if (predictions->shown)
        text = SHOWN(text);
    if (!strpbrk(text, "\",\r\n")) {
        fputs(text, file);
        return;
    }
    fputc('"', file);
    for (; *text; text++)
        fprintf(file, *text == '"' ? "\"\"" : "%c", *text);
    fputc('"', file);
}

/* Prints the name of an output, or its number. */
static void print_name(FILE *file, const struct predictions *predictions, int64_t output)
{
    char *const *names = predictions->model->output_name;
    if (!names) {
        fprintf(file, predictions->kind == PREDICTION_CLASS ? "%" PRId64 : "y%" PRId64, output);
        return;
    }
    print_text(file, predictions, names[output]);
}

static void print_header(FILE *file, const struct predictions *predictions)
{
    if (predictions->id_name) {
        print_text(file, predictions, predictions->id_name);
        fputc(',', file);
    }
    if (predictions->class_column)
        fputs(numbers_of(predictions) > 0 ? "class," : "class", file);
    for (int64_t j = 0; j < numbers_of(predictions); j++) {
        if (j > 0)
            fputc(',', file);
        print_name(file, predictions, j);
    }
    fputc('\n', file);
}

static void print_row(
    FILE *file, const struct predictions *predictions, const float *row, const char *id)
{
    char number[32];
    if (predictions->id_name) {
        print_text(file, predictions, id);
        fputc(',', file);
    }
    if (predictions->class_column)
        print_name(file, predictions, get_class(row));
    for (int64_t j = predictions->class_column; j < predictions->width; j++) {
        if (j > 0)
            fputc(',', file);
        if (predictions->numbers == PREDICT_CLASSES)
            fprintf(file, "%" PRId32, get_class(&row[j]));
        else
            fputs(text_from_float(row[j], number), file);
    }
    fputc('\n', file);
}

/* Writes the text collected so far and empties the buffer. */
static enum status pass_on(
    FILE *file, char *const *text, const size_t *size, struct output *output, struct error *error)
{
    if (fflush(file) != 0)
        return fail(error, STATUS_NO_RESOURCE, "no memory for the predictions as text");
    enum status status = output_write(output, *text, *size, error);
    rewind(file);
    return status;
}

/* Writes n rows as text, or the header if rows is NULL. The text is written in parts, since it is
 * several times as large as the rows. */
static enum status write_text(const struct predictions *predictions, struct output *output,
    const float *rows, char *const *id, int64_t n, struct error *error)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    if (!file)
        return fail(error, STATUS_NO_RESOURCE, "no memory for the predictions as text");
    if (!rows)
        print_header(file, predictions);
    enum status status = STATUS_OK;
    for (int64_t r = 0; rows && r < n && !status; r++) {
        print_row(file, predictions, rows + r * predictions->width, id ? id[r] : "");
        if (ftello(file) >= TEXT_AT_ONCE)
            status = pass_on(file, &text, &size, output, error);
    }
    if (!status)
        status = pass_on(file, &text, &size, output, error);
    fclose(file);
    free(text);
    return status;
}

/* --- NPY ----------------------------------------------------------------------------------- */

static enum status write_npy_head(const struct predictions *predictions, struct output *output,
    int64_t samples, struct error *error)
{
    enum { BEFORE = 10, UNIT = 64, MOST = 256 };
    char head[MOST], shape[64];
    bool integers = predictions->numbers == PREDICT_CLASSES;
    if (numbers_of(predictions) > 0)
        snprintf(shape, sizeof shape, "(%" PRId64 ", %" PRId64 ")", samples, predictions->outputs);
    else
        snprintf(shape, sizeof shape, "(%" PRId64 ",)", samples);
    memcpy(head, "\x93NUMPY\x01\x00", 8);
    int used = BEFORE + snprintf(head + BEFORE, MOST - BEFORE,
                            "{'descr': '%s', 'fortran_order': False, 'shape': %s, }",
                            integers ? "<i4" : "<f4", shape);
    while ((used + 1) % UNIT != 0)
        head[used++] = ' ';
    head[used++] = '\n';
    head[8] = (char)((used - BEFORE) & 255);
    head[9] = (char)((used - BEFORE) >> 8);
    return output_write(output, head, (size_t)used, error);
}

/* --- both ---------------------------------------------------------------------------------- */

enum status predictions_begin(const struct predictions *predictions, struct output *output,
    int64_t samples, struct error *error)
{
    return predictions->format == PREDICT_NPY
               ? write_npy_head(predictions, output, samples, error)
               : write_text(predictions, output, NULL, NULL, 0, error);
}

enum status predictions_write(const struct predictions *predictions, struct output *output,
    const float *rows, char *const *id, int64_t n, struct error *error)
{
    return predictions->format == PREDICT_NPY
               ? output_write(output, rows, (size_t)(n * predictions->width) * sizeof *rows, error)
               : write_text(predictions, output, rows, id, n, error);
}
