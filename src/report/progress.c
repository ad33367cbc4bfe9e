#include "report/progress.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/text.h"
#include "report/shown_streams.h"

enum { BAR_CELLS = 20 };
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
    };
}

static int64_t epochs_of(const struct plan *plan)
{
    return plan->request.epochs > 0 ? plan->request.epochs : plan->epochs_begun;
}

enum { LINE_MAX_LENGTH = 512 };

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
    char place[LINE_MAX_LENGTH], lr[32];
    double seconds = record->elapsed_s - progress->rate_s;
    place_text(place, sizeof place, progress->plan, &record->batch);
    fprintf(progress->form.file, "%s loss %.4f lr %s", place, record->loss,
        text_from_float((float)record->lr, lr));
    if (seconds > 0)
        fprintf(progress->form.file, " %s samples/s",
            GROUPED(llround((double)progress->rate_samples / seconds)));
    fprintf(progress->form.file, "\n");
    fflush(progress->form.file);
    progress->rate_s = record->elapsed_s;
    progress->rate_samples = 0;
}

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
    char place[LINE_MAX_LENGTH], bar[64] = "", speed[64] = "", left[32], line[700];
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

static void print_metrics(FILE *file, const char *set, const struct metrics *metrics)
{
    if (metrics->samples == 0)
        return;
    fprintf(file, "  %s_loss %.4f", set, metrics->loss);
    if (isnan(metrics->accuracy))
        fprintf(file, " %s_rmse %.4g %s_r2 %.4f", set, metrics->rmse, set, metrics->r2);
    else
        fprintf(file, " %s_accuracy %.4f", set, metrics->accuracy);
    if (!isnan(metrics->exact)) /* labels: accuracy is of little value if most are negative */
        fprintf(file, " %s_f1 %.4f", set, metrics->f1);
}

void progress_evaluation(struct progress *progress, const struct evaluation_record *record)
{
    const struct plan *plan = progress->plan;
    FILE *file = progress->form.file;
    struct batch batch = plan_batch(plan, record->step);
    bool epoch_follows = plan_ends_epoch(plan, &batch) || record->step == plan->total_steps;
    if (epoch_follows || (!progress->form.lines && !progress->form.bar))
        return;
    erase(&progress->form);
    fprintf(file, "Epoch [%" PRId64 "/%" PRId64 "] evaluated after step %" PRId64 ":",
        record->epoch, epochs_of(plan), record->step);
    print_metrics(file, "val", &record->validation);
    print_metrics(file, "test", &record->test);
    fputc('\n', file);
    fflush(file);
}

void progress_warning(struct progress *progress, const char *text)
{
    erase(&progress->form);
    fprintf(progress->form.file, "lockstep: warning: %s\n", text);
    fflush(progress->form.file);
}

void progress_epoch(struct progress *progress, const struct epoch_record *record)
{
    if (!progress->form.lines && !progress->form.bar)
        return;
    FILE *file = progress->form.file;
    const struct metrics *validation = &record->evaluation.validation;
    erase(&progress->form);
    fprintf(file, "Epoch [%" PRId64 "/%" PRId64 "] after step %" PRId64 ": train_loss %.4f",
        record->epoch, epochs_of(progress->plan), record->step, record->train_loss);
    if (record->evaluated) {
        print_metrics(file, "val", validation);
        if (validation->samples)
            fprintf(file, " gap %+.4f", validation->loss - record->train_loss);
        print_metrics(file, "test", &record->evaluation.test);
    }
    if (record->noise.scale > 0)
        fprintf(file, "  noise_scale %s", GROUPED(llround(fmin(record->noise.scale, 1e15))));
    fprintf(
        file, "  weights_xxh3 %016" PRIx64 "  %.2f s\n", record->weights_xxh3, record->elapsed_s);
    fflush(file);
}

/* --- benchmarks ------------------------------------------------------------------------------- */

void bench_progress_hear(void *context, int64_t done, int64_t total, const char *next)
{
    struct bench_progress *progress = context;
    char bar[64], line[LINE_MAX_LENGTH];
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
