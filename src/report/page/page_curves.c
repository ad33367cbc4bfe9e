#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/page/page_parts.h"

enum across { ACROSS_STEPS, ACROSS_SAMPLES, ACROSS_SECONDS, N_ACROSS };

/* All runs. */
struct course {
    struct page *page;
    int n;
    const struct run *const *run;
    const char (*name)[PLOT_NAME];
    const struct json *facts[PAGE_ROWS];
};

/* Those that are drawn in one picture, at most PAGE_CURVES. */
struct curves {
    struct page *page;
    int n, all;
    bool named;       /* they are some of several */
    const char *kind; /* of all of them; NULL: there is no other on the page */
    const struct run *run[PAGE_CURVES];
    const char *name[PAGE_CURVES];
    bool apart
        [N_ACROSS]; /* their lengths differ so much, across, that the axis is to be logarithmic */
};

/* What a set of pictures shows, and of which figures. */
struct figure {
    const char *title, *detail, *label; /* NULL: no detail */
    enum run_curve curve[3];
    const char *what[3]; /* NULL: no more of them */
    enum number_form form;
    bool log;
};

static double place(const struct curve_point *point, enum across across)
{
    return across == ACROSS_STEPS     ? point->step
           : across == ACROSS_SAMPLES ? point->samples
                                      : point->seconds;
}

static void add_curve(struct plot *plot, enum plot_style style, const struct curve *curve,
    enum across across, const char *name)
{
    struct curve_point point[CURVE_POINTS];
    int n = curve_points(curve, point);
    int series = plot_series(plot, style, "%s", name);
    for (int i = 0; i < n; i++)
        plot_add(plot, series, place(&point[i], across), point[i].value);
}

/* Whether the greatest is so many times the least. */
static bool spans(const struct plot *plot, double times)
{
    double least = INFINITY, most = 0;
    for (int s = 0; s < plot->n; s++)
        for (int i = 0; i < plot->series[s].n; i++) {
            least = fmin(least, plot->series[s].point[i].y);
            most = fmax(most, plot->series[s].point[i].y);
        }
    return least > 0 && most > times * least;
}

static void fill_plot(const struct curves *curves, const struct figure *figure, enum across across,
    bool small, struct plot *plot)
{
    static const char *const label[] = {"steps", "samples seen", "training time (s)"};
    *plot = (struct plot){.x = {.label = label[across],
                              .log = curves->apart[across],
                              .from_zero = true,
                              .form = NUMBER_SHORT},
        .small = small,
        .y = {.label = figure->label, .log = figure->log, .form = figure->form}};
    for (int r = 0; r < curves->n; r++)
        for (int k = 0; k < 3 && figure->what[k]; k++) {
            char name[PLOT_NAME];
            snprintf(name, sizeof name, "%.80s%s%s", curves->named ? curves->name[r] : "",
                curves->named && *figure->what[k] ? ", " : "", figure->what[k]);
            bool faint = curves->n == 1 && figure->curve[k] == RUN_LOSS;
            add_curve(plot, faint ? PLOT_FAINT : PLOT_LINE,
                &curves->run[r]->curve[figure->curve[k]], across, *name ? name : curves->name[r]);
        }
    plot->y.log = figure->log && spans(plot, 4);
}

/* A rate that stays what it is wants no picture. */
static bool is_level(const struct curves *curves, enum run_curve which)
{
    for (int r = 0; r < curves->n; r++) {
        const struct curve *curve = &curves->run[r]->curve[which];
        for (int i = 0; i < curve->buckets; i++)
            if (curve->least[i].value != curve->first.value ||
                curve->most[i].value != curve->first.value)
                return false;
    }
    return true;
}

static bool has_curve(const struct curves *curves, enum run_curve which)
{
    for (int i = 0; i < curves->n; i++)
        if (curves->run[i]->curve[which].seen > 0)
            return true;
    return false;
}

static void note_thinning(const struct curves *curves, const struct figure *figure)
{
    int64_t seen = 0;
    for (int r = 0; r < curves->n; r++)
        for (int k = 0; k < 3 && figure->what[k]; k++) {
            int64_t one = curves->run[r]->curve[figure->curve[k]].seen;
            seen = one > seen ? one : seen;
        }
    if (seen > CURVE_BUCKETS)
        page_say(curves->page, "note",
            "Thinned: a curve of more than %d values is cut into at most that many stretches of "
            "equally "
            "many values, of each of which the least and the greatest are drawn.",
            CURVE_BUCKETS);
}

