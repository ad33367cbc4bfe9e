#include "report/summary.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/definition.h"
#include "base/json.h"
#include "base/text.h"
#include "base/shown.h"
#include "comm/deal.h"
#include "comm/world.h"
#include "report/evaluation.h"
#include "report/plan_figures.h"
#include "report/number.h"
#include "report/rows.h"
#include "report/shown_streams.h"
#include "report/team_lines.h"

/* A larger share of the training time that goes into communication is reported. */
#define COMMUNICATION_SHARE 0.1

static void put_run(struct json *json, const struct summary *summary)
{
    const struct plan *plan = &summary->job->settings.plan;
    row_set_version(json);
    js_set_int(json, "definition", DEFINITION);
    js_set_text(json, "command", summary->command);
    js_set_text(json, "kernel", summary->job->settings.kernel.name);
    js_set_text(json, "mpi", world_library());
    const char *note = summary->teams->note;
    js_set_int(json, "hosts", summary->teams->comm->hosts);
    js_set_int(json, "teams", plan->teams);
    team_set_json(json, "team", summary->teams->request);
    js_set_text(json, "team_note", note[0] ? note : NULL);
    js_set_int(json, "ranks", summary->teams->comm->size);
    js_set_int(json, "threads", plan->request.threads);
    js_set_int(json, "threads_used", plan->threads);
}

/* The way of the sums between teams, and the link that it was laid out for. */
static void put_exchange(struct json *json, const struct settings *settings)
{
    bool exchanges = settings->plan.teams > 1 && settings->reduce == REDUCE_ORDERED;
    struct json *link = settings->plan.teams > 1 ? js_object() : NULL;
    js_set_text(json, "exchange", exchanges ? route_name(settings->route) : NULL);
    if (link) {
        js_set_real(link, "latency_s", settings->link.latency_s);
        js_set_real(link, "overhead_s", settings->link.overhead_s);
        js_set_real(link, "bytes_per_s", settings->link.bytes_per_s);
    }
    js_set(json, "link", link);
}

static void put_plan(struct json *json, const struct summary *summary)
{
    const struct plan *plan = &summary->job->settings.plan;
    js_set_int(json, "train_samples", plan->samples);
    row_set_count(json, "val_samples", loader_size(summary->job->validation));
    row_set_count(json, "test_samples", loader_size(summary->job->test));
    js_set_int(json, "features", summary->job->train.dataset->features);
    js_set_int(json, "inputs", summary->job->train.encoding->inputs);
    row_set_count(json, "classes", summary->job->train.dataset->classes);
    js_set_int(json, "parameters", summary->job->settings.mlp.parameters);
    js_set_int(json, "batch", plan->stage[0].batch);
    js_set_bool(json, "drop_last", plan->drop_last);
    js_set_int(json, "slices", plan->stage[0].slices);
    row_set_count(json, "epochs", plan->request.epochs);
    js_set_int(json, "steps_per_epoch", plan->stage[0].steps_per_epoch);
    js_set(json, "stages", plan_stages_json(plan));
    js_set_int(json, "total_steps", plan->total_steps);
    js_set_text(
        json, "reduce", summary->job->settings.reduce == REDUCE_ORDERED ? "ordered" : "allreduce");
    put_exchange(json, &summary->job->settings);
    js_set_bool(json, "same_bits_on_any_ranks",
        summary->job->settings.reduce == REDUCE_ORDERED || plan->teams == 1);
}

static void put_phases(struct json *json, const struct result *result)
{
    struct json *phases = js_object(), *per_step = js_object();
    for (int p = 0; p < N_PHASES; p++) {
        struct json *phase = js_object();
        js_set_real(phase, "min", result->phases[p].least);
        js_set_real(phase, "mean", result->phases[p].mean);
        js_set_real(phase, "max", result->phases[p].most);
        js_set(phases, phase_name((enum phase)p), phase);
    }
    js_set(json, "phases", phases);
    for (int p = 0; p < N_PHASES && result->steps_timed > 0; p++)
        js_set_real(per_step, phase_name((enum phase)p),
            result->phases[p].mean / (double)result->steps_timed);
    js_set(json, "phase_s", per_step);
}

