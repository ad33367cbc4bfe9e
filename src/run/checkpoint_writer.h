/* checkpoint_writer.h: takes a run's checkpoints and writes them while training continues.
 *
 *     workers   ... step | copy | step  step  step ...
 *     writer                 \ order, hash, write, fsync, rename, remove old ones
 *
 * All workers copy weights and state as they are laid out in memory; a thread of rank 0 does the
 * rest. So training pauses only while the bytes are copied. There is only one copy: a checkpoint
 * that becomes due while the thread is writing is taken at the first step after the write has
 * finished.
 */
#pragma once

#include "run/checkpoint.h"
#include "run/job.h"
#include "step/step.h"

struct checkpoint_writer;

/* Creates the writer and allocates the memory for the copy. job->checkpoints.keep must be above 0.
 * Collective. STATUS_NO_RESOURCE. */
enum status checkpoint_writer_create(struct checkpoint_writer **writer, const struct job *job,
    struct step *step, struct teams *teams, struct error *error);

/* Return the number of bytes that the writer needs in a team (`best`: including the best weights),
 * and the extra bytes that the first team needs while it writes. */
int64_t checkpoint_writer_bytes(
    const struct settings *settings, const struct panels *panels, int team, bool best);
int64_t checkpoint_writer_writing_bytes(const struct settings *settings);

/* Accepts NULL. No checkpoint may be in progress. Collective over each team. */
void checkpoint_writer_destroy(struct checkpoint_writer *writer);

/* True if a checkpoint is due after this step, at clock time `elapsed_s`. Call it from the first
 * thread of rank 0. */
bool checkpoint_writer_due(const struct checkpoint_writer *writer, int64_t step, double elapsed_s);

/* Takes a checkpoint with this state. On rank 0's first thread, updates the rating in *state and
 * fills `record`. best: [mlp.parameters] in canonical order, like job->parameters, or NULL. The
 * weights of state->fallback, if any, are those in job->parameters, and are not copied.
 * Waits while the last checkpoint is still being written. Call from all workers, between
 * barriers. */
void checkpoint_writer_take(struct checkpoint_writer *writer, const struct worker *worker,
    struct run_state *state, const float *best, struct checkpoint_record *record);

/* Waits until no checkpoint is being written from job->parameters, which hold the weights of
 * state->fallback. Call it from the first thread of rank 0. */
void checkpoint_writer_leave_parameters(struct checkpoint_writer *writer);

/* Return the status of the last checkpoint. checkpoint_writer_status() returns at once, with OK
 * while the checkpoint is in progress; checkpoint_writer_wait() waits until it is finished. Call
 * them from the first thread of rank 0. */
enum status checkpoint_writer_status(struct checkpoint_writer *writer, struct error *error);
enum status checkpoint_writer_wait(struct checkpoint_writer *writer, struct error *error);

/* Returns a problem that does not end the run, e.g. that an old checkpoint cannot be removed; NULL:
 * none. Each text is returned once and is valid until the next call. Call it from the first thread
 * of rank 0. */
const char *checkpoint_writer_warning(struct checkpoint_writer *writer);
