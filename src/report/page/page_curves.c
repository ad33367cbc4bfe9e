#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/page/page_parts.h"

enum across { ACROSS_STEPS, ACROSS_SAMPLES, ACROSS_SECONDS, N_ACROSS };

/* The runs that are drawn in one picture: n of `all`, at most PAGE_CURVES. */
enum { PAGE_CURVES = 9, KIND_TEXT = 32 };
struct curves {
    struct page *page;
    int n, all;
    bool named;           /* the page has several runs */
    const char *name;     /* the name of a run, as a sentence (report/figure.h) */
    char kind[KIND_TEXT]; /* " (mse)"; "": all runs are of one kind */
    const struct run *run[PAGE_CURVES];
    bool apart[N_ACROSS]; /* run lengths differ greatly, so the axis is logarithmic */
};

/* The content of one picture, or of three that show the same curves. */
enum { FIGURE_CURVES = 4 };
struct curve_figure {
    const char *name, *label;
    enum run_curve curve[FIGURE_CURVES];
    const char *what[FIGURE_CURVES]; /* terminated by NULL */
    enum run_curve found;            /* the curve that the finding is about */
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
    plot->thinned |= curve->seen > CURVE_BUCKETS;
    for (int i = 0; i < n; i++)
        plot_add(plot, series, place(&point[i], across) / plot->x.unit, point[i].value);
}

/* True if the largest value is more than `times` the smallest. */
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

struct lengths {
    double shortest, longest;
    bool apart;
};

static struct lengths lengths_of(const struct curves *curves, enum across across)
{
    struct lengths lengths = {.shortest = INFINITY};
    for (int i = 0; i < curves->n; i++) {
        double length = place(&curves->run[i]->curve[RUN_LOSS].last, across);
        lengths.shortest = length > 0 ? fmin(lengths.shortest, length) : lengths.shortest;
        lengths.longest = fmax(lengths.longest, length);
    }
    lengths.apart = lengths.longest > 8 * lengths.shortest;
    return lengths;
}

/* Writes the name of a curve: "B = 32, mean over the epoch". */
static void name_curve(
    const struct curves *curves, const struct run *run, const char *what, char name[PLOT_NAME])
{
    char text[SENTENCE] = "";
    if (curves->named || !*what)
        sentence_append(text, curves->name, run->facts);
    snprintf(name, PLOT_NAME, "%.80s%s%.30s", text, *text && *what ? ", " : "", what);
}

static struct plot_axis axis_across(const struct curves *curves, enum across across)
{
    static const char *const label[] = {"steps", "samples seen", "training time"};
    struct plot_axis axis = {.log = curves->apart[across], .from_zero = true, .form = NUMBER_SHORT};
    struct lengths lengths = lengths_of(curves, across);
    snprintf(axis.label, sizeof axis.label, "%s", label[across]);
    page_axis_unit(&axis, across == ACROSS_SECONDS ? NUMBER_TIME : NUMBER_SHORT,
        axis.log ? sqrt(lengths.shortest * lengths.longest) : lengths.longest);
    return axis;
}

static struct plot plot_of(
    const struct curves *curves, const struct curve_figure *figure, enum across across)
{
    struct plot plot = {.x = axis_across(curves, across), .y = {.form = figure->form}};
    snprintf(plot.y.label, sizeof plot.y.label, "%s%s", figure->label, curves->kind);
    for (int r = 0; r < curves->n; r++)
        for (int k = 0; k < FIGURE_CURVES && figure->what[k]; k++) {
            char name[PLOT_NAME];
            bool faint = curves->n == 1 && figure->curve[k] == RUN_LOSS;
            name_curve(curves, curves->run[r], figure->what[k], name);
            add_curve(&plot, faint ? PLOT_FAINT : PLOT_LINE,
                &curves->run[r]->curve[figure->curve[k]], across, name);
        }
    plot.y.log = figure->log && spans(&plot, 4);
    return plot;
}

/* Draws one picture over steps or samples, or, if `across` is N_ACROSS, one over each of steps,
 * samples and seconds. For one run the three have the same shape, so the others are folded. */
