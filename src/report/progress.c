#include "report/progress.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/text.h"
#include "report/shown_streams.h"

enum { BAR_CELLS = 20, EPOCH_LINES = 40 };
static const double redraw_s = 0.1;

struct progress_form progress_form_of(enum progress_kind kind)
{
    bool terminal = isatty(STDERR_FILENO);
    bool bar = kind == PROGRESS_BAR || (kind == PROGRESS_AUTO && terminal);
    struct winsize size;
    bool sized = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return (struct progress_form){
        .file = bar ? shown_streams_bar() : stderr,
        .lines = kind == PROGRESS_LINES || (kind == PROGRESS_AUTO && !terminal),
        .bar = bar,
        .columns = sized ? size.ws_col : 80,
        .line_most = sized ? size.ws_col : 0,
    };
}

static int64_t epochs_of(const struct plan *plan)
{
    return plan->request.epochs > 0 ? plan->request.epochs : plan->epochs_begun;
}

/* --- lines ------------------------------------------------------------------------------------ */

/* A line in parts. On a narrow terminal, the parts of the least rank are left out first. */
enum { PARTS_MAX = 16, PART_TEXT = 128, ALWAYS = 9 };
struct line {
    int n;
    struct {
        int rank;
        char text[PART_TEXT];
    } part[PARTS_MAX];
};

static void line_add(struct line *line, int rank, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void line_add(struct line *line, int rank, const char *format, ...)
{
    if (line->n == PARTS_MAX)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line->part[line->n].text, PART_TEXT, format, arguments);
    va_end(arguments);
    line->part[line->n++].rank = rank;
}

/* Removes the last of the parts with the least rank. False: all parts that are left are needed. */
static bool line_shorten(struct line *line)
{
    int least = 0;
    for (int i = 1; i < line->n; i++)
        if (line->part[i].rank <= line->part[least].rank)
            least = i;
    if (line->n == 0 || line->part[least].rank == ALWAYS)
        return false;
    memmove(&line->part[least], &line->part[least + 1],
        sizeof line->part[0] * (size_t)(line->n - least - 1));
    line->n--;
    return true;
}

/* Joins the parts that fit into `most` characters; 0: all of them. */
static void line_text(char out[PROGRESS_LINE], struct line *line, int most)
{
    do {
        *out = '\0';
        for (int i = 0; i < line->n; i++)
            text_append(out, PROGRESS_LINE, "%s", line->part[i].text);
    } while (most > 0 && strlen(out) > (size_t)most && line_shorten(line));
    if (most > 0 && most < PROGRESS_LINE)
        out[most] = '\0';
}

static int place_text(char *out, size_t size, const struct plan *plan, const struct batch *batch)
{
    return snprintf(out, size,
        "Epoch [%" PRId64 "/%" PRId64 "] Iter [%" PRId64 "/%" PRId64 "] Step [%" PRId64 "/%" PRId64
        "]",
        batch->epoch, epochs_of(plan), batch->iteration,
        plan_stage_of(plan, batch)->steps_per_epoch, batch->step, plan->total_steps);
}

static void print_line(struct progress *progress, const struct step_record *record)
{
    struct line line = {0};
    char place[PART_TEXT], lr[32], out[PROGRESS_LINE];
    double seconds = record->elapsed_s - progress->rate_s;
    place_text(place, sizeof place, progress->plan, &record->batch);
    line_add(&line, ALWAYS, "%s", place);
    line_add(&line, ALWAYS, " loss %.4f", record->loss);
    line_add(&line, 2, " lr %s", text_from_float((float)record->lr, lr));
    if (seconds > 0)
        line_add(
            &line, 1, " %s samples/s", GROUPED(llround((double)progress->rate_samples / seconds)));
    line_text(out, &line, progress->form.line_most);
    fprintf(progress->form.file, "%s\n", out);
    fflush(progress->form.file);
    progress->rate_s = record->elapsed_s;
    progress->rate_samples = 0;
}

/* --- the bar ---------------------------------------------------------------------------------- */

