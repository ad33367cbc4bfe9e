/* progress.c: what a run prints as it goes, to the letter. */
#include "report/progress.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/unit.h"

static struct plan make_plan(int64_t samples, int64_t batch, int64_t epochs, int64_t max_steps)
{
    struct plan plan;
    struct error error;
    struct plan_request request = {samples, batch, epochs, max_steps, .teams = 1, .threads = 1};
    if (plan_make(&plan, &request, &error))
        fail_msg("%s", error.text);
    return plan;
}

/* A progress that writes into memory; stop_writing() gives the text, which the caller frees. */
struct paper {
    struct progress progress;
    struct plan plan;
    char *text;
    size_t size;
};

static void start_writing(struct paper *paper, struct plan plan, int64_t log_every)
{
    *paper = (struct paper){.plan = plan};
    paper->progress = (struct progress){.form.file = open_memstream(&paper->text, &paper->size),
        .plan = &paper->plan,
        .log_every = log_every,
        .form.columns = 80};
    assert_non_null(paper->progress.form.file);
}

static char *stop_writing(struct paper *paper)
{
    fclose(paper->progress.form.file);
    return paper->text;
}

static void step(struct paper *paper, int64_t number, double loss, double lr, double elapsed_s)
{
    struct step_record record = {
        .batch = plan_batch(&paper->plan, number), .loss = loss, .lr = lr, .elapsed_s = elapsed_s};
    progress_step(&paper->progress, &record);
}

/* --- lines --------------------------------------------------------------------------------- */

/* The line of the textbook run, before a rate can be told. */
TEST(a_line_to_the_letter)
{
    struct paper paper;
    start_writing(&paper, make_plan(10000, 32, 5, 0), 50);
    paper.progress.form.lines = true;
    step(&paper, 363, 0.70236, 0.01, 0);
    char *text = stop_writing(&paper);
    assert_string_equal(text, "Epoch [2/5] Iter [50/313] Step [363/1565] loss 0.7024 lr 0.01\n");
    free(text);
}

/* The rate is of the samples since the last line. */
TEST(a_line_with_its_rate)
{
    struct paper paper;
    start_writing(&paper, make_plan(10000, 1000, 2, 0), 2);
    paper.progress.form.lines = true;
    step(&paper, 1, 3, 1e-05, 0.25);
    step(&paper, 2, 2, 1e-05, 0.5);
    step(&paper, 3, 1, 1e-05, 0.52);
    step(&paper, 4, 0, 1e-05, 0.54);
    char *text = stop_writing(&paper);
    assert_string_equal(text,
        "Epoch [1/2] Iter [2/10] Step [2/20] loss 2.0000 lr 1e-05 4,000 samples/s\n"
        "Epoch [1/2] Iter [4/10] Step [4/20] loss 0.0000 lr 1e-05 50,000 samples/s\n");
    free(text);
}

/* The steps that a text has lines of, in order. */
static void assert_steps(const char *text, const int64_t *want, int n)
{
    for (int i = 0; i < n; i++) {
        char place[32];
        snprintf(place, sizeof place, "Step [%d/", (int)want[i]);
        const char *at = strstr(text, "Step [");
        if (!at || strncmp(at, place, strlen(place)) != 0)
            fail_msg("%s expected in: %s", place, text);
        text = strchr(at, '\n') + 1;
    }
    assert_string_equal(text, "");
}

/* Of 7 iterations every 3rd and the last; the same again in epoch 2, until the run's last step. */
TEST(lines_at_multiples_and_at_the_last)
{
    static const int64_t want[] = {3, 6, 7, 10, 12};
    struct paper paper;
    start_writing(&paper, make_plan(70, 10, 2, 12), 3);
    paper.progress.form.lines = true;
    for (int64_t s = 1; s <= paper.plan.total_steps; s++)
        step(&paper, s, 1, 1, 1);
    char *text = stop_writing(&paper);
    assert_steps(text, want, 5);
    free(text);
}

