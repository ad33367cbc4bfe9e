/* tensorboard.h: the event file of --tensorboard, which TensorBoard shows as curves. A sink of metrics_log.h, from
 * whose lines it is made.
 *
 *     each start of a run     a new file DIR/events.out.tfevents.SECONDS.lockstep.MICROSECONDS
 *     record                  uint64 length, uint32 crc(length), data, uint32 crc(data), little-endian;
 *                             crc: masked CRC32C (tensorflow/core/lib/io/record_writer.h)
 *     data                    an Event (tensorflow/core/util/event.proto; summary.proto, tensor.proto):
 *                             wall_time = 1, step = 2, file_version = 3, summary = 5, session_log = 7
 *
 * Every scalar has the number of the step, also those of epochs:
 *
 *     train/loss, lr, gradient_norm, noise_scale, samples_per_s    of each logged step
 *     train/epoch, train/epoch_loss                                of each epoch
 *     val/METRIC, val_ema/METRIC, test/METRIC, test_ema/METRIC     of each evaluation
 *     config                                                       text: config.ini
 *
 * A file begins with a SessionLog START at the step from which the run starts or resumes. TensorBoard then
 * discards what it read before from that step on, so what a killed process wrote after its checkpoint is not shown
 * twice or beside what the resumed run does. The records of that step that precede the checkpoint are therefore
 * written again. Other files in DIR are not touched. Rank 0 only.
 */
#pragma once

#include "base/output.h"
#include "report/log/metrics_log.h"

struct tensorboard {
    struct output output; /* descriptor -1: not open */
    const struct plan *plan;
    int64_t first_step; /* events of earlier steps are in earlier files */
    int64_t rated_step; /* the last logged step, and the training time then */
    double rated_s;
};

/* Makes the directory if it is missing, begins a file, and adds it to the log as a sink. `run`: the directory of
 * the run; `config`: the text of its options. The caller closes it, even on failure. STATUS_CANNOT_CREATE,
 * STATUS_IO, and those of metrics_log_add_sink(). */
enum status tensorboard_open(struct tensorboard *board, const char *directory, const char *config,
    const struct run_state *resumed, struct metrics_log *log, const char *run, struct error *error);

/* STATUS_IO. */
enum status tensorboard_close(struct tensorboard *board, struct error *error);
