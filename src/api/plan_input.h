/* plan_input.h: the input of `lockstep plan`: samples, network, ranks, seconds per step. */
#pragma once

#include "api/session.h"
#include "study/run_estimate.h"

struct plan_input {
    struct options options; /* without automatic values; shares the texts of those given */
    struct estimate_input figures;
    int64_t samples;             /* of the training data */
    struct split_counts split;   /* those among them for validation and test */
    struct plan_request request; /* common to all plans, except for the batch size */
    bool measurable;
    int64_t columns;        /* of the data; 0: no data were read */
    struct session session; /* if measurable: data, ranks, and a job without an end; else empty */
};

/* Returns the number of samples to train on. */
static inline int64_t plan_input_training(const struct plan_input *input)
{
    return input->samples - input->split.validation - input->split.test;
}

/* Finds the input of the plan. With --samples, reads no file. Without it, reads and prepares all
 * data like `train`, and rejects everything that `train` would reject, except a warm-up that is
 * longer than the run. With --measure, the ranks are those of `comm`, and the call is collective.
 * Without it, the ranks are those of --ranks, spread evenly over --hosts. Fails like
 * session_prepare(); also STATUS_USAGE if the ranks cannot be spread over the hosts, or if
 * --measure runs on a number of ranks other than --ranks. The caller clears input->session, even
 * on failure. */
enum status plan_input_find(struct plan_input *input, const struct options *options,
    struct comm *comm, struct error *error);

/* Trains some steps at the batch size of each estimate, and sets step_s of the estimate. Shows
 * progress on a terminal, depending on --progress. Collective; all ranks get the times. Fails like
 * trainer_create(). */
enum status plan_input_measure(struct run_estimate *estimate, int n, struct plan_input *input,
    const struct options *options, struct error *error);

/* Reads a file written by `lockstep bench step --json`, and sets step_s of each estimate whose
 * batch size was measured. `note`: the ranks and threads of the measurement if they differ from
 * those of the plan, else "". STATUS_NO_INPUT: no such file; STATUS_BAD_DATA: the file was not
 * written by that command; STATUS_USAGE: the measured network is a different one. */
enum { PLAN_INPUT_NOTE = 400 };
enum status plan_input_read_times(struct run_estimate *estimate, int n, struct plan_input *input,
    const char *path, char note[PLAN_INPUT_NOTE], struct error *error);
