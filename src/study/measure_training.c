#include "study/measure_training.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "run/trainer.h"

/* The warm-up: its fraction of the requested time, and its minimum number of steps. */
static const double WARM_UP = 0.1;
enum { WARM_UP_STEPS = 2 };

/* Rank 0's counts while the trainer runs. */
struct watch {
    double seconds; /* the requested time */
    int64_t samples;
    double begin_s, end_s; /* 0: not reached */
    int64_t begin_samples, end_samples, begin_step, end_step;
    atomic_int stop; /* the job's stop_signal */
};

static enum status on_step(void *context, const struct step_record *record, struct error *error)
{
    struct watch *watch = context;
    (void)error;
    watch->samples += record->batch.size;
    if (watch->begin_s == 0) {
        if (record->batch.step < WARM_UP_STEPS || record->elapsed_s < WARM_UP * watch->seconds)
            return STATUS_OK;
        watch->begin_s = record->elapsed_s;
        watch->begin_samples = watch->samples;
        watch->begin_step = record->batch.step;
    } else if (watch->end_s == 0 && record->elapsed_s - watch->begin_s >= watch->seconds) {
        watch->end_s = record->elapsed_s;
        watch->end_samples = watch->samples;
        watch->end_step = record->batch.step;
        atomic_store(&watch->stop, 1);
    }
    return STATUS_OK;
}

/* Trains until the trainer is stopped, which here means that the measurement is complete. */
static enum status run_watched(
    struct job *job, struct teams *teams, struct result *result, struct error *error)
{
    struct trainer *trainer;
    TRY(trainer_create(&trainer, job, teams, error));
    enum status status = trainer_run(trainer, result, error);
    trainer_destroy(trainer);
    return status == STATUS_STOPPED ? STATUS_OK : status;
}

static void conclude(
    struct training *training, const struct watch *watch, const struct result *result)
{
    double all = 0;
    training->seconds = watch->end_s - watch->begin_s;
    training->steps = watch->end_step - watch->begin_step;
    training->samples = watch->end_samples - watch->begin_samples;
    for (int p = 0; p < N_PHASES; p++)
        all += result->phases[p].mean;
    for (int p = 0; p < N_PHASES; p++)
        training->phase_share[p] = result->phases[p].mean / all;
}

enum status measure_training(struct training *training, struct job *job, struct teams *teams,
    double seconds, struct error *error)
{
    struct comm *comm = teams->comm;
    size_t parameters = (size_t)job->settings.mlp.parameters;
    struct watch watch = {.seconds = seconds};
    struct result result;
    float *kept = NULL;
    TRY(comm_agree(
        comm, memory_take(&kept, parameters, sizeof *kept, "the initial weights", error), error));
    memcpy(kept, job->parameters, parameters * sizeof *kept);
    job->observer = (struct observer){.context = &watch, .on_step = on_step};
    job->stop_signal = &watch.stop; /* until this run is over */
    enum status status = run_watched(job, teams, &result, error);
    job->observer = (struct observer){.context = NULL};
    job->stop_signal = NULL;
    memcpy(job->parameters, kept, parameters * sizeof *kept);
    free(kept);
    TRY(status);
    conclude(training, &watch, &result);
    comm_broadcast(comm, training, sizeof *training);
    return STATUS_OK;
}
