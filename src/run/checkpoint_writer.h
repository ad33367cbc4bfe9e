/* checkpoint_writer.h: keeps a run's checkpoints while it trains.
 *
 *     workers   ... step | copy | step  step  step ...
 *     writer                 \\ order, hash, write, fsync, rename, remove old ones
 *
 * All workers copy weights and state as they lie; a thread of rank 0 does the rest. So training
 * stands still for no longer than copying the bytes. There is one copy: a checkpoint that falls due
 * while the writer is at work is taken at the first step after.
 */
#ifndef RUN_CHECKPOINT_WRITER_H
#define RUN_CHECKPOINT_WRITER_H

#include "run/checkpoint_write.h"
#include "run/job.h"
#include "step/step.h"

struct checkpoint_writer;

/* With the memory for the copy. job->checkpoints.kept must hold. Collective. STATUS_NO_RESOURCE. */
enum status checkpoint_writer_create(struct checkpoint_writer **writer, const struct job *job,
    struct step *step, struct teams *teams, struct error *error);

/* Bytes that it takes in a team, `best`: with the best weights; and, of the first team, more while it
 * writes. */
int64_t checkpoint_writer_bytes(
    const struct settings *settings, const struct panels *panels, int team, bool best);
int64_t checkpoint_writer_writing_bytes(const struct settings *settings);

/* Takes NULL. Nothing may be under way. Collective over each team. */
void checkpoint_writer_destroy(struct checkpoint_writer *writer);

/* Whether one is to be taken after the step at hand, `elapsed_s` after some beginning. First thread
 * of rank 0. */
bool checkpoint_writer_due(const struct checkpoint_writer *writer, int64_t step, double elapsed_s);

/* Takes one, whose state is, on rank 0, *state; best [mlp.parameters] in canonical order, as
 * job->parameters, or NULL. The state's rating is brought up to date. Waits for the writer, if it
 * is still at work. `record` is filled on rank 0's first thread. Call from all workers, between
 * barriers. */
void checkpoint_writer_take(struct checkpoint_writer *writer, const struct worker *worker,
    struct run_state *state, const float *best, struct checkpoint_record *record);

/* How the last one went, as far as it is known; and once it is over. First thread of rank 0. */
enum status checkpoint_writer_ask(struct checkpoint_writer *writer, struct error *error);
enum status checkpoint_writer_wait(struct checkpoint_writer *writer, struct error *error);

/* What is to be said of checkpoints without ending the run, as of an old one that cannot be removed:
 * each text once, until the next call; NULL: nothing. First thread of rank 0. */
const char *checkpoint_writer_warning(struct checkpoint_writer *writer);

#endif