static void put_baseline(struct json *json, const struct summary *summary)
{
    const struct baseline_metrics *baseline = &summary->job->baseline;
    struct json *object = js_object();
    js_set_text(object, "prediction", baseline_name(&summary->job->settings.criterion));
    js_set_real(object, "train_loss", metric_of(METRIC_LOSS, &baseline->train));
    row_set_metrics(object, "val_", &baseline->validation);
    row_set_metrics(object, "test_", &baseline->test);
    js_set(json, "baseline", object);
    row_set_comparison(json, &summary->comparison);
}

static int64_t first_step(const struct summary *summary)
{
    const struct result *result = summary->result;
    return noise_first_step(&result->noise, result->steps_done, &summary->job->settings.plan);
}

static void put_trailing(struct json *json, const struct summary *summary)
{
    const struct noise_estimate *noise = &summary->result->noise;
    const char *why = noise_validity_text(noise_validity(&summary->job->settings));
    js_set_real(json, "noise_scale", noise->scale);
    js_set_real(json, "noise_error", noise->error);
    js_set_real(json, "noise_trace", noise->trace);
    js_set_real(json, "noise_gradient_square", noise->square);
    row_set_count(json, "noise_from_step", first_step(summary));
    js_set_bool(json, "noise_moving", noise->moving);
    js_set_bool(json, "noise_valid", !why);
    js_set_text(json, "noise_why", why);
}

static void put_noise(struct json *json, const struct summary *summary)
{
    const struct frozen_noise *noise = &summary->result->frozen;
    put_trailing(json, summary);
    js_set_real(json, "frozen_noise_scale", noise->scale);
    js_set_real(json, "frozen_noise_low", noise->low);
    js_set_real(json, "frozen_noise_high", noise->high);
    js_set_real(json, "frozen_noise_trace", noise->trace);
    js_set_real(json, "frozen_noise_gradient_square", noise->square);
    row_set_count(json, "frozen_noise_rows", noise->rows);
    js_set_bool(json, "frozen_noise_exact", noise->exact);
    js_set_real(json, "frozen_noise_seconds", noise->seconds);
    js_set_text(json, "frozen_noise_why", noise->why);
}

static void put_result(struct json *json, const struct summary *summary)
{
    const struct result *result = summary->result;
    js_set_int(json, "steps_done", result->steps_done);
    js_set_real(json, "seconds", result->seconds);
    js_set_real(json, "gflops", result->gflops);
    js_set_real(json, "setup_s", summary->setup_s);
    js_set_real(json, "train_loss", result->train_loss);
    row_set_count(json, "evaluated_at_step", result->evaluation.step);
    js_set_text(json, "stopped_by", stop_reason_name(result->stopped_by));
    js_set_real(json, "samples_per_second", (double)result->samples_seen / result->seconds);
    row_set_metrics(json, "val_", &result->evaluation.validation);
    row_set_metrics(json, "test_", &result->evaluation.test);
    if (summary->job->settings.optimizer.average > 0) {
        row_set_metrics(json, "val_ema_", &result->evaluation.validation_ema);
        row_set_metrics(json, "test_ema_", &result->evaluation.test_ema);
    }
    put_baseline(json, summary);
    js_set_real(json, "first_loss", result->first_loss > 0 ? result->first_loss : (double)NAN);
    js_set_text(json, "final_weights", final_weights_words[result->final_weights]);
    js_set_bool(json, "weights_averaged", result->averaged);
    js_set_int(json, "weights_of_step", result->weights_of_step);
    js_set_int(json, "peak_rss_bytes", result->peak_rss_bytes);
    row_set_weights(json, result);
    put_noise(json, summary);
    put_phases(json, result);
}

