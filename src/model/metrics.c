#include "model/metrics.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

enum {
    OF_CLASS = 1 << PREDICTION_CLASS,
    OF_LABELS = 1 << PREDICTION_LABELS,
    OF_VALUES = 1 << PREDICTION_VALUES
};

static const struct {
    const char *name;
    size_t offset; /* in struct metrics */
    int of;
    bool rises;
} table[N_METRICS] = {
    [METRIC_LOSS] = {"loss", offsetof(struct metrics, loss), OF_CLASS | OF_LABELS | OF_VALUES,
        false},
    [METRIC_ACCURACY] = {"accuracy", offsetof(struct metrics, accuracy), OF_CLASS | OF_LABELS,
        true},
    [METRIC_TOP5] = {"top5", offsetof(struct metrics, top5), OF_CLASS, true},
    [METRIC_EXACT] = {"exact", offsetof(struct metrics, exact), OF_LABELS, true},
    [METRIC_F1] = {"f1", offsetof(struct metrics, f1), OF_CLASS | OF_LABELS, true},
    [METRIC_R2] = {"r2", offsetof(struct metrics, r2), OF_VALUES, true},
    [METRIC_RMSE] = {"rmse", offsetof(struct metrics, rmse), OF_VALUES, false},
    [METRIC_MAE] = {"mae", offsetof(struct metrics, mae), OF_VALUES, false},
    [METRIC_MSE] = {"mse", offsetof(struct metrics, mse), OF_VALUES, false},
};

static const char *const prefix[N_METRIC_SETS] = {
    "train_", "val_", "test_", "val_ema_", "test_ema_"};

struct metrics metrics_none(void)
{
    double none = (double)NAN;
    return (struct metrics){0, none, none, none, none, none, none, none, none, none};
}

const char *metric_name(enum metric metric)
{
    return table[metric].name;
}

size_t metric_offset(enum metric metric)
{
    return table[metric].offset;
}

bool metric_rises(enum metric metric)
{
    return table[metric].rises;
}

bool metric_applies(enum metric metric, enum prediction_kind kind, int64_t outputs)
{
    return (table[metric].of & 1 << kind) && (metric != METRIC_TOP5 || outputs > METRICS_TOP);
}

double metric_of(enum metric metric, const struct metrics *metrics)
{
    double value;
    memcpy(&value, (const char *)metrics + table[metric].offset, sizeof value);
    return metrics->samples > 0 ? value : (double)NAN;
}

double metric_gain(enum metric metric, double value, double other)
{
    return metric_rises(metric) ? value - other : other - value;
}

bool metric_find(const char *name, struct metric_choice *choice)
{
    for (int s = METRIC_TRAIN; s < N_METRIC_SETS; s++) {
        size_t length = strlen(prefix[s]);
        if (strncmp(name, prefix[s], length) != 0)
            continue;
        for (int m = 0; m < (s == METRIC_TRAIN ? 1 : N_METRICS); m++)
            if (strcmp(name + length, table[m].name) == 0) {
                *choice = (struct metric_choice){(enum metric_set)s, (enum metric)m};
                return true;
            }
    }
    return false;
}

char *metric_choice_name(struct metric_choice choice, char out[METRIC_NAME_MAX])
{
    snprintf(out, METRIC_NAME_MAX, "%s%s", prefix[choice.set], table[choice.metric].name);
    return out;
}

char *metric_list(enum prediction_kind kind, int64_t outputs, char out[METRIC_LIST_MAX])
{
    out[0] = '\0';
    for (int s = METRIC_VALIDATION; s <= METRIC_TEST; s++)
        for (int m = 0; m < N_METRICS; m++)
            if (metric_applies((enum metric)m, kind, outputs))
                text_append(
                    out, METRIC_LIST_MAX, "%s%s%s", out[0] ? ", " : "", prefix[s], table[m].name);
    return out;
}