static void check_textbook(bool drop_last, const char *line)
{
    struct paper paper;
    struct plan plan;
    struct error error;
    struct plan_request request = {10000, 32, 5, .drop_last = drop_last, .teams = 1, .threads = 1};
    assert_int_equal(plan_make(&plan, &request, &error), STATUS_OK);
    start_writing(&paper, plan, 50);
    paper.progress.form.lines = true;
    int64_t want[35], n = 0, an_epoch = drop_last ? 312 : 313;
    for (int64_t s = 1; s <= plan.total_steps; s++) {
        int64_t iteration = (s - 1) % an_epoch + 1;
        step(&paper, s, 0.7, 0.01, 0);
        if (iteration % 50 == 0 || iteration == an_epoch)
            want[n++] = s;
    }
    char *text = stop_writing(&paper);
    assert_int_equal(n, 35); /* six multiples of 50, and the last */
    assert_steps(text, want, (int)n);
    assert_says(text, line);
    free(text);
}

/* Run (a) of the textbook: six lines an epoch, with the tail kept and without. */
TEST(six_lines_an_epoch_of_the_textbook_run)
{
    check_textbook(false, "Epoch [2/5] Iter [50/313] Step [363/1565] loss");
    check_textbook(true, "Epoch [2/5] Iter [50/312] Step [362/1560] loss");
}

/* Without --epochs the run enters as many as --max-steps needs. */
TEST(epochs_without_a_limit)
{
    struct paper paper;
    start_writing(&paper, make_plan(70, 10, 0, 12), 100);
    paper.progress.form.lines = true;
    step(&paper, 12, 1, 0.1, 0);
    char *text = stop_writing(&paper);
    assert_string_equal(text, "Epoch [2/2] Iter [5/7] Step [12/12] loss 1.0000 lr 0.1\n");
    free(text);
}

/* --- epochs -------------------------------------------------------------------------------- */

static const struct epoch_record record_of_classes = {.epoch = 2,
    .step = 626,
    .samples = 10000,
    .train_loss = 0.5,
    .evaluated = true,
    .evaluation = {.validation = {.samples = 10, .loss = 0.75, .accuracy = 0.9, .exact = NAN},
        .test = {.samples = 10, .loss = 1, .accuracy = 0.875, .exact = NAN}},
    .weights_xxh3 = 0xabc,
    .elapsed_s = 1.5};
#define EPOCH_OF_CLASSES                                                                           \
    "Epoch [2/5] after step 626: train_loss 0.5000  val_loss 0.7500 val_accuracy 0.9000 "          \
    " test_loss 1.0000 test_accuracy 0.8750  1.50 s\n"

static char *epoch_line(const struct epoch_record *record)
{
    struct paper paper;
    start_writing(&paper, make_plan(10000, 32, 5, 0), 50);
    paper.progress.form.lines = true;
    progress_epoch(&paper.progress, record);
    return stop_writing(&paper);
}

TEST(an_epoch_of_classes)
{
    char *text = epoch_line(&record_of_classes);
    assert_string_equal(text, EPOCH_OF_CLASSES);
    free(text);
}

TEST(an_epoch_of_values_without_test_data)
{
    struct epoch_record record = record_of_classes;
    record.evaluation = (struct evaluation_record){.validation = {.samples = 10,
                                                       .loss = 0.25,
                                                       .accuracy = (double)NAN,
                                                       .exact = (double)NAN,
                                                       .rmse = 12.5,
                                                       .r2 = 0.96875}};
    char *text = epoch_line(&record);
    assert_string_equal(text, "Epoch [2/5] after step 626: train_loss 0.5000  val_loss 0.2500 "
                              "val_r2 0.9688 val_rmse 12.5  1.50 s\n");
    free(text);
}

/* Old figures do not show after an epoch that was not evaluated. */
TEST(an_epoch_without_evaluation)
{
    struct epoch_record record = record_of_classes;
    record.evaluated = false;
    char *text = epoch_line(&record);
    assert_string_equal(text, "Epoch [2/5] after step 626: train_loss 0.5000  1.50 s\n");
    free(text);
}