enum status summary_write(const struct directory *directory, const char *name,
    const struct summary *summary, struct error *error)
{
    struct json *json = js_object();
    put_run(json, summary);
    put_plan(json, summary);
    put_result(json, summary);
    return row_write(json, directory, name, error);
}

enum { SAMPLES_TEXT = 40 };

/* Writes a number of samples: whole, or below 10 with two digits. */
static const char *samples_text(double samples, char out[SAMPLES_TEXT])
{
    if (samples < 9.95)
        snprintf(out, SAMPLES_TEXT, "%.2g", samples);
    else
        snprintf(out, SAMPLES_TEXT, "%s", GROUPED(llround(fmin(samples, 1e15))));
    return out;
}

static void print_rows(FILE *file, const struct summary *summary)
{
    const struct frozen_noise *noise = &summary->result->frozen;
    const struct mlp *mlp = &summary->job->settings.mlp;
    bool dropout = mlp->dropout_input > 0 || mlp->dropout_hidden > 0;
    fprintf(file, "%s%s training rows%s, ", noise->exact ? "all " : "", GROUPED(noise->rows),
        dropout ? " without dropout" : "");
    if (noise->seconds < 1)
        fprintf(file, "%.0f ms)", 1000 * noise->seconds);
    else
        fprintf(file, "%.1f s)", noise->seconds);
}

static void print_frozen(FILE *file, const struct summary *summary)
{
    const struct frozen_noise *noise = &summary->result->frozen;
    enum optimizer_kind kind = summary->job->settings.optimizer.kind;
    char scale[SAMPLES_TEXT], low[SAMPLES_TEXT], high[SAMPLES_TEXT];
    if (noise->rows == 0)
        return;
    fprintf(file, "noise scale of %s weights: ", summary->result->averaged ? "the last" : "these");
    if (noise->why) {
        fputs("not determined (", file);
        print_rows(file, summary);
        fprintf(file, ": %s\n", noise->why);
        return;
    }
    fprintf(file, "%s samples (", samples_text(noise->scale, scale));
    if (!noise->exact)
        fprintf(file, "95 %% interval %s to %s; ", samples_text(noise->low, low),
            samples_text(noise->high, high));
    print_rows(file, summary);
    fputs(", the ratio of noise to signal of SGD's gradient", file);
    if (kind != OPTIMIZER_SGD)
        fprintf(file, ", not of %s's step", optimizer_words[kind]);
    fputs("; usually a low guess of the critical batch size\n", file);
}

static void print_trailing(FILE *file, const struct summary *summary)
{
    const struct noise_estimate *noise = &summary->result->noise;
    const struct settings *settings = &summary->job->settings;
    char scale[SAMPLES_TEXT], error[SAMPLES_TEXT];
    if (noise_validity(settings) != NOISE_VALID || !noise_is_known(noise) ||
        settings->plan.samples < FROZEN_ROWS_LEAST)
        return;
    fprintf(file, "noise scale, trailing over steps %s-%s: %s +- %s samples%s\n",
        GROUPED(first_step(summary)), GROUPED(summary->result->steps_done),
        samples_text(noise->scale, scale), samples_text(noise->error, error),
        noise->moving ? ", still moving" : "");
}

static void print_noise(FILE *file, const struct summary *summary)
{
    print_frozen(file, summary);
    print_trailing(file, summary);
}

static const char *ending(enum stop_reason reason)
{
    static const char *const text[] = {"all epochs done (--epochs)",
        "step limit reached (--max-steps)", "received a signal",
        "the loss grew too much, or was not finite", "a failure",
        "no further improvement (--early-stop)", "target reached (--target)",
        "time limit reached (--max-time)", "target not reached in time (--target-steps)",
        "corrupted weights in memory (--verify-every)"};
    return text[reason];
}

