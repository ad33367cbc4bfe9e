#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/hash.h"
#include "report/evaluation.h"

const char *evaluation_name(const struct evaluation_report *report, int64_t output, char room[32])
{
    if (report->model->output_name)
        return report->model->output_name[output];
    snprintf(room, 32, report->class_metrics->kind == PREDICTION_CLASS ? "%" PRId64 : "y%" PRId64,
        output);
    return room;
}

uint64_t evaluation_weights(const struct evaluation_report *report)
{
    const struct model *model = report->model;
    return hash_bytes(model->parameters, (size_t)model->mlp.parameters * sizeof(float), 0);
}

static struct json *average_json(const struct average *average)
{
    struct json *json = js_object();
    js_set_real(json, "precision", average->precision);
    js_set_real(json, "recall", average->recall);
    js_set_real(json, "f1", average->f1);
    return json;
}

static struct json *class_json(const char *name, const struct detail *detail)
{
    struct json *json = js_object();
    js_set_text(json, "name", name);
    js_set_int(json, "samples", detail->labelled);
    js_set_int(json, "answered", detail->answered);
    js_set_int(json, "right", detail->right);
    js_set_real(json, "precision", detail->precision);
    js_set_real(json, "recall", detail->recall);
    js_set_real(json, "f1", detail->f1);
    js_set_real(json, "auc", detail->auc);
    return json;
}

static struct json *value_json(const char *name, const struct detail *detail)
{
    struct json *json = js_object();
    js_set_text(json, "name", name);
    js_set_real(json, "mse", detail->mse);
    js_set_real(json, "rmse", sqrt(detail->mse));
    js_set_real(json, "mae", detail->mae);
    js_set_real(json, "r2", detail->r2);
    return json;
}

static struct json *confusion_json(const struct class_metrics *class_metrics)
{
    struct json *rows = js_array();
    for (int64_t i = 0; i < class_metrics->outputs; i++) {
        struct json *row = js_array();
        for (int64_t j = 0; j < class_metrics->outputs; j++)
            js_append_int(row, class_metrics->confusion[i * class_metrics->outputs + j]);
        js_append(rows, row);
    }
    return rows;
}

static void put_answers(struct json *json, const struct class_metrics *class_metrics)
{
    js_set_real(json, "auc", class_metrics->auc);
    js_set(json, "macro", average_json(&class_metrics->macro));
    js_set(json, "weighted", average_json(&class_metrics->weighted));
    if (class_metrics->kind != PREDICTION_CLASS)
        return;
    struct json *top = js_object();
    js_set_int(top, "k", class_metrics->top_k);
    js_set_real(top, "accuracy", class_metrics->top_k_accuracy);
    js_set(json, "top_k", top);
    if (class_metrics->confusion)
        js_set(json, "confusion", confusion_json(class_metrics));
    else
        js_set_null(json, "confusion");
}

struct json *evaluation_json(const struct evaluation_report *report)
{
    static const char *const list[] = {"classes", "labels", "outputs"};
    const struct class_metrics *class_metrics = report->class_metrics;
    struct json *json = js_object(), *outputs = js_array();
    char hash[32], room[32];
    snprintf(hash, sizeof hash, "%016" PRIx64, evaluation_weights(report));
    js_set_text(json, "model", report->model_path);
    js_set_text(json, "weights_xxh3", hash);
    js_set_text(json, "data", report->data_name);
    js_set_int(json, "samples", report->metrics->samples);
    for (int m = 0; m < N_METRICS; m++)
        js_set_real(json, metric_name((enum metric)m), metric_of((enum metric)m, report->metrics));
    if (class_metrics->kind != PREDICTION_VALUES)
        put_answers(json, class_metrics);
    for (int64_t j = 0; j < class_metrics->outputs; j++) {
        const char *name = evaluation_name(report, j, room);
        js_append(outputs, class_metrics->kind == PREDICTION_VALUES
                               ? value_json(name, &class_metrics->of[j])
                               : class_json(name, &class_metrics->of[j]));
    }
    js_set(json, list[class_metrics->kind], outputs);
    return json;
}
