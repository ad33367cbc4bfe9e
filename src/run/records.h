/* records.h: the records that a run passes to its observer, as plain data for reports. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "model/metrics.h"
#include "step/frozen_noise.h"
#include "step/noise.h"
#include "step/phases.h"
#include "step/plan.h"
#include "run/stop.h"

struct phase_seconds {
    double least, mean, most; /* over all workers of all ranks */
};

/* The record of a step. */
struct step_record {
    struct batch batch;
    double loss; /* mean over the global batch */
    double lr;
    double elapsed_s;     /* training time so far, without evaluation */
    double gradient_norm; /* norm of the mean gradient before weight decay and norm
                             clipping; NaN: not known */
    struct noise_estimate noise;
};

struct evaluation_record {
    int64_t epoch, step;
    struct metrics validation, test;
    struct metrics validation_ema, test_ema; /* with the averaged weights; no samples: none */
    double seconds;
    double elapsed_s; /* training time so far, without evaluation */
};

/* The record after the last step of an epoch or of the run. */
struct epoch_record {
    int64_t epoch, step;
    int64_t samples;   /* samples trained on in this epoch so far */
    double train_loss; /* mean over those samples, each loss computed before the step's update */
    bool evaluated;
    struct evaluation_record evaluation;
    uint64_t weights_xxh3;
    double elapsed_s;
    struct noise_estimate noise;
};

/* The record of a checkpoint that has been copied and is being written. */
struct checkpoint_record {
    int64_t step;
    int64_t bytes;  /* weights and state */
    double stall_s; /* how long training paused */
};

/* The result of a run. For a resumed run, all members except the times of phases,
 * `steps_timed` and `peak_rss_bytes` also cover its earlier starts. */
struct result {
    enum stop_reason stopped_by;
    int64_t steps_done;
    int64_t epochs_done; /* complete epochs */
    double seconds;      /* training time, including loading, excluding evaluation */
    int64_t samples_seen;
    double gflops;     /* 1e9 flops of all steps / seconds */
    double first_loss; /* of the first step; 0: not known */
    double train_loss; /* from the last epoch record */
    /* The last one up to weights_of_step; step 0: none. If the weights are averaged ones, its
     * `validation` and `test` are theirs. */
    struct evaluation_record evaluation;
    int64_t weights_of_step;          /* steps_done, unless the best weights were restored */
    enum final_weights final_weights; /* not FINAL_AUTO */
    bool averaged; /* FINAL_EMA, or the best ones by a metric of averaged weights */
    uint64_t weights_xxh3;
    struct noise_estimate noise; /* after steps_done */
    struct frozen_noise frozen;  /* at the weights of the result; if averaged, at the last ones */
    struct phase_seconds phases[N_PHASES];
    struct phase_seconds compute; /* all phases together except reduce and wait */
    struct phase_seconds reduce;  /* over ranks: of the worker of each that reduced longest */
    int64_t steps_timed;          /* the steps that took these seconds */
    int64_t peak_rss_bytes;       /* the largest of all ranks */
};

/* Functions that worker 0 of rank 0 calls between steps. If one returns a status other than OK, the
 * run ends on all ranks before the next update, with STOP_FAILED. NULL functions are skipped. */
struct observer {
    void *context;
    enum status (*on_step)(void *context, const struct step_record *record, struct error *error);
    enum status (*on_evaluation)(
        void *context, const struct evaluation_record *record, struct error *error);
    enum status (*on_epoch)(void *context, const struct epoch_record *record, struct error *error);
    enum status (*on_checkpoint)(
        void *context, const struct checkpoint_record *record, struct error *error);
    /* passes a warning after `step` that does not end the run: one line, owned by the trainer */
    enum status (*on_warning)(void *context, int64_t step, const char *text, struct error *error);
    /* returns the length of the log so far, to which a resumed run truncates it */
    int64_t (*log_bytes)(void *context);
};