static void draw(const struct curves *curves, const struct curve_figure *figure, enum across across)
{
    struct plot plot[N_ACROSS];
    char name[PAGE_TITLE], finding[SENTENCE] = "", note[PAGE_TITLE];
    bool three = across == N_ACROSS, alone = curves->n == 1;
    if (!has_curve(curves, figure->curve[0]))
        return;
    snprintf(name, sizeof name, "%s%s", figure->name, curves->kind);
    snprintf(note, sizeof note,
        "Thinned: a curve with more than %d values is divided into equal parts, and the "
        "smallest and largest value of each part are drawn.",
        CURVE_BUCKETS);
    for (int p = 0; p < (three ? N_ACROSS : 1); p++)
        plot[p] = plot_of(curves, figure, three ? (enum across)p : across);
    page_curve_finding(finding, curves->run, curves->n, curves->name, figure->found);
    page_card(curves->page, &(struct card){.whole = three,
                                .name = name,
                                .finding = finding,
                                .plots = three ? N_ACROSS : 1,
                                .folded = three && alone ? N_ACROSS - 1 : 0,
                                .plot = plot,
                                .fold = "By sample and by second",
                                .note = plot[0].thinned ? note : NULL});
}

static void draw_losses(const struct curves *curves)
{
    bool validated = has_curve(curves, RUN_VAL_LOSS);
    bool epochs = has_curve(curves, RUN_TRAIN_LOSS) && curves->n > 2;
    enum run_curve held_out = validated ? RUN_VAL_LOSS : RUN_TEST_LOSS;
    enum run_curve averaged = validated ? RUN_VAL_EMA_LOSS : RUN_TEST_EMA_LOSS;
    const char *of_average = has_curve(curves, averaged) ? "averaged weights" : NULL;
    const struct curve_figure one = {"Loss", "loss", {RUN_LOSS, RUN_TRAIN_LOSS, held_out, averaged},
        {"batch of a step", "mean over the epoch", validated ? "validation" : "test", of_average},
        held_out, NUMBER_PLAIN, true};
    const struct curve_figure training = {epochs ? "Training loss" : "Training loss, logged steps",
        "training loss", {epochs ? RUN_TRAIN_LOSS : RUN_LOSS}, {""}, RUN_TRAIN_LOSS, NUMBER_PLAIN,
        true};
    if (curves->n == 1)
        draw(curves, &one, N_ACROSS);
    else
        draw(curves, &training, N_ACROSS);
}

static void draw_held_out_losses(const struct curves *curves)
{
    bool validated = has_curve(curves, RUN_VAL_LOSS);
    enum run_curve held_out = validated ? RUN_VAL_LOSS : RUN_TEST_LOSS;
    const struct curve_figure figure = {validated ? "Validation loss" : "Test loss",
        validated ? "validation loss" : "test loss", {held_out}, {""}, held_out, NUMBER_PLAIN,
        true};
    if (curves->n > 1)
        draw(curves, &figure, N_ACROSS);
}

/* Draws the held-out metric. The name already names the metric, so no kind is added. */
static void draw_metric(const struct curves *curves)
{
    struct curves plain = *curves;
    bool validated = has_curve(curves, RUN_VAL_METRIC);
    const char *metric = curves->run[0]->metric ? curves->run[0]->metric : "";
    const char *what = strcmp(metric, "accuracy") == 0 ? "accuracy"
                       : strcmp(metric, "exact") == 0  ? "exact matches"
                                                       : "RMSE";
    enum run_curve held_out = validated ? RUN_VAL_METRIC : RUN_TEST_METRIC;
    enum run_curve averaged = validated ? RUN_VAL_EMA_METRIC : RUN_TEST_EMA_METRIC;
    bool both = curves->n == 1 && has_curve(curves, averaged);
    char name[80], label[80];
    snprintf(name, sizeof name, "%s %s", validated ? "Validation" : "Test", what);
    snprintf(label, sizeof label, "%s %s", validated ? "validation" : "test", what);
    plain.kind[0] = '\0';
    draw(&plain,
        &(struct curve_figure){name, label, {held_out, averaged},
            {both ? "weights" : "", both ? "averaged weights" : NULL}, held_out, NUMBER_PLAIN,
            false},
        N_ACROSS);
}

/* --- all runs --------------------------------------------------------------------------------- */

struct all_runs {
    struct page *page;
    const struct run *run;
    const char *name; /* the name of a run, as a sentence (report/figure.h) */
    struct rows facts;
};

/* Chooses up to PAGE_CURVES evenly spaced runs among those of a kind, or among all runs if key is
 * NULL. */
