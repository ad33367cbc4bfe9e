/* checkpoint_writer.h: takes and writes a run's checkpoints while it trains.
 *
 *     workers   ... step | copy | step  step  step ...
 *     writer                 \\ order, hash, write, fsync, rename, remove old ones
 *
 * All workers copy weights and state in their layout in memory; a thread of rank 0 does the rest.
 * So training pauses only while the bytes are copied. There is one copy: a checkpoint that becomes
 * due while the thread is writing is taken at the first step after that.
 */
#ifndef RUN_CHECKPOINT_WRITER_H
#define RUN_CHECKPOINT_WRITER_H

#include "run/checkpoint.h"
#include "run/job.h"
#include "step/step.h"

struct checkpoint_writer;

/* Takes the memory for the copy too. job->checkpoints.kept must be true. Collective.
 * STATUS_NO_RESOURCE. */
enum status checkpoint_writer_create(struct checkpoint_writer **writer, const struct job *job,
    struct step *step, struct teams *teams, struct error *error);

/* Bytes that it takes in a team, `best`: with the best weights; and, of the first team, more while
 * it writes. */
int64_t checkpoint_writer_bytes(
    const struct settings *settings, const struct panels *panels, int team, bool best);
int64_t checkpoint_writer_writing_bytes(const struct settings *settings);

/* Takes NULL. No checkpoint may be in progress. Collective over each team. */
void checkpoint_writer_destroy(struct checkpoint_writer *writer);

/* True if a checkpoint is due after this step, at clock time `elapsed_s`. First thread of rank
 * 0. */
bool checkpoint_writer_due(const struct checkpoint_writer *writer, int64_t step, double elapsed_s);

/* Takes a checkpoint. On rank 0's first thread *state is its state, whose rating is updated, and
 * `record` is filled. best [mlp.parameters] in canonical order, as job->parameters, or NULL. Waits
 * while the last checkpoint is still being written. Call from all workers, between barriers. */
void checkpoint_writer_take(struct checkpoint_writer *writer, const struct worker *worker,
    struct run_state *state, const float *best, struct checkpoint_record *record);

/* The status of the last checkpoint: OK while it is in progress; and after waiting for its end.
 * First thread of rank 0. */
enum status checkpoint_writer_status(struct checkpoint_writer *writer, struct error *error);
enum status checkpoint_writer_wait(struct checkpoint_writer *writer, struct error *error);

/* A warning that does not end the run, e.g. that an old checkpoint cannot be removed: each text
 * once, valid until the next call; NULL: none. First thread of rank 0. */
const char *checkpoint_writer_warning(struct checkpoint_writer *writer);

#endif