static void time_text(char out[32], double seconds)
{
    int64_t s = llround(seconds);
    if (s >= 3600)
        snprintf(out, 32, "%" PRId64 ":%02d:%02d", s / 3600, (int)(s / 60 % 60), (int)(s % 60));
    else
        snprintf(out, 32, "%d:%02d", (int)(s / 60), (int)(s % 60));
}

/* Formats the bar: " 30% |######              | ". */
static void cells_text(char out[64], double done)
{
    int cells = (int)(done * BAR_CELLS);
    snprintf(out, 64, "%3.0f%% |%.*s%.*s| ", 100 * done, cells, "####################",
        BAR_CELLS - cells, "                    ");
}

static void erase(struct progress_form *form)
{
    if (form->drawn)
        fprintf(form->file, "\r\033[K");
    form->drawn = false;
}

/* Replaces the last bar. The line is truncated to the width of the terminal, since a line that
 * wraps cannot be erased. */
static void redraw(struct progress_form *form, const char *line)
{
    erase(form);
    fprintf(form->file, "%.*s", form->columns - 1, line);
    fflush(form->file);
    form->drawn = true;
}

static void draw_bar(struct progress *progress, const struct step_record *record)
{
    if (record->elapsed_s - progress->drawn_s < redraw_s)
        return;
    const struct plan *plan = progress->plan;
    double done = (double)record->batch.step / (double)plan->total_steps;
    int columns = progress->form.columns;
    double rate = (double)progress->rate_samples / (record->elapsed_s - progress->rate_s);
    char place[PROGRESS_LINE], bar[64] = "", speed[64] = "", left[32], line[700];
    if (columns >= 100)
        cells_text(bar, done);
    if (columns >= 120)
        snprintf(speed, sizeof speed, " %s samples/s", GROUPED(llround(rate)));
    place_text(place, sizeof place, plan, &record->batch);
    time_text(left, record->elapsed_s / done * (1 - done));
    snprintf(line, sizeof line, "%s%s loss %.4f%s ETA %s", bar, place, record->loss, speed, left);
    redraw(&progress->form, line);
    progress->drawn_s = record->elapsed_s;
}

void progress_step(struct progress *progress, const struct step_record *record)
{
    const struct batch *batch = &record->batch;
    progress->rate_samples += batch->size;
    bool due = batch->iteration % progress->log_every == 0 ||
               plan_ends_epoch(progress->plan, batch) || batch->step == progress->plan->total_steps;
    if (progress->form.bar)
        draw_bar(progress, record);
    else if (progress->form.lines && due)
        print_line(progress, record);
}

/* --- epochs and evaluations ------------------------------------------------------------------- */

static void add_metrics(struct line *line, const char *set, const struct metrics *metrics)
{
    bool test = strcmp(set, "test") == 0;
    if (metrics->samples == 0)
        return;
    line_add(line, test ? 2 : 6, "  %s_loss %.4f", set, metrics->loss);
    if (isnan(metrics->accuracy)) {
        line_add(line, test ? 7 : 8, " %s_r2 %.4f", set, metrics->r2);
        line_add(line, 3, " %s_rmse %.4g", set, metrics->rmse);
    } else {
        line_add(line, test ? 7 : 8, " %s_accuracy %.4f", set, metrics->accuracy);
    }
    if (!isnan(metrics->exact)) /* labels: accuracy is of little value if most are negative */
        line_add(line, test ? 7 : 8, " %s_f1 %.4f", set, metrics->f1);
}

static void add_averaged(struct line *line, const char *set, const struct metrics *metrics)
{
    bool values = isnan(metrics->accuracy);
    if (metrics->samples == 0)
        return;
    line_add(line, 0, "  %s_ema_loss %.4f", set, metrics->loss);
    line_add(line, 5, " %s_ema_%s %.4f", set, values ? "r2" : "accuracy",
        values ? metrics->r2 : metrics->accuracy);
}

/* Adds the metrics of the averaged weights for one set only, since a line has little room. */
static void add_evaluation(struct line *line, const struct evaluation_record *record)
{
    add_metrics(line, "val", &record->validation);
    if (record->validation.samples > 0)
        add_averaged(line, "val", &record->validation_ema);
    add_metrics(line, "test", &record->test);
    if (record->validation.samples == 0)
        add_averaged(line, "test", &record->test_ema);
}

