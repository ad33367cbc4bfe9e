#include "report/evaluation.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "base/shown.h"
#include "base/text.h"
#include "report/number.h"
#include "report/shown_streams.h"
#include "report/table.h"

/* --- JSON ------------------------------------------------------------------------------------- */

/* Returns the name of an output. If it has none, writes its number into `room`, as "0" for a class
 * and as "y0" for other outputs, and returns `room`. */
static const char *name_of(const struct model *model, int64_t output, char room[32])
{
    if (model->output_name)
        return model->output_name[output];
    bool classes = prediction_kind_of(model->criterion.kind) == PREDICTION_CLASS;
    snprintf(room, 32, classes ? "%" PRId64 : "y%" PRId64, output);
    return room;
}

static struct json *set_rates(struct json *json, const struct class_rates *rates)
{
    js_set_real(json, "precision", rates->precision);
    js_set_real(json, "recall", rates->recall);
    js_set_real(json, "f1", rates->f1);
    return json;
}

/* Appends, or sets if `key` is not NULL, samples or the sum of their weights: whole numbers as
 * integers. */
static void put_count(struct json *json, const char *key, double count)
{
    const double most = 0x1p53;
    bool whole = count <= most && count == floor(count);
    if (key && whole)
        js_set_int(json, key, (int64_t)count);
    else if (key)
        js_set_real(json, key, count);
    else if (whole)
        js_append_int(json, (int64_t)count);
    else
        js_append_real(json, count);
}

static struct json *output_json(const char *name, const struct detail *detail, bool values)
{
    struct json *json = js_object();
    js_set_text(json, "name", name);
    if (values) {
        js_set_real(json, "r2", detail->r2);
        js_set_real(json, "rmse", sqrt(detail->mse));
        js_set_real(json, "mae", detail->mae);
        js_set_real(json, "mse", detail->mse);
        return json;
    }
    put_count(json, "samples", detail->labelled);
    put_count(json, "answered", detail->answered);
    put_count(json, "right", detail->right);
    set_rates(json, &detail->rates);
    js_set_real(json, "auc", detail->auc);
    return json;
}

static struct json *confusion_json(const struct class_metrics *class_metrics)
{
    struct json *rows = js_array();
    for (int64_t i = 0; i < class_metrics->outputs; i++) {
        struct json *row = js_array();
        for (int64_t j = 0; j < class_metrics->outputs; j++)
            put_count(row, NULL, class_metrics->confusion[i * class_metrics->outputs + j]);
        js_append(rows, row);
    }
    return rows;
}

static void set_class_metrics(struct json *json, const struct class_metrics *class_metrics)
{
    js_set_real(json, "auc", class_metrics->auc);
    js_set(json, "macro", set_rates(js_object(), &class_metrics->macro));
    js_set(json, "weighted", set_rates(js_object(), &class_metrics->weighted));
    if (class_metrics->kind != PREDICTION_CLASS)
        return;
    struct json *top = js_object();
    js_set_int(top, "k", class_metrics->top_k);
    js_set_real(top, "accuracy", class_metrics->top_k_accuracy);
    js_set(json, "top_k", top);
    js_set(json, "confusion", class_metrics->confusion ? confusion_json(class_metrics) : NULL);
}

/* The keys of the list of outputs, by kind of prediction. */
static const char *const list_of[] = {"classes", "labels", "outputs"};

static struct json *baseline_json(const struct model *model, const struct metrics *baseline)
{
    if (baseline->samples == 0)
        return NULL;
    struct json *json = js_object();
    js_set_text(json, "prediction", baseline_name(&model->criterion));
    row_set_metrics(json, "", baseline);
    return json;
}

struct json *evaluation_json(const char *model_path, const struct model *model,
    const char *data_name, const struct evaluation_result *result)
{
    const struct class_metrics *class_metrics = &result->class_metrics;
    struct json *json = js_object(), *outputs = js_array();
    char room[32];
    uint64_t weights =
        hash_bytes(model->parameters, (size_t)model->mlp.parameters * sizeof(float), 0);
    js_set_text(json, "model", model_path);
    row_set_hash(json, "weights_xxh3", weights);
    js_set_text(json, "data", data_name);
    js_set_int(json, "samples", result->metrics.samples);
    row_set_metrics(json, "", &result->metrics);
    js_set(json, "baseline", baseline_json(model, &result->baseline));
    row_set_comparison(json, &result->comparison);
    if (class_metrics->kind != PREDICTION_VALUES)
        set_class_metrics(json, class_metrics);
    for (int64_t j = 0; j < class_metrics->outputs; j++)
        js_append(outputs, output_json(name_of(model, j, room), &class_metrics->of[j],
                               class_metrics->kind == PREDICTION_VALUES));
    js_set(json, list_of[class_metrics->kind], outputs);
    return json;
}

/* --- text ------------------------------------------------------------------------------------- */

enum { CONFUSION_MOST = 20, OUTPUTS_MOST = 100 };

/* Prints a metric of a set: "val_accuracy 0.9333 (baseline 0.3333)". */
static void print_metric(
    FILE *file, const char *prefix, enum metric metric, double value, double baseline)
{
    bool in_units = metric == METRIC_MSE || metric == METRIC_RMSE || metric == METRIC_MAE;
    const char *form = in_units ? "%s%s %.6g" : "%s%s %.4f";
    if (isnan(value))
        return;
    fprintf(file, form, prefix, metric_name(metric), value);
    if (!isnan(baseline))
        fprintf(file, in_units ? " (baseline %.6g)" : " (baseline %.4f)", baseline);
    fputc('\n', file);
}

