#include "run/trainer_report.h"

#include "base/clock.h"
#include "base/hash.h"

double trainer_elapsed_s(const struct trainer *trainer)
{
    return trainer->earlier_s + clock_now_s() - trainer->started_s;
}

double trainer_training_s(const struct trainer *trainer)
{
    return trainer_elapsed_s(trainer) - trainer->evaluation_s;
}

double trainer_rate(const struct trainer *trainer, const struct batch *batch)
{
    return schedule_rate(&trainer->job->run.schedule, batch->step, trainer->state.plateau.factor);
}

bool trainer_observes(const struct trainer *trainer)
{
    return comm_rank(trainer->comm) == 0 && trainer->trouble.status == STATUS_OK;
}

static void report_step(
    struct trainer *trainer, const struct batch *batch, const struct verdict *verdict)
{
    const struct observer *observer = &trainer->job->observer;
    struct step_record record = {.batch = *batch,
        .loss = verdict->loss,
        .lr = trainer_rate(trainer, batch),
        .elapsed_s = trainer_training_s(trainer),
        .gradient_norm = verdict->gradient_norm,
        .noise = noise_estimate(&trainer->state.noise)};
    if (trainer_observes(trainer) && observer->on_step)
        observer->on_step(observer->context, &record, &trainer->trouble);
}

static void record_noise(
    struct trainer *trainer, const struct batch *batch, const struct verdict *verdict)
{
    const struct plan *plan = &trainer->job->settings.plan;
    struct noise_sample sample = {.population = plan->samples,
        .size = batch->size,
        .window = noise_window(plan->samples, plan_stage_of(plan, batch)->batch),
        .each = verdict->sample_square,
        .mean = verdict->square};
    noise_add(&trainer->state.noise, &sample);
}

void trainer_record_step(
    struct trainer *trainer, const struct batch *batch, const struct verdict *verdict)
{
    struct run_state *state = &trainer->state;
    if (!verdict->finite || verdict->failed) {
        if (state->epoch_samples > 0)
            state->train_loss = state->epoch_loss / state->epoch_weight;
        return;
    }
    state->step = batch->step;
    state->epoch = batch->epoch;
    state->iteration = batch->iteration;
    state->samples_seen += batch->size;
    state->epoch_loss += verdict->loss * verdict->weight;
    state->epoch_weight += verdict->weight;
    state->epoch_samples += batch->size;
    record_noise(trainer, batch, verdict);
    report_step(trainer, batch, verdict);
}

void trainer_record_epoch(struct trainer *trainer, const struct batch *batch)
{
    const struct observer *observer = &trainer->job->observer;
    const struct job *job = trainer->job;
    struct run_state *state = &trainer->state;
    struct epoch_record record = {.epoch = batch->epoch,
        .step = batch->step,
        .samples = state->epoch_samples,
        .train_loss = state->epoch_loss / state->epoch_weight,
        .evaluated = state->evaluation.step == batch->step,
        .evaluation = state->evaluation,
        .elapsed_s = trainer_training_s(trainer),
        .noise = noise_estimate(&state->noise)};
    state->train_loss = record.train_loss;
    state->epoch_loss = state->epoch_weight = 0;
    state->epoch_samples = 0;
    if (!trainer_observes(trainer) || !observer->on_epoch)
        return;
    record.weights_xxh3 =
        hash_bytes(job->parameters, (size_t)job->settings.mlp.parameters * sizeof(float), 0);
    observer->on_epoch(observer->context, &record, &trainer->trouble);
}

void trainer_report_warning(struct trainer *trainer)
{
    const struct observer *observer = &trainer->job->observer;
    const char *text = checkpoint_writer_warning(trainer->writer);
    if (text && trainer_observes(trainer) && observer->on_warning)
        observer->on_warning(observer->context, trainer->state.step, text, &trainer->trouble);
}
