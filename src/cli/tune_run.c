#include "cli/tune_run.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/split.h"
#include "report/rows.h"
#include "run/run_reader.h"
#include "study/critical_batch.h"

/* --- names ------------------------------------------------------------------------------------ */

char *tune_run_name(int64_t number, int64_t fold, char out[TUNE_NAME])
{
    if (fold > 0)
        snprintf(out, TUNE_NAME, "try%03" PRId64 "-fold%" PRId64, number, fold);
    else
        snprintf(out, TUNE_NAME, "try%03" PRId64, number);
    return out;
}

/* Returns what follows "try007", given "try"; NULL if the text is different. */
static const char *after_number(const char *text, const char *word)
{
    size_t length = strlen(word);
    if (strncmp(text, word, length) != 0)
        return NULL;
    size_t digits = strspn(text + length, "0123456789");
    return digits > 0 ? text + length + digits : NULL;
}

bool tune_run_is_name(const char *name)
{
    const char *rest = after_number(name, "try");
    if (rest && *rest)
        rest = after_number(rest, "-fold");
    return rest && !*rest;
}

/* --- scores ----------------------------------------------------------------------------------- */

struct scores {
    struct tune_run *run;
    const struct stop_rules *rules;
    int64_t total_steps;
    double best;
    int rung; /* of the next evaluation */
};

/* Adds an evaluation of the validation samples, as stop_step() does. */
static void take_evaluation(void *context, const struct run_event *event)
{
    struct scores *scores = context;
    const struct metric_choice watched = stop_watched(scores->rules);
    if (event->kind != RUN_EVENT_EVALUATION || event->test)
        return;
    char key[METRIC_NAME_MAX];
    snprintf(key, sizeof key, "%s%s", metric_set_is_averaged(watched.set) ? "ema_" : "",
        metric_name(watched.metric));
    double value = run_real(event->fields, key);
    double gain = metric_gain(watched.metric, value, scores->best);
    if (isnan(scores->best) || gain > (scores->rules->early ? scores->rules->min_delta : 0))
        scores->best = value;
    scores->run->last_rung = scores->rung;
    int64_t end = halving_steps(scores->total_steps, scores->rung);
    if (end > 0 && event->step >= (double)end)
        scores->run->score[scores->rung++] = scores->best;
}

enum status tune_run_read(struct tune_run *run, const char *directory,
    const struct stop_rules *rules, int64_t total_steps, struct error *error)
{
    struct scores scores = {run, rules, total_steps, (double)NAN, 0};
    struct json *summary;
    bool cut;
    *run = (struct tune_run){.last_rung = 0};
    TRY(run_read_log(directory, take_evaluation, &scores, &cut, error));
    for (int rung = scores.rung; rung < HALVING_RUNGS; rung++)
        run->score[rung] = scores.best;
    TRY(run_read_summary(directory, &summary, error));
    const char *stopped_by = row_text(summary, "stopped_by"),
               *weights = row_text(summary, "weights_xxh3");
    run->steps = run_int(summary, "steps_done");
    run->epochs = (double)run->steps / run_real(summary, "steps_per_epoch");
    run->seconds = run_real(summary, "seconds");
    snprintf(run->stopped_by, sizeof run->stopped_by, "%s", stopped_by ? stopped_by : "");
    snprintf(run->weights, sizeof run->weights, "%s", weights ? weights : "");
    js_destroy(summary);
    return STATUS_OK;
}

/* --- successive halving ----------------------------------------------------------------------- */

int64_t halving_steps(int64_t total_steps, int rung)
{
    int64_t parts = 1;
    for (int r = rung; r < HALVING_RUNGS - 1; r++)
        parts *= HALVING_FACTOR;
    return parts > 1 ? divide_up(total_steps, parts) : 0;
}

static bool is_better(const struct halving *rung, int i, int other)
{
    double gain = rung->score[i] - rung->score[other];
    if (isnan(gain) && isnan(rung->score[i]) != isnan(rung->score[other]))
        return !isnan(rung->score[i]);
    if (isnan(gain) || gain == 0)
        return i < other;
    return rung->rises ? gain > 0 : gain < 0;
}

int halving_rank(const struct halving *rung, int i)
{
    int better = 0;
    for (int other = 0; other < rung->n; other++)
        better += rung->on[other] && is_better(rung, other, i);
    return better;
}

void halving_choose(bool *next, const struct halving *rung)
{
    int entrants = 0;
    for (int i = 0; i < rung->n; i++)
        entrants += rung->on[i];
    int64_t places = divide_up(entrants, HALVING_FACTOR);
    for (int i = 0; i < rung->n; i++)
        next[i] = rung->on[i] && (i == 0 || halving_rank(rung, i) < places);
}

/* --- the gain ---------------------------------------------------------------------------------- */

struct tune_gain tune_gain(enum metric metric, const struct tune_run *run,
    const struct tune_run *first, int folds, int tries)
{
    const int last = HALVING_RUNGS - 1;
    double mean = 0, squares = 0;
    for (int k = 0; k < folds; k++)
        mean += metric_gain(metric, run[k].score[last], first[k].score[last]) / folds;
    for (int k = 0; k < folds; k++) {
        double gain = metric_gain(metric, run[k].score[last], first[k].score[last]);
        squares += (gain - mean) * (gain - mean);
    }
    if (folds < 2)
        return (struct tune_gain){mean, NAN, NAN};
    double variance = squares / (folds - 1);
    double half = critical_t_quantile(folds - 1, tries - 1) *
                  sqrt((1.0 / folds + 1.0 / (folds - 1)) * variance);
    return (struct tune_gain){mean, mean - half, mean + half};
}
