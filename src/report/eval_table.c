#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/shown.h"
#include "base/text.h"
#include "report/evaluation.h"

enum { NAME_LEAST = 8, NAME_MOST = 32, NAME_ROOM = 64, CONFUSION_MOST = 20, OUTPUTS_MOST = 100 };

/* Characters of UTF-8: bytes that do not continue one. */
static int width_of(const char *text)
{
    int width = 0;
    for (; *text; text++)
        width += ((unsigned char)*text & 0xC0) != 0x80;
    return width;
}

/* Names of classes and columns are the file's. */
static const char *shown_name(
    const struct evaluation_report *report, int64_t output, char out[NAME_ROOM])
{
    char room[32];
    return shown_text(out, NAME_ROOM, evaluation_name(report, output, room));
}

static int name_width(const struct evaluation_report *report)
{
    int most = NAME_LEAST;
    char room[NAME_ROOM];
    for (int64_t j = 0; j < report->class_metrics->outputs; j++) {
        int width = width_of(shown_name(report, j, room));
        most = width > most ? width : most;
    }
    return most < NAME_MOST ? most : NAME_MOST;
}

/* To the left, in `width` columns. */
static void print_name(FILE *file, const char *name, int width)
{
    int blanks = width - width_of(name);
    fprintf(file, "%s%*s", name, blanks > 0 ? blanks : 0, "");
}

static void print_part(FILE *file, double part)
{
    if (isnan(part))
        fprintf(file, "  %9s", "-");
    else
        fprintf(file, "  %9.4f", part);
}

static void print_average(FILE *file, const char *name, int width, const struct average *average)
{
    print_name(file, name, width);
    print_part(file, average->precision);
    print_part(file, average->recall);
    print_part(file, average->f1);
    fputc('\n', file);
}

static void print_answers(FILE *file, const struct evaluation_report *report)
{
    const struct class_metrics *class_metrics = report->class_metrics;
    int width = name_width(report);
    char room[NAME_ROOM], number[32];
    fputc('\n', file);
    print_name(file, class_metrics->kind == PREDICTION_CLASS ? "class" : "label", width);
    fputs("  precision     recall         f1        auc    samples\n", file);
    for (int64_t j = 0; j < class_metrics->outputs && j < OUTPUTS_MOST; j++) {
        const struct detail *detail = &class_metrics->of[j];
        print_name(file, shown_name(report, j, room), width);
        print_part(file, detail->precision);
        print_part(file, detail->recall);
        print_part(file, detail->f1);
        print_part(file, detail->auc);
        fprintf(file, "  %9s\n", text_grouped(detail->labelled, number));
    }
    print_average(file, "macro", width, &class_metrics->macro);
    print_average(file, "weighted", width, &class_metrics->weighted);
}

static void print_confusion(FILE *file, const struct evaluation_report *report)
{
    const struct class_metrics *class_metrics = report->class_metrics;
    int width = name_width(report);
    char room[NAME_ROOM], number[32];
    fputs("\nconfusion: rows are labels, columns are answers in the same order\n", file);
    for (int64_t i = 0; i < class_metrics->outputs; i++) {
        print_name(file, shown_name(report, i, room), width);
        for (int64_t j = 0; j < class_metrics->outputs; j++)
            fprintf(file, " %6s",
                text_grouped(class_metrics->confusion[i * class_metrics->outputs + j], number));
        fputc('\n', file);
    }
}

static void print_values(FILE *file, const struct evaluation_report *report)
{
    const struct class_metrics *class_metrics = report->class_metrics;
    int width = name_width(report);
    char room[NAME_ROOM];
    fputc('\n', file);
    print_name(file, "output", width);
    fputs("          mse         rmse          mae        r2\n", file);
    for (int64_t j = 0; j < class_metrics->outputs && j < OUTPUTS_MOST; j++) {
        const struct detail *detail = &class_metrics->of[j];
        print_name(file, shown_name(report, j, room), width);
        fprintf(file, " %12.6g %12.6g %12.6g %9.4f\n", detail->mse, sqrt(detail->mse), detail->mae,
            detail->r2);
    }
}

static void print_figures(FILE *file, const struct evaluation_report *report)
{
    const struct class_metrics *class_metrics = report->class_metrics;
    for (int m = 0; m < N_METRICS; m++) {
        double value = metric_of((enum metric)m, report->metrics);
        bool in_units = m == METRIC_MSE || m == METRIC_RMSE || m == METRIC_MAE;
        if (!isnan(value))
            fprintf(file, in_units ? "%s %.6g\n" : "%s %.4f\n", metric_name((enum metric)m), value);
    }
    if (class_metrics->kind == PREDICTION_CLASS && class_metrics->top_k != METRICS_TOP)
        fprintf(file, "top%d %.4f\n", class_metrics->top_k, class_metrics->top_k_accuracy);
    if (!isnan(class_metrics->auc))
        fprintf(file, "auc %.4f\n", class_metrics->auc);
}

void evaluation_print(FILE *file, const struct evaluation_report *report)
{
    const struct class_metrics *class_metrics = report->class_metrics;
    char number[32];
    fprintf(file, "model %s (weights_xxh3 %016" PRIx64 ")\n", SHOWN(report->model_path),
        evaluation_weights(report));
    fprintf(file, "data %s: %s samples\n", SHOWN(report->data_name),
        text_grouped(report->metrics->samples, number));
    print_figures(file, report);
    if (class_metrics->kind == PREDICTION_VALUES) {
        if (class_metrics->outputs > 1)
            print_values(file, report);
    } else {
        print_answers(file, report);
    }
    if (class_metrics->confusion && class_metrics->outputs <= CONFUSION_MOST)
        print_confusion(file, report);
    bool cut = class_metrics->outputs > OUTPUTS_MOST;
    if (cut || (class_metrics->kind == PREDICTION_CLASS && class_metrics->outputs > CONFUSION_MOST))
        fprintf(file, "\n%s of all %s outputs: --json\n",
            cut ? "the figures" : "the confusion matrix",
            text_grouped(class_metrics->outputs, number));
}