/* By step, by sample and by second. */
static void draw_three(const struct curves *curves, const struct figure *figure)
{
    struct plot plot[N_ACROSS];
    struct figure told = *figure;
    char kind[32] = "", title[PAGE_TITLE], label[PAGE_TITLE];
    if (!has_curve(curves, figure->curve[0]))
        return;
    if (curves->kind)
        snprintf(kind, sizeof kind, " (%.20s)", *curves->kind ? curves->kind : "unknown kind");
    snprintf(title, sizeof title, "%s%s by step, by sample and by second%s", figure->title, kind,
        figure->detail ? figure->detail : "");
    snprintf(label, sizeof label, "%s%s", figure->label, kind);
    told.title = title;
    told.label = label;
    for (int across = 0; across < N_ACROSS; across++)
        fill_plot(curves, &told, (enum across)across, true, &plot[across]);
    page_card_begin(curves->page, CARD_WHOLE, title);
    page_pictures(curves->page, plot, N_ACROSS, title);
    note_thinning(curves, figure);
    page_card_end(curves->page);
}

static void draw_one(const struct curves *curves, const struct figure *figure, enum across across)
{
    struct plot plot;
    if (!has_curve(curves, figure->curve[0]))
        return;
    fill_plot(curves, figure, across, false, &plot);
    page_card_begin(curves->page, CARD_HALF, figure->title);
    page_pictures(curves->page, &plot, 1, figure->title);
    note_thinning(curves, figure);
    page_card_end(curves->page);
}

static void draw_losses(const struct curves *curves)
{
    static const struct figure one = {"Loss", NULL, "loss",
        {RUN_LOSS, RUN_TRAIN_LOSS, RUN_VAL_LOSS},
        {"of a step's batch", "mean of the epoch", "validation"}, NUMBER_PLAIN, true};
    static const struct figure one_tested = {"Loss", NULL, "loss",
        {RUN_LOSS, RUN_TRAIN_LOSS, RUN_TEST_LOSS},
        {"of a step's batch", "mean of the epoch", "test"}, NUMBER_PLAIN, true};
    static const struct figure steps = {"Training loss", ", of each logged step's batch",
        "training loss", {RUN_LOSS}, {""}, NUMBER_PLAIN, true};
    static const struct figure means = {"Training loss", ", means of epochs", "training loss",
        {RUN_TRAIN_LOSS}, {""}, NUMBER_PLAIN, true};
    static const struct figure validation = {
        "Validation loss", NULL, "validation loss", {RUN_VAL_LOSS}, {""}, NUMBER_PLAIN, true};
    static const struct figure test = {
        "Test loss", NULL, "test loss", {RUN_TEST_LOSS}, {""}, NUMBER_PLAIN, true};
    bool validated = has_curve(curves, RUN_VAL_LOSS);
    bool epochs = has_curve(curves, RUN_TRAIN_LOSS) && curves->n > 2;
    if (curves->n == 1) {
        draw_three(curves, validated ? &one : &one_tested);
        return;
    }
    draw_three(curves, epochs ? &means : &steps);
    draw_three(curves, validated ? &validation : &test);
}

/* The metric is in the title whatever its kind. */
static void draw_metric(const struct curves *curves)
{
    struct curves plain = *curves;
    const char *metric = curves->run[0]->metric;
    bool validated = has_curve(curves, RUN_VAL_METRIC);
    bool accuracy = metric && strcmp(metric, "accuracy") == 0;
    bool exact = metric && strcmp(metric, "exact") == 0;
    const char *what = accuracy ? "accuracy" : exact ? "exact matches" : "RMSE";
    char title[PAGE_TITLE], label[PAGE_TITLE];
    snprintf(title, sizeof title, "%s %s", validated ? "Validation" : "Test", what);
    snprintf(label, sizeof label, "%s %s", validated ? "validation" : "test", what);
    struct figure figure = {.title = title,
        .label = label,
        .what = {""},
        .form = NUMBER_PLAIN,
        .curve = {validated ? RUN_VAL_METRIC : RUN_TEST_METRIC}};
    plain.kind = NULL;
    draw_three(&plain, &figure);
}

