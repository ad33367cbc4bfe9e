/* plan_input.h: the input of `lockstep plan`: samples, network, ranks. */
#ifndef CLI_PLAN_INPUT_H
#define CLI_PLAN_INPUT_H

#include "api/session.h"
#include "study/run_estimate.h"

struct plan_input {
    struct estimate_input figures;
    int64_t samples, n_validation; /* before the split; taken out by it */
    struct plan_request request;   /* the request for all plans, except their batches */
    bool measurable;
    struct session session; /* true: data, ranks and an endless job to measure */
};

/* With --samples nothing is read. Otherwise everything is read and prepared as `train` would, so
 * that options that `train` refuses are refused here; only a warm-up may be longer than the run.
 * With --measure the ranks are those of `comm`, which is then collective; otherwise they are those
 * of --ranks, distributed evenly over --hosts. Errors as session_prepare(); STATUS_USAGE: ranks
 * that do not fit the hosts, or are not those that were started. On failure there is nothing to
 * clear. */
enum status plan_input_find(struct plan_input *input, const struct options *options,
    struct comm *comm, struct error *error);

/* Collective if plan_input_find() was. */
void plan_input_clear(struct plan_input *input);

#endif
