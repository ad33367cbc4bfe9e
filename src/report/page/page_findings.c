#include <math.h>
#include <string.h>

#include "base/text.h"
#include "report/page/page_parts.h"

/* The words for a curve: the quantity, the form of its values, and whether more is better. */
struct subject {
    char what[80];
    enum number_form form;
    bool rises;
};

static struct subject subject_of(const struct run *run, enum run_curve which)
{
    static const char *const what[RUN_CURVES] = {"loss of a step", "learning rate", "noise scale",
        "training loss", "validation loss", "validation", "test loss", "test"};
    bool metric = which == RUN_VAL_METRIC || which == RUN_TEST_METRIC;
    const char *name = run->metric ? run->metric : "metric";
    bool rmse = strcmp(name, "rmse") == 0;
    struct subject subject = {.rises = metric && !rmse,
        .form = which == RUN_NOISE                      ? NUMBER_COUNT
                : which == RUN_RATE || (metric && rmse) ? NUMBER_PLAIN
                                                        : NUMBER_FRACTION};
    snprintf(subject.what, sizeof subject.what, "%s%s%.40s", what[which], metric ? " " : "",
        !metric                      ? ""
        : rmse                       ? "RMSE"
        : strcmp(name, "exact") == 0 ? "exact matches"
                                     : name);
    return subject;
}

static struct curve_point best_of(const struct curve *curve, bool rises)
{
    struct curve_point point[CURVE_POINTS] = {{.value = (double)NAN}}, best;
    int n = curve_points(curve, point);
    best = point[0];
    for (int i = 1; i < n; i++)
        if (rises ? point[i].value > best.value : point[i].value < best.value)
            best = point[i];
    return best;
}

/* Writes "after epoch 7", or "at step 700" if the size of an epoch is unknown. */
static void say_when(char text[SENTENCE], const struct run *run, const struct curve_point *point)
{
    double epoch = point->samples / row_number(run->facts, "train_samples");
    if (isfinite(epoch))
        text_append(text, SENTENCE, "after epoch %.3g", epoch);
    else
        text_append(text, SENTENCE, "at step %s", NUMBER(point->step, NUMBER_COUNT));
}

static void describe_one(char text[SENTENCE], const struct run *run, enum run_curve which)
{
    enum { LEVEL = 50 }; /* changes of up to a fiftieth of the best value are not stated */
    const struct curve *curve = &run->curve[which];
    struct subject subject = subject_of(run, which);
    struct curve_point best = best_of(curve, subject.rises), last = curve->last;
    const char *worsens = subject.rises ? "falls" : "rises",
               *improves = subject.rises ? "rises" : "falls";
    const char *value = NUMBER(best.value, subject.form), *end = NUMBER(last.value, subject.form);
    if (curve->seen < 2)
        text_append(text, SENTENCE, "The %s is %s", subject.what, end);
    else if (best.step == last.step)
        text_append(text, SENTENCE, "The %s %s until the end, to %s", subject.what, improves, end);
    else {
        text_append(
            text, SENTENCE, "The %s is %s ", subject.what, subject.rises ? "highest" : "lowest");
        say_when(text, run, &best);
        text_append(text, SENTENCE, ", at %s, and ", value);
        if (fabs(last.value - best.value) * LEVEL > fabs(best.value))
            text_append(text, SENTENCE, "%s to %s after it", worsens, end);
        else
            text_append(text, SENTENCE, "ends at %s", end);
    }
}

static void describe_change(char text[SENTENCE], const struct run *run, enum run_curve which)
{
    const struct curve *curve = &run->curve[which];
    struct subject subject = subject_of(run, which);
    double first = curve->first.value, last = curve->last.value;
    text_append(text, SENTENCE, "The %s %s from %s to %s", subject.what,
        last > first   ? "rises"
        : last < first ? "falls"
                       : "goes",
        NUMBER(first, subject.form), NUMBER(last, subject.form));
}

static void compare(char text[SENTENCE], const struct run *const *runs, int n, const char *name,
    enum run_curve which)
{
    const struct run *best = NULL;
    for (int i = 0; i < n; i++) {
        const struct curve *curve = &runs[i]->curve[which];
        if (curve->seen == 0)
            continue;
        double value = curve->last.value;
        bool better =
            !best || (subject_of(runs[i], which).rises ? value > best->curve[which].last.value
                                                       : value < best->curve[which].last.value);
        best = better ? runs[i] : best;
    }
    if (!best)
        return;
    struct subject subject = subject_of(best, which);
    text_append(
        text, SENTENCE, "The %s ends %s for ", subject.what, subject.rises ? "highest" : "lowest");
    sentence_append(text, name, best->facts);
    text_append(text, SENTENCE, ", at %s", NUMBER(best->curve[which].last.value, subject.form));
}

void page_curve_finding(char text[SENTENCE], const struct run *const *runs, int n, const char *name,
    enum run_curve which)
{
    bool judged = which != RUN_RATE && which != RUN_NOISE;
    if (n == 1 && runs[0]->curve[which].seen > 0)
        (judged ? describe_one : describe_change)(text, runs[0], which);
    else if (judged)
        compare(text, runs, n, name, which);
}