static void table_of_runs(const struct course *course)
{
    static const struct column columns[] = {{"run", "name", NUMBER_PLAIN},
        {"state", "state", NUMBER_PLAIN}, {"loss by", "loss_function", NUMBER_PLAIN},
        {"B (samples)", "batch", NUMBER_COUNT}, {"B over training", "batch_stages", NUMBER_PLAIN},
        {"highest logged rate", "lr", NUMBER_PLAIN}, {"steps done", "steps_done", NUMBER_COUNT},
        {"time (s)", "seconds", NUMBER_MEASURED}, {"samples/s", "samples_per_second", NUMBER_COUNT},
        {"training loss", "train_loss", NUMBER_FRACTION},
        {"validation loss", "val_loss", NUMBER_FRACTION},
        {"validation accuracy", "val_accuracy", NUMBER_FRACTION},
        {"validation RMSE", "val_rmse", NUMBER_PLAIN}, {"test loss", "test_loss", NUMBER_FRACTION},
        {"test accuracy", "test_accuracy", NUMBER_FRACTION},
        {"test RMSE", "test_rmse", NUMBER_PLAIN},
        {"noise scale (samples)", "noise_scale", NUMBER_COUNT},
        {"its error", "noise_error", NUMBER_COUNT}};
    page_card_begin(
        course->page, CARD_WHOLE, course->n == 1 ? "The run's figures" : "The runs' figures");
    page_table(
        course->page, "Figures at the end of each run", COLUMNS(columns), course->facts, course->n);
    page_card_end(course->page);
}

/* Runs of a kind, or without a key all, at equal distances, the first and the last among them. */
static struct curves choose(const struct course *course, const char *key, const char *kind)
{
    int of_kind[PAGE_ROWS] = {0}, n = 0;
    for (int i = 0; i < course->n; i++)
        if (!key || page_is_of_kind(course->facts[i], key, kind))
            of_kind[n++] = i;
    struct curves curves = {.page = course->page,
        .all = n,
        .n = n < PAGE_CURVES ? n : PAGE_CURVES,
        .named = course->n > 1};
    for (int i = 0; i < curves.n; i++) {
        int which = of_kind[curves.n == n ? i : i * (n - 1) / (curves.n - 1)];
        curves.run[i] = course->run[which];
        curves.name[i] = course->name[which];
    }
    for (int across = 0; across < N_ACROSS; across++) {
        double shortest = INFINITY, longest = 0;
        for (int i = 0; i < curves.n; i++) {
            double length = place(&curves.run[i]->curve[RUN_LOSS].last, (enum across)across);
            shortest = length > 0 ? fmin(shortest, length) : shortest;
            longest = fmax(longest, length);
        }
        curves.apart[across] = longest > 8 * shortest;
    }
    return curves;
}

/* Pictures of the runs of each kind. */
static void draw_kinds(
    const struct course *course, const char *key, void (*draw)(const struct curves *curves))
{
    const char *kinds[PAGE_KINDS];
    int n = page_kinds(course->facts, course->n, key, kinds);
    for (int i = 0; i < n; i++) {
        struct curves curves = choose(course, key, kinds[i]);
        curves.kind = n > 1 ? kinds[i] : NULL;
        draw(&curves);
    }
}

void page_curves(
    struct page *page, const struct run *const *runs, const char (*names)[PLOT_NAME], int n)
{
    static const struct figure rate = {"Learning rate over training", NULL, "learning rate",
        {RUN_RATE}, {""}, NUMBER_PLAIN, false};
    static const struct figure noise = {"Gradient noise scale over training", NULL,
        "noise scale (samples)", {RUN_NOISE}, {""}, NUMBER_SHORT, true};
    struct course course = {.page = page, .n = n, .run = runs, .name = names};
    for (int i = 0; i < n; i++)
        course.facts[i] = runs[i]->facts;
    struct curves curves = choose(&course, NULL, NULL);
    draw_kinds(&course, "loss_function", draw_losses);
    draw_kinds(&course, "held_out_metric", draw_metric);
    table_of_runs(&course);
    draw_one(&curves, &noise, ACROSS_SAMPLES);
    if (!is_level(&curves, RUN_RATE))
        draw_one(&curves, &rate, ACROSS_STEPS);
    if (curves.all > curves.n)
        page_say(page, "note",
            "A picture has at most %d of the %d runs, at equal distances; the table has all.",
            curves.n, curves.all);
}
