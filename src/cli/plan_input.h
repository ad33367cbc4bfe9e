/* plan_input.h: the input of `lockstep plan`: samples, network, ranks. */
#ifndef CLI_PLAN_INPUT_H
#define CLI_PLAN_INPUT_H

#include "api/session.h"
#include "study/run_estimate.h"

struct plan_input {
    struct estimate_input figures;
    int64_t samples, n_validation; /* all before the validation split; those it takes */
    struct plan_request request;   /* common to all plans, except for the batch size */
    bool measurable;
    struct session session; /* if measurable: data, ranks, and a job without an end */
};

/* Finds the input of the plan. With --samples, reads no file. Otherwise reads and prepares all data
 * like `train`, and rejects what `train` would reject, except that a warm-up may be longer than the
 * run. With --measure the ranks are those of `comm`, and the call is collective; otherwise they are
 * the requested ones, spread evenly over --hosts. Fails like session_prepare(); STATUS_USAGE also
 * if the ranks do not fit the hosts, or differ from those that were started. On failure there is
 * nothing to clear. */
enum status plan_input_find(struct plan_input *input, const struct options *options,
    struct comm *comm, struct error *error);

/* Collective if plan_input_find() was. */
void plan_input_clear(struct plan_input *input);

#endif