/* No line is wider than the terminal; the metric of the validation set is left out last. */
TEST(lines_fit_the_terminal)
{
    static const int columns[] = {120, 80, 60, 30};
    static const char whole[] =
        "Epoch [2/5] after step 626: train_loss 0.5000  val_loss 0.7500 val_accuracy 0.9000 "
        "test_accuracy 0.8750  1.50 s\n";
    static const char *const want[] = {whole,
        "Epoch [2/5]: train_loss 0.5000 val_accuracy 0.9000 test_accuracy 0.8750\n",
        "Epoch [2/5]: train_loss 0.5000 val_accuracy 0.9000\n", "Epoch [2/5]: train_loss 0.5000\n"};
    for (int c = 0; c < 4; c++) {
        struct paper paper;
        start_writing(&paper, make_plan(10000, 32, 5, 0), 50);
        paper.progress.form.lines = true;
        paper.progress.form.line_most = columns[c];
        progress_epoch(&paper.progress, &record_of_classes);
        char *text = stop_writing(&paper);
        assert_string_equal(text, want[c]);
        free(text);
    }
}

/* Prints all epochs of a run under a bar and returns the number of lines. */
static int lines_under_a_bar(int64_t epochs, int64_t last, FILE *apart)
{
    struct paper paper;
    int lines = 0;
    start_writing(&paper, make_plan(70, 10, epochs, 0), 1000);
    paper.progress.form.bar = true;
    paper.progress.epochs = apart;
    for (int64_t epoch = 1; epoch <= last; epoch++) {
        struct epoch_record record = record_of_classes;
        record.epoch = epoch;
        record.step = 7 * epoch;
        progress_epoch(&paper.progress, &record);
    }
    progress_end(&paper.progress);
    char *text = stop_writing(&paper), place[32];
    for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
        lines++;
    snprintf(place, sizeof place, "Epoch [%d/%d] ", (int)last, (int)epochs);
    assert_true(apart || strncmp(text, "Epoch [1/", 9) == 0);
    assert_true(apart || strstr(text, place) != NULL); /* the last one, also of a run that stops */
    free(text);
    return lines;
}

TEST(about_forty_epochs_stay_above_the_bar)
{
    static const int64_t epochs[] = {1, 40, 41, 80, 1000, 123457};
    static const int want[] = {1, 40, 22, 41, 41, 41};
    for (int i = 0; i < 6; i++)
        assert_int_equal(lines_under_a_bar(epochs[i], epochs[i], NULL), want[i]);
    assert_int_equal(lines_under_a_bar(1000, 120, NULL), 6); /* 1, 25, 50, 75, 100, 120 */
    assert_int_equal(lines_under_a_bar(1000, 1, NULL), 1);
}

/* A log has the lines of all epochs, and the terminal has the bar alone. */
TEST(epochs_on_a_stream_of_their_own)
{
    char *text;
    size_t size;
    int lines = 0;
    FILE *apart = open_memstream(&text, &size);
    assert_non_null(apart);
    assert_int_equal(lines_under_a_bar(100, 100, apart), 0);
    fclose(apart);
    for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
        lines++;
    assert_int_equal(lines, 100);
    free(text);
}

/* --- the bar ------------------------------------------------------------------------------- */

enum { SCREEN = 300 };

/* What a terminal would show of `text`: lines in `screen`, each ended by a newline. It knows
 * "\r" and "erase to the end of the line", and no other escape code may be there. */
static void show(const char *text, char *screen, size_t size)
{
    size_t line = 0, column = 0, end = 0;
    for (; *text; text++) {
        assert_true(line + end + 2 < size);
        if (*text == '\r')
            column = 0;
        else if (strncmp(text, "\033[K", 3) == 0) {
            end = column;
            text += 2;
        } else if (*text == '\n') {
            screen[line + end] = '\n';
            line += end + 1;
            column = end = 0;
        } else {
            assert_true((unsigned char)*text >= ' ' && *text != 127);
            screen[line + column++] = *text;
            end = column > end ? column : end;
        }
    }
    screen[line + end] = 0;
}

