/* host_estimate.h: predicts the time of a step on several hosts, from the time on one.
 *
 *     compute   the time on one host x the largest share of the slices
 *     exchange  the messages of the faster route on the given link (comm/link.h)
 *     step      compute, and the part of the exchange that is not covered: with R buckets, each can
 *               travel while the gradient of the next one is being computed (step/step_exchange.h),
 *               which is a known share of the operations of the last pass
 *
 * Every host is like the measured one and is one team. Threads: any. Collective: no.
 */
#pragma once

#include "study/run_estimate.h"

struct host_estimate {
    int hosts;
    int64_t slices; /* most of a host */
    double compute_s, exchange_s, step_s;
    double speed_up; /* over one host */
};
enum { HOST_ESTIMATES_MAX = 24 };

/* Predicts steps of the first stage on 1, 2, 3, 4, 6, 8, 12, ... hosts, up to 4,096 and the number
 * of slices, since further hosts would have no rows. Returns the number of predictions, 0 if the
 * time on one host, estimate->step_s, is unknown or the sum is left to MPI. *best: the index of the
 * shortest step. */
int host_estimates_of(const struct run_estimate *estimate, const struct settings *settings,
    struct host_estimate prediction[HOST_ESTIMATES_MAX], int *best);

/* Returns the smallest power-of-two batch that has at least one slice for each host by default. */
int64_t host_estimate_batch(int hosts);
