#include "train/metric.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    bool rising, for_classes, for_values;
    size_t offset;
} figure[] = {
    {"loss", false, true, true, offsetof(struct metrics, loss)},
    {"accuracy", true, true, false, offsetof(struct metrics, accuracy)},
    {"mse", false, false, true, offsetof(struct metrics, loss)},
    {"mae", false, false, true, offsetof(struct metrics, mae)},
    {"r2", true, false, true, offsetof(struct metrics, r2)},
};
enum { N_FIGURES = sizeof figure / sizeof *figure };
static const char *const set[] = {"val", "test"};

static void name_of(char out[24], int test, int i)
{
    snprintf(out, 24, "%s_%s", set[test], figure[i].name);
}

bool metric_find(struct metric *metric, const char *name)
{
    for (int test = 0; test < 2; test++)
        for (int i = 0; i < N_FIGURES; i++) {
            *metric = (struct metric){.test = test == 1,
                .rising = figure[i].rising,
                .for_classes = figure[i].for_classes,
                .for_values = figure[i].for_values,
                .offset = figure[i].offset};
            name_of(metric->name, test, i);
            if (strcmp(metric->name, name) == 0)
                return true;
        }
    return false;
}

double metric_of(const struct metric *metric, const struct evaluation_record *record)
{
    const struct metrics *metrics = metric->test ? &record->test : &record->validation;
    double value;
    if (metrics->samples == 0)
        return (double)NAN;
    memcpy(&value, (const char *)metrics + metric->offset, sizeof value);
    return value;
}

char *metric_names(char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (int test = 0; test < 2; test++)
        for (int i = 0; i < N_FIGURES && used < size; i++) {
            char name[24];
            name_of(name, test, i);
            used += (size_t)snprintf(out + used, size - used, "%s%s", used ? ", " : "", name);
        }
    return out;
}