/* Prints how much of the time the communication between teams took, where that matters. */
static void print_communication(FILE *file, const struct summary *summary)
{
    const struct result *result = summary->result;
    const struct plan *plan = &summary->job->settings.plan;
    double all = 0, reduce = result->phases[PHASE_REDUCE].mean;
    for (int p = 0; p < N_PHASES; p++)
        all += result->phases[p].mean;
    if (plan->teams == 1 || !(reduce > COMMUNICATION_SHARE * all))
        return;
    fprintf(file,
        "exchanging sums and weights between %d teams, and waiting for each other, took %.0f %% of "
        "the "
        "training time (%.1f s to set up); a larger --batch or fewer hosts lower it",
        plan->teams, 100 * reduce / all, summary->setup_s);
    int64_t slices = plan->stage[0].slices, even = deal_even_slices(slices, plan->teams);
    if (summary->job->settings.reduce == REDUCE_ORDERED && even != slices)
        fprintf(file, ", and so may --slices %s, which changes the weights", GROUPED(even));
    fputc('\n', file);
}

/* Names the weights of the model file, unless they are simply those at the end of the run. */
static void print_weights(FILE *file, const struct summary *summary)
{
    const struct result *result = summary->result;
    int64_t step = result->weights_of_step;
    if (step == 0)
        fputs("the initial weights:\n", file);
    else if (result->final_weights == FINAL_EMA)
        fprintf(file, "the average of the weights (--ema) after step %" PRId64 ":\n", step);
    else if (result->averaged)
        fprintf(file, "the best average of the weights (--ema), from step %" PRId64 ":\n", step);
    else if (step != result->steps_done)
        fprintf(file, "the %sweights from step %" PRId64 ":\n",
            result->final_weights == FINAL_BEST ? "best " : "", step);
    else if (result->evaluation.step && result->evaluation.step != result->steps_done)
        fprintf(
            file, "evaluated after step %" PRId64 ", before the end:\n", result->evaluation.step);
    else if (summary->job->settings.optimizer.average > 0)
        fprintf(file, "the weights after step %" PRId64 ", not their average:\n", step);
}

/* Prints the metrics of the model file's weights and, if they are not averaged, also those of the
 * average at that step. */
static void print_metrics(FILE *file, const struct summary *summary)
{
    const struct result *result = summary->result;
    const struct evaluation_record *evaluation = &result->evaluation;
    const struct baseline_metrics *baseline = &summary->job->baseline;
    metrics_print(file, "val_", &evaluation->validation, &baseline->validation);
    metrics_print(file, "test_", &evaluation->test, &baseline->test);
    if (result->averaged)
        return;
    metrics_print(file, "val_ema_", &evaluation->validation_ema, &baseline->validation);
    metrics_print(file, "test_ema_", &evaluation->test_ema, &baseline->test);
}

static void print_all(FILE *file, const struct summary *summary, const char *out)
{
    const struct result *result = summary->result;
    print_weights(file, summary);
    print_metrics(file, summary);
    comparison_print(file, &summary->comparison, &summary->job->settings.criterion);
    fprintf(file, "weights_xxh3 %016" PRIx64 "\n", result->weights_xxh3);
    print_noise(file, summary);
    print_communication(file, summary);
    fprintf(file, "results in %s\n", SHOWN(out));
    fprintf(file, "%s step%s in %.2f s (%s samples/s, %.1f GFLOP/s); stopped by %s: %s\n",
        GROUPED(result->steps_done), NUMBER_PLURAL(result->steps_done), result->seconds,
        GROUPED(llround((double)result->samples_seen / result->seconds)), result->gflops,
        stop_reason_name(result->stopped_by), ending(result->stopped_by));
}

void summary_print(FILE *file, const struct summary *summary, const char *out)
{
    struct wrapped wrapped;
    print_all(wrapped_begin(&wrapped, file), summary, out);
    wrapped_end(&wrapped, 4, file == stdout ? shown_streams_columns() : 0);
}
