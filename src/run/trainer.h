/* trainer.h: a whole training run on prepared data.
 *
 * Settings, data and initial parameters must be equal on all ranks; trainer_create() compares their
 * hashes. It fails, before any output is written, if ranks disagree or if threads or memory are not
 * available.
 */
#pragma once

#include "comm/teams.h"
#include "run/job.h"

struct trainer;

/* Prepares to train on all ranks of these teams, with settings.plan.threads workers on each rank;
 * settings.plan.teams must be the number of teams. The caller keeps ownership of job and teams; the
 * job's observer, its stop_signal and the run's directory may be set later. Collective.
 * STATUS_BAD_DATA (ranks disagree), STATUS_NO_RESOURCE, STATUS_BUG. */
enum status trainer_create(
    struct trainer **trainer, struct job *job, struct teams *teams, struct error *error);

/* Accepts NULL. Collective. */
void trainer_destroy(struct trainer *trainer);

/* Trains; call it only once. The calling thread is worker 0. Fills the result for every status. The
 * parameters are those after result->weights_of_step steps; with STOP_CORRUPTED, they are wrong.
 * STATUS_DIVERGED, STATUS_STOPPED (a signal), STATUS_NO_RESOURCE (STOP_CORRUPTED), or
 * the status of a failing observer. Collective. */
enum status trainer_run(struct trainer *trainer, struct result *result, struct error *error);