static struct curves choose(const struct all_runs *all, const char *key, const char *kind)
{
    int of_kind[ROWS_MAX] = {0}, n = 0;
    for (int i = 0; i < all->facts.n; i++)
        if (!key || row_is(all->facts.row[i], key, kind))
            of_kind[n++] = i;
    struct curves curves = {.page = all->page,
        .all = n,
        .n = n < PAGE_CURVES ? n : PAGE_CURVES,
        .named = all->facts.n > 1,
        .name = all->name};
    for (int i = 0; i < curves.n; i++)
        curves.run[i] = &all->run[of_kind[curves.n == n ? i : i * (n - 1) / (curves.n - 1)]];
    for (int across = 0; across < N_ACROSS; across++)
        curves.apart[across] = lengths_of(&curves, (enum across)across).apart;
    return curves;
}

/* Draws pictures for the runs of each kind. */
static void draw_kinds(
    const struct all_runs *all, const char *key, void (*draw_kind)(const struct curves *curves))
{
    const char *kinds[ROWS_KINDS];
    int n = rows_kinds(&all->facts, key, kinds);
    for (int i = 0; i < n; i++) {
        struct curves curves = choose(all, key, kinds[i]);
        if (n > 1)
            snprintf(curves.kind, KIND_TEXT, " (%.20s)", *kinds[i] ? kinds[i] : "unknown kind");
        draw_kind(&curves);
    }
}

static void list_runs(const struct all_runs *all, const struct curves *curves)
{
    page_card(all->page,
        &(struct card){.whole = true,
            .name = "Figures at the end of each run",
            .columns = "name, state, loss_function, batch, batch_stages, lr: highest logged rate, "
                       "steps_done, seconds, samples_per_second, train_loss, val_loss, "
                       "val_accuracy, val_r2, val_rmse, test_loss, test_accuracy, test_r2, "
                       "test_rmse, frozen_noise_scale, frozen_noise_low, frozen_noise_high",
            .rows = &all->facts});
    if (curves->all > curves->n)
        page_say(all->page, "note",
            "The pictures show %d of the %d runs, chosen at even intervals; the table lists all.",
            curves->n, curves->all);
}

/* Draws the main pictures: of one run, its losses, its metric and its phases; of several, the metric
 * or, without one, the loss on held-out data. The others are folded. */
static void draw_runs(const struct all_runs *all, const char *by)
{
    static const struct curve_figure rate = {"Learning rate during training", "learning rate",
        {RUN_RATE}, {""}, RUN_RATE, NUMBER_PLAIN, false};
    static const struct curve_figure noise = {
        "Gradient noise scale during training (trailing average)", "noise scale (samples)",
        {RUN_NOISE}, {""}, RUN_NOISE, NUMBER_SHORT, true};
    struct curves curves = choose(all, NULL, NULL);
    bool metric = has_curve(&curves, RUN_VAL_METRIC) || has_curve(&curves, RUN_TEST_METRIC);
    bool alone = curves.n == 1;
    if (alone)
        draw_kinds(all, "loss_function", draw_losses);
    draw_kinds(all, metric ? "held_out_metric" : "loss_function",
        metric ? draw_metric : draw_held_out_losses);
    if (alone)
        page_phases(all->page, &all->facts, by);
    page_section_fold(all->page, "More about the training");
    if (!alone)
        draw_kinds(all, "loss_function", draw_losses);
    if (metric)
        draw_kinds(all, "loss_function", draw_held_out_losses);
    draw(&curves, &noise, ACROSS_SAMPLES);
    if (!is_level(&curves, RUN_RATE))
        draw(&curves, &rate, ACROSS_STEPS);
    if (!alone)
        page_phases(all->page, &all->facts, by);
    list_runs(all, &curves);
}

void page_training(
    struct page *page, const struct run *runs, int n, bool by_batch, const char *about)
{
    struct all_runs all = {
        page, runs, by_batch ? "B" EQUALS "{batch}" : "{name}", run_facts(runs, n)};
    if (n == 0)
        return;
    page_section_begin(page, "Training curves", about);
    if (n > all.facts.n)
        page_say(page, "note", "The first %d of %d runs.", all.facts.n, n);
    draw_runs(&all, by_batch ? "batch" : "number");
    page_section_end(page);
}