/* True if a line after this step is due: after the first epoch or evaluation, after the last step,
 * and in between as often as EPOCH_LINES allows, counted in whole epochs if these are shorter. */
static bool is_due(const struct progress *progress, int64_t step)
{
    const struct plan *plan = progress->plan;
    int64_t every = divide_up(plan->total_steps, EPOCH_LINES);
    int64_t epoch = plan->stage[0].steps_per_epoch;
    if (every > epoch)
        every = divide_up(every, epoch) * epoch;
    return progress->epochs || !progress->form.bar || progress->printed_step == 0 ||
           step == plan->total_steps || step / every > progress->printed_step / every;
}

static void print_epochs(struct progress *progress, const char *text)
{
    FILE *file = progress->epochs ? progress->epochs : progress->form.file;
    erase(&progress->form);
    fprintf(file, "%s\n", text);
    fflush(file);
}

/* Returns the most characters of a line; 0: no limit. */
static int most_of(const struct progress *progress)
{
    return progress->epochs ? 0 : progress->form.line_most;
}

void progress_evaluation(struct progress *progress, const struct evaluation_record *record)
{
    const struct plan *plan = progress->plan;
    struct batch batch = plan_batch(plan, record->step);
    bool epoch_follows = plan_ends_epoch(plan, &batch) || record->step == plan->total_steps;
    struct line line = {0};
    char out[PROGRESS_LINE];
    if (epoch_follows || (!progress->form.lines && !progress->form.bar) ||
        !is_due(progress, record->step))
        return;
    line_add(&line, ALWAYS, "Epoch [%" PRId64 "/%" PRId64 "]", record->epoch, epochs_of(plan));
    line_add(&line, 5, " evaluated after step %" PRId64, record->step);
    line_add(&line, ALWAYS, ":");
    add_evaluation(&line, record);
    line_text(out, &line, most_of(progress));
    print_epochs(progress, out);
    progress->printed_step = record->step;
}

void progress_warning(struct progress *progress, const char *text)
{
    erase(&progress->form);
    fprintf(progress->form.file, "lockstep: warning: %s\n", text);
    fflush(progress->form.file);
}

static void epoch_text(
    char out[PROGRESS_LINE], const struct progress *progress, const struct epoch_record *record)
{
    struct line line = {0};
    line_add(
        &line, ALWAYS, "Epoch [%" PRId64 "/%" PRId64 "]", record->epoch, epochs_of(progress->plan));
    line_add(&line, 5, " after step %" PRId64, record->step);
    line_add(&line, ALWAYS, ": train_loss %.4f", record->train_loss);
    if (record->evaluated)
        add_evaluation(&line, &record->evaluation);
    line_add(&line, 4, "  %.2f s", record->elapsed_s);
    line_text(out, &line, most_of(progress));
}

void progress_epoch(struct progress *progress, const struct epoch_record *record)
{
    if (!progress->form.lines && !progress->form.bar)
        return;
    epoch_text(progress->left_out, progress, record);
    if (!is_due(progress, record->step))
        return;
    print_epochs(progress, progress->left_out);
    progress->left_out[0] = '\0';
    progress->printed_step = record->step;
}

void progress_end(struct progress *progress)
{
    if (progress->left_out[0])
        print_epochs(progress, progress->left_out);
    progress->left_out[0] = '\0';
    erase(&progress->form);
}

/* --- benchmarks ------------------------------------------------------------------------------- */

void bench_progress_hear(void *context, int64_t done, int64_t total, const char *next)
{
    struct bench_progress *progress = context;
    char bar[64], line[PROGRESS_LINE];
    cells_text(bar, (double)done / (double)total);
    snprintf(
        line, sizeof line, "%sbench %s: %s", progress->form.bar ? bar : "", progress->what, next);
    if (progress->form.bar)
        redraw(&progress->form, line);
    else if (progress->form.lines)
        fprintf(progress->form.file, "%s\n", line);
    fflush(progress->form.file);
}

void bench_progress_end(struct bench_progress *progress)
{
    erase(&progress->form);
}