void metrics_print(
    FILE *file, const char *prefix, const struct metrics *metrics, const struct metrics *baseline)
{
    bool values = !isnan(metric_of(METRIC_R2, metrics));
    for (int m = values ? METRIC_R2 : METRIC_LOSS; m < N_METRICS; m++)
        print_metric(file, prefix, (enum metric)m, metric_of((enum metric)m, metrics),
            metric_of((enum metric)m, baseline));
}

void comparison_print(
    FILE *file, const struct comparison *comparison, const struct criterion *criterion)
{
    char number[2][32];
    if (!comparison->known || comparison->better)
        return;
    snprintf(number[0], 32, "%.4g", comparison->value);
    snprintf(number[1], 32, "%.4g", comparison->baseline);
    fprintf(file, "not better than %s (the baseline): %s %s, baseline %s%s\n",
        baseline_name(criterion), comparison->metric, number[0], number[1],
        comparison->causes > 0 ? "; causes that apply, and what to try:" : "");
    for (int i = 0; i < comparison->causes; i++)
        fprintf(file, "  %s\n", comparison->cause[i]);
}

/* Prints all metrics of an evaluation. */
static void print_metrics(
    FILE *file, const struct json *json, const struct evaluation_result *result)
{
    metrics_print(file, "", &result->metrics, &result->baseline);
    if (!isnan(result->metrics.r2))
        print_metric(
            file, "", METRIC_LOSS, result->metrics.loss, metric_of(METRIC_LOSS, &result->baseline));
    double k = row_number(json, "top_k.k"), auc = row_number(json, "auc");
    if (isfinite(k) && k != METRICS_TOP)
        fprintf(file, "top%.0f %.4f\n", k, row_number(json, "top_k.accuracy"));
    if (!isnan(auc))
        fprintf(file, "auc %.4f\n", auc);
}

static struct json *average_row(const struct json *json, const char *name)
{
    const struct json *average = js_get(json, name);
    struct json *row = js_object();
    js_set_text(row, "name", name);
    for (size_t i = 0; i < js_size(average); i++)
        js_set_real(row, js_key(average, i), row_number(average, js_key(average, i)));
    return row;
}

/* Prints the outputs, and for classes and labels also the averages over all of them. */
static void print_outputs(
    FILE *file, const struct json *json, const struct json *outputs, enum prediction_kind kind)
{
    static const char *const columns[] = {"name: class, precision, recall, f1, auc, samples",
        "name: label, precision, recall, f1, auc, samples", "name: output, r2, rmse, mae, mse"};
    struct rows rows = rows_of(outputs);
    struct json *macro = average_row(json, "macro"), *weighted = average_row(json, "weighted");
    rows.n = rows.n < OUTPUTS_MOST ? rows.n : OUTPUTS_MOST;
    if (kind != PREDICTION_VALUES) {
        rows.row[rows.n++] = macro;
        rows.row[rows.n++] = weighted;
    }
    fputc('\n', file);
    table_print(file, columns[kind], &rows, TABLE_ANY_WIDTH);
    js_destroy(macro);
    js_destroy(weighted);
}

static void print_confusion(FILE *file, const struct json *confusion, const struct json *classes)
{
    struct json *rows = js_array();
    char columns[32 * (CONFUSION_MOST + 1)] = "name: label", key[32];
    for (size_t i = 0; i < js_size(confusion); i++) {
        struct json *row = js_object();
        js_set_text(row, "name", row_text(js_item(classes, i), "name"));
        for (size_t j = 0; j < js_size(confusion); j++) {
            snprintf(key, sizeof key, "c%zu", j);
            js_set_real(row, key, value_number(js_item(js_item(confusion, i), j)));
        }
        js_append(rows, row);
        text_append(columns, sizeof columns, ", c%zu:  ", i);
    }
    fputs("\nconfusion: columns are predictions, in the order of the labels\n", file);
    table_print_array(file, columns, rows, TABLE_ANY_WIDTH);
    js_destroy(rows);
}

void evaluation_print(FILE *file, const struct json *json, const struct model *model,
    const struct evaluation_result *result)
{
    const struct json *outputs = NULL, *confusion = js_get(json, "confusion");
    struct wrapped wrapped;
    int kind = 0;
    while (!(outputs = js_get(json, list_of[kind])))
        kind++;
    size_t n = js_size(outputs);
    fprintf(file, "model %s (weights_xxh3 %s)\n", SHOWN(row_text(json, "model")),
        row_text(json, "weights_xxh3"));
    fprintf(file, "data %s: %s samples\n", SHOWN(row_text(json, "data")),
        NUMBER(row_number(json, "samples"), NUMBER_COUNT));
    print_metrics(file, json, result);
    comparison_print(wrapped_begin(&wrapped, file), &result->comparison, &model->criterion);
    wrapped_end(&wrapped, 4, file == stdout ? shown_streams_columns() : 0);
    if (kind != PREDICTION_VALUES || n > 1)
        print_outputs(file, json, outputs, (enum prediction_kind)kind);
    if (js_size(confusion) > 0 && n <= CONFUSION_MOST)
        print_confusion(file, confusion, outputs);
    if (n > OUTPUTS_MOST || (kind == PREDICTION_CLASS && n > CONFUSION_MOST))
        fprintf(file, "\nfor %s of all %s outputs, use --json\n",
            n > OUTPUTS_MOST ? "the figures" : "the confusion matrix",
            NUMBER((double)n, NUMBER_COUNT));
}