/* Steps 314 ... `last` of the textbook run, 0.05 s each: every second one may draw. */
static void draw(struct paper *paper, int64_t last, int columns)
{
    start_writing(paper, make_plan(10000, 32, 5, 0), 50);
    paper->progress.form.bar = true;
    paper->progress.form.columns = columns;
    for (int64_t s = 314; s <= last; s++)
        step(paper, s, 0.70236, 0.01, 0.05 * (double)(s - 313));
}

/* One line that is redrawn, no longer than the terminal is wide, and never ended. */
TEST(the_bar_is_one_line)
{
    static const int columns[] = {80, 100, 120, 200};
    for (int c = 0; c < 4; c++) {
        char screen[SCREEN];
        struct paper paper;
        draw(&paper, 363, columns[c]);
        char *text = stop_writing(&paper);
        show(text, screen, sizeof screen);
        assert_null(strchr(screen, '\n'));
        assert_true(strlen(screen) < (size_t)columns[c]);
        assert_says(screen, "Epoch [2/5] Iter [");
        assert_says(screen, "loss 0.7024");
        assert_says(screen, " ETA ");
        assert_int_equal(strstr(screen, "| ") != NULL, columns[c] >= 100);
        free(text);
    }
}

/* Drawn at most ten times a second. */
TEST(the_bar_is_not_drawn_at_every_step)
{
    struct paper paper;
    int drawn = 0;
    draw(&paper, 413, 80); /* 100 steps, 5 seconds */
    char *text = stop_writing(&paper);
    for (const char *at = text; (at = strstr(at, " ETA ")) != NULL; at++)
        drawn++;
    assert_in_range(drawn, 20, 50);
    free(text);
}

/* By hand: 363 of 1565 steps took 2.5 s (the clock began at step 314), so 8 s more. */
TEST(the_bar_tells_the_time_to_go)
{
    struct paper paper;
    char screen[SCREEN];
    start_writing(&paper, make_plan(10000, 32, 5, 0), 50);
    paper.progress.form.bar = true;
    paper.progress.form.columns = 120;
    step(&paper, 363, 0.70236, 0.01, 2.5);
    char *text = stop_writing(&paper);
    show(text, screen, sizeof screen);
    assert_string_equal(screen, " 23% |####                | Epoch [2/5] Iter [50/313] "
                                "Step [363/1565] loss 0.7024 13 samples/s ETA 0:08");
    free(text);
}

/* The bar makes place for the epoch line, after which the stream is at the start of an empty
 * line: whatever is printed next is not spoilt. Where no bar was drawn, nothing is erased. */
TEST(nothing_is_left_of_the_bar)
{
    static const int64_t last[] = {313, 314, 363, 626};
    for (int i = 0; i < 4; i++) {
        struct paper paper;
        char screen[SCREEN];
        draw(&paper, last[i], 200);
        progress_epoch(&paper.progress, &record_of_classes);
        char *text = stop_writing(&paper);
        show(text, screen, sizeof screen);
        assert_string_equal(screen, EPOCH_OF_CLASSES);
        assert_true(strlen(text) >= strlen(EPOCH_OF_CLASSES));
        assert_string_equal(text + strlen(text) - strlen(EPOCH_OF_CLASSES), EPOCH_OF_CLASSES);
        assert_int_equal(strchr(text, '\033') != NULL, last[i] >= 363);
        free(text);
    }
}

/* --- silence ------------------------------------------------------------------------------- */

TEST(silence)
{
    struct paper paper;
    start_writing(&paper, make_plan(100, 10, 5, 0), 1);
    for (int64_t s = 1; s <= paper.plan.total_steps; s++)
        step(&paper, s, 1, 1, (double)s);
    progress_epoch(&paper.progress, &record_of_classes);
    char *text = stop_writing(&paper);
    assert_string_equal(text, "");
    free(text);
}
