#include "report/summary.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/definition.h"
#include "base/output.h"
#include "base/json.h"
#include "base/text.h"
#include "base/shown.h"
#include "comm/world.h"
#include "report/evaluation.h"
#include "report/plan_figures.h"
#include "report/number.h"
#include "report/rows.h"
#include "report/team_lines.h"

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

static void put_plan(struct json *json, const struct summary *summary)
{
    const struct plan *plan = &summary->job->settings.plan;
    js_set_int(json, "train_samples", plan->samples);
    row_set_count(json, "val_samples", loader_size(summary->job->validation));
    row_set_count(json, "test_samples", loader_size(summary->job->test));
    js_set_int(json, "features", summary->job->train.dataset->features);
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

static void put_result(struct json *json, const struct summary *summary)
{
    const struct result *result = summary->result;
    const char *why = noise_validity_text(noise_validity(&summary->job->settings));
    js_set_int(json, "steps_done", result->steps_done);
    js_set_real(json, "seconds", result->seconds);
    js_set_real(json, "gflops", result->gflops);
    js_set_real(json, "train_loss", result->train_loss);
    row_set_count(json, "evaluated_at_step", result->evaluation.step);
    js_set_text(json, "stopped_by", stop_reason_name(result->stopped_by));
    js_set_real(json, "samples_per_second", (double)result->samples_seen / result->seconds);
    row_set_metrics(json, "val_", &result->evaluation.validation);
    row_set_metrics(json, "test_", &result->evaluation.test);
    put_baseline(json, summary);
    js_set_real(json, "first_loss", result->first_loss > 0 ? result->first_loss : (double)NAN);
    js_set_int(json, "weights_of_step", result->weights_of_step);
    js_set_real(json, "noise_scale", result->noise.scale);
    js_set_real(json, "noise_error", result->noise.error);
    js_set_real(json, "noise_trace", result->noise.trace);
    js_set_real(json, "noise_gradient_square", result->noise.square);
    js_set_int(json, "peak_rss_bytes", result->peak_rss_bytes);
    row_set_weights(json, result);
    js_set_bool(json, "noise_valid", !why);
    js_set_text(json, "noise_why", why);
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

/* Prints a sentence about what the noise scale means for the next run. */
static void print_noise(FILE *file, const struct summary *summary)
{
    const struct noise_estimate *noise = &summary->result->noise;
    const struct plan *plan = &summary->job->settings.plan;
    int64_t steps = summary->result->steps_done;
    struct batch last = plan_batch(plan, steps > 0 ? steps : 1);
    int64_t batch = plan_stage_of(plan, &last)->batch;
    struct noise_outlook twice = noise_outlook(noise->scale, batch, 2);
    char error[40] = "";
    if (noise_validity(&summary->job->settings) != NOISE_VALID || isnan(noise->scale))
        return;
    if (!isnan(noise->error))
        snprintf(error, sizeof error, " +- %s", GROUPED(llround(fmin(noise->error, 1e15))));
    fprintf(
        file, "noise scale about %s%s samples", GROUPED(llround(fmin(noise->scale, 1e15))), error);
    if (noise->error >= noise->scale)
        fputs(": too uncertain to use\n", file);
    else
        fprintf(file,
            " (the critical batch size now): doubling the batch from %s would save %.0f %% of the "
            "steps and cost %.0f %% more samples\n",
            GROUPED(batch), 100 * (1 - twice.steps), 100 * (twice.samples - 1));
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

void summary_print(FILE *file, const struct summary *summary, const char *out)
{
    const struct result *result = summary->result;
    const struct baseline_metrics *baseline = &summary->job->baseline;
    if (result->weights_of_step == 0)
        fputs("the initial weights:\n", file);
    else if (result->weights_of_step != result->steps_done)
        fprintf(file, "the %sweights from step %" PRId64 ":\n",
            summary->job->run.stop.early ? "best " : "", result->weights_of_step);
    else if (result->evaluation.step && result->evaluation.step != result->steps_done)
        fprintf(
            file, "evaluated after step %" PRId64 ", before the end:\n", result->evaluation.step);
    metrics_print(file, "val_", &result->evaluation.validation, &baseline->validation);
    metrics_print(file, "test_", &result->evaluation.test, &baseline->test);
    comparison_print(file, &summary->comparison, &summary->job->settings.criterion);
    fprintf(file, "weights_xxh3 %016" PRIx64 "\n", result->weights_xxh3);
    print_noise(file, summary);
    fprintf(file, "results in %s\n", SHOWN(out));
    fprintf(file, "%s step%s in %.2f s (%s samples/s, %.1f GFLOP/s); stopped by %s: %s\n",
        GROUPED(result->steps_done), NUMBER_PLURAL(result->steps_done), result->seconds,
        GROUPED(llround((double)result->samples_seen / result->seconds)), result->gflops,
        stop_reason_name(result->stopped_by), ending(result->stopped_by));
    fflush(file);
}
