#include "run/frozen_pass.h"

#include "base/clock.h"
#include "base/heartbeat.h"
#include "comm/threads.h"
#include "step/noise.h"
#include "step/step.h"

struct frozen_pass {
    struct settings settings;
    struct step *step;
    struct order order;
    bool exact;
    struct step_measurement all, rest[FROZEN_GROUPS];
};

/* A step as in training, without what belongs to the update, and without dropout. */
static enum status describe(struct frozen_pass *pass, const struct job *job, struct error *error)
{
    struct settings *settings = &pass->settings;
    struct plan_request request = job->settings.plan.request;
    int64_t population = job->settings.plan.samples;
    *settings = job->settings;
    settings->optimizer = (struct optimizer_settings){.kind = OPTIMIZER_SGD};
    settings->clip = (struct clip){.norm = 0};
    settings->mlp.dropout_input = settings->mlp.dropout_hidden = 0;
    request.samples = frozen_noise_rows(population);
    request.batch = FROZEN_GROUP;
    request.epochs = 1;
    request.max_steps = request.slices = 0;
    request.changes = 0;
    request.drop_last = false;
    pass->exact = request.samples == population;
    order_init(/* epoch 0: no epoch of the training */
        &pass->order, population, true, settings->seed, RANDOM_ORDER, 0);
    return plan_make(&settings->plan, &request, error);
}

static void work(const struct worker *worker, void *argument)
{
    struct frozen_pass *pass = argument;
    const struct plan *plan = &pass->settings.plan;
    struct step_measurement all = {0};
    bool first = worker_speaks(worker);
    if (first)
        heartbeat_doing("measuring the noise scale");
    for (int64_t k = 0; k < plan->total_steps; k++) {
        struct batch batch = plan_batch(plan, k + 1);
        batch.step = 0;
        all = step_measure(pass->step, worker, &batch, &pass->order, &all, false);
    }
    if (first)
        pass->all = all;
    for (int64_t k = 0; k < FROZEN_GROUPS && !pass->exact; k++) {
        struct batch batch = plan_batch(plan, k + 1);
        batch.step = 0;
        struct step_measurement rest =
            step_measure(pass->step, worker, &batch, &pass->order, &all, true);
        if (first)
            pass->rest[k] = rest;
    }
}

static enum status measure(
    struct frozen_pass *pass, const struct job *job, const float *weights, struct teams *teams)
{
    const struct step_start start = {.train = job->train, .parameters = weights, .frozen = true};
    struct error error = {0};
    enum status status = describe(pass, job, &error);
    if (!status)
        status = step_create(&pass->step, &pass->settings, &start, teams, &error);
    if (!status)
        status = team_run(teams, pass->settings.plan.threads, work, pass, &error);
    step_destroy(pass->step);
    return status;
}

struct frozen_noise frozen_pass_run(
    const struct job *job, const float *weights, struct teams *teams, int64_t trained)
{
    int64_t population = job->settings.plan.samples;
    const char *refused = frozen_noise_refused(population, trained);
    struct frozen_pass pass = {.step = NULL};
    double begun_s = clock_now_s();
    if (job->settings.noise_scale != NOISE_SCALE_ON)
        return frozen_noise_none("off (--noise-scale)");
    if (job->settings.weighted)
        return frozen_noise_none(noise_validity_text(NOISE_WEIGHTED));
    if (refused)
        return frozen_noise_none(refused);
    if (measure(&pass, job, weights, teams))
        return frozen_noise_none("not enough memory");
    if (pass.all.failed)
        return frozen_noise_none("the data is not readable any more");
    struct frozen_noise noise = frozen_noise_estimate(population, &pass.all, pass.rest);
    noise.seconds = clock_now_s() - begun_s;
    return noise;
}
