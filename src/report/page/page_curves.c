#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/page/page_parts.h"

enum across { ACROSS_STEPS, ACROSS_SAMPLES, ACROSS_SECONDS, N_ACROSS };

/* All runs. */
struct all_runs {
    struct page *page;
    const struct run *const *run;
    const char (*name)[PLOT_NAME];
    struct rows facts;
};

/* The runs that are drawn in one picture, at most PAGE_CURVES. */
struct curves {
    struct page *page;
    int n, all;
    bool named;       /* there are several runs */
    const char *kind; /* the kind of all of them; NULL: the page has only one kind */
    const struct run *run[PAGE_CURVES];
    const char *name[PAGE_CURVES];
    bool apart[N_ACROSS]; /* the axis is logarithmic, since their lengths differ greatly */
};

/* A set of pictures of the same figures. */
struct curve_figure {
    const char *title, *detail, *label; /* NULL: no detail */
    enum run_curve curve[3];
    const char *what[3]; /* NULL ends them */
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

/* True if the greatest value is more than `times` the least. */
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

/* " (mse)" if there are runs of other kinds. */
enum { KIND_TEXT = 32 };
static const char *kind_text(const struct curves *curves, char out[KIND_TEXT])
{
    out[0] = '\0';
    if (curves->kind)
        snprintf(out, KIND_TEXT, " (%.20s)", *curves->kind ? curves->kind : "unknown kind");
    return out;
}

static void fill_plot(const struct curves *curves, const struct curve_figure *figure,
    enum across across, bool small, struct plot *plot)
{
    static const char *const label[] = {"steps", "samples seen", "training time (s)"};
    char kind[KIND_TEXT];
    *plot =
        (struct plot){.x = {.log = curves->apart[across], .from_zero = true, .form = NUMBER_SHORT},
            .small = small,
            .y = {.log = figure->log, .form = figure->form}};
    snprintf(plot->x.label, sizeof plot->x.label, "%s", label[across]);
    snprintf(plot->y.label, sizeof plot->y.label, "%s%s", figure->label, kind_text(curves, kind));
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

/* True if the values never change. */
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

/* Plots beside each other, or one alone. */
static void draw(const struct curves *curves, const struct curve_figure *figure, struct plot *plots,
    int n, const char *title)
{
    char note[PAGE_TITLE];
    int64_t seen = 0;
    for (int r = 0; r < curves->n; r++)
        for (int k = 0; k < 3 && figure->what[k]; k++) {
            int64_t one = curves->run[r]->curve[figure->curve[k]].seen;
            seen = one > seen ? one : seen;
        }
    snprintf(note, sizeof note,
        "Thinned: a curve of more than %d values is divided into at most that many equal parts, "
        "and the least and the greatest value of each are drawn.",
        CURVE_BUCKETS);
    page_card(curves->page, &(struct card){.whole = n > 1,
                                .title = title,
                                .plots = n,
                                .plot = plots,
                                .note = seen > CURVE_BUCKETS ? note : NULL});
}

/* By step, by sample and by second. */
static void draw_three(const struct curves *curves, const struct curve_figure *figure)
{
    struct plot plot[N_ACROSS];
    char kind[KIND_TEXT], title[PAGE_TITLE];
    if (!has_curve(curves, figure->curve[0]))
        return;
    snprintf(title, sizeof title, "%s%s by step, by sample and by second%s", figure->title,
        kind_text(curves, kind), figure->detail ? figure->detail : "");
    for (int across = 0; across < N_ACROSS; across++)
        fill_plot(curves, figure, (enum across)across, true, &plot[across]);
    draw(curves, figure, plot, N_ACROSS, title);
}

static void draw_one(
    const struct curves *curves, const struct curve_figure *figure, enum across across)
{
    struct plot plot;
    if (!has_curve(curves, figure->curve[0]))
        return;
    fill_plot(curves, figure, across, false, &plot);
    draw(curves, figure, &plot, 1, figure->title);
}

static void draw_losses(const struct curves *curves)
{
    bool validated = has_curve(curves, RUN_VAL_LOSS);
    bool epochs = has_curve(curves, RUN_TRAIN_LOSS) && curves->n > 2;
    enum run_curve held_out = validated ? RUN_VAL_LOSS : RUN_TEST_LOSS;
    const struct curve_figure one = {"Loss", NULL, "loss", {RUN_LOSS, RUN_TRAIN_LOSS, held_out},
        {"of a step's batch", "mean of the epoch", validated ? "validation" : "test"}, NUMBER_PLAIN,
        true};
    const struct curve_figure training = {"Training loss",
        epochs ? ", means of epochs" : ", each logged step's batch", "training loss",
        {epochs ? RUN_TRAIN_LOSS : RUN_LOSS}, {""}, NUMBER_PLAIN, true};
    const struct curve_figure other = {validated ? "Validation loss" : "Test loss", NULL,
        validated ? "validation loss" : "test loss", {held_out}, {""}, NUMBER_PLAIN, true};
    draw_three(curves, curves->n == 1 ? &one : &training);
    if (curves->n > 1)
        draw_three(curves, &other);
}

/* The title names the metric, so it needs no kind. */
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
    struct curve_figure figure = {.title = title,
        .label = label,
        .what = {""},
        .form = NUMBER_PLAIN,
        .curve = {validated ? RUN_VAL_METRIC : RUN_TEST_METRIC}};
    plain.kind = NULL;
    draw_three(&plain, &figure);
}

static void table_of_runs(const struct all_runs *all)
{
    page_card(all->page, &(struct card){.whole = true,
                             .title = all->facts.n == 1 ? "The run's figures" : "The runs' figures",
                             .caption = "Figures at the end of each run",
                             .columns = "name, state, loss_function, batch, batch_stages, lr: "
                                        "highest logged rate, steps_done, seconds, "
                                        "samples_per_second, train_loss, val_loss, val_accuracy, "
                                        "val_rmse, test_loss, test_accuracy, test_rmse, "
                                        "noise_scale, noise_error",
                             .rows = &all->facts});
}

/* Up to PAGE_CURVES runs of a kind, or (key NULL) of all, evenly spaced from the first to the last. */
static struct curves choose(const struct all_runs *all, const char *key, const char *kind)
{
    int of_kind[ROWS_MAX] = {0}, n = 0;
    for (int i = 0; i < all->facts.n; i++)
        if (!key || row_is(all->facts.row[i], key, kind))
            of_kind[n++] = i;
    struct curves curves = {.page = all->page,
        .all = n,
        .n = n < PAGE_CURVES ? n : PAGE_CURVES,
        .named = all->facts.n > 1};
    for (int i = 0; i < curves.n; i++) {
        int which = of_kind[curves.n == n ? i : i * (n - 1) / (curves.n - 1)];
        curves.run[i] = all->run[which];
        curves.name[i] = all->name[which];
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
    const struct all_runs *all, const char *key, void (*draw_kind)(const struct curves *curves))
{
    const char *kinds[ROWS_KINDS];
    int n = rows_kinds(&all->facts, key, kinds);
    for (int i = 0; i < n; i++) {
        struct curves curves = choose(all, key, kinds[i]);
        curves.kind = n > 1 ? kinds[i] : NULL;
        draw_kind(&curves);
    }
}

void page_curves(
    struct page *page, const struct run *const *runs, const char (*names)[PLOT_NAME], int n)
{
    static const struct curve_figure rate = {"Learning rate over training", NULL, "learning rate",
        {RUN_RATE}, {""}, NUMBER_PLAIN, false};
    static const struct curve_figure noise = {"Gradient noise scale over training", NULL,
        "noise scale (samples)", {RUN_NOISE}, {""}, NUMBER_SHORT, true};
    struct all_runs all = {.page = page, .run = runs, .name = names, .facts.n = n};
    for (int i = 0; i < n; i++)
        all.facts.row[i] = runs[i]->facts;
    struct curves curves = choose(&all, NULL, NULL);
    draw_kinds(&all, "loss_function", draw_losses);
    draw_kinds(&all, "held_out_metric", draw_metric);
    table_of_runs(&all);
    draw_one(&curves, &noise, ACROSS_SAMPLES);
    if (!is_level(&curves, RUN_RATE))
        draw_one(&curves, &rate, ACROSS_STEPS);
    if (curves.all > curves.n)
        page_say(page, "note",
            "The pictures show %d of the %d runs, evenly spaced; the table has all.", curves.n,
            curves.all);
}
