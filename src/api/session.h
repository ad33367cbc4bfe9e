/* session.h: from options to a job that the trainer can run: data, split, scaling, plan, network,
 * weights.
 */
#ifndef API_SESSION_H
#define API_SESSION_H

#include <stdio.h>

#include "options/options.h"
#include "comm/affinity.h"
#include "comm/comm.h"
#include "comm/memory_limits.h"
#include "comm/teams.h"
#include "step/common_kernel.h"
#include "model/model.h"
#include "run/trainer.h"

struct session {
    struct teams *teams;                    /* of whose ranks one reads the data for all */
    struct dataset train, validation, test; /* validation: of --val-data */
    struct subset train_part, validation_part, test_part;
    struct scale scale, target_scale; /* the latter of regression */
    float *class_weight;              /* [classes], or NULL */
    struct affinity affinity;
    char kernel_note[KERNEL_NOTE_MAX]; /* why not rank 0's fastest kernel, or "" */
    struct loader validation_loader, test_loader;
    struct memory_limits limits; /* of this rank's machine, when the session began */
    bool memory_warned;          /* rank 0 has said that there is little of it */
    struct job job; /* without its observer and stop_signal; its parameters are the team's memory */
};

/* Whether what is prepared is trained with, and not only planned for. */
static inline bool session_trains(const struct options *options)
{
    return options->command != COMMAND_PLAN || options->measure;
}

/* Reads and prepares everything, as far as this machine has the memory (session_memory.h); for a
 * plan alone all but the weights, unless a file has them. Collective: all ranks fail together, with
 * one message. On failure the session is cleared. */
enum status session_prepare(
    struct session *session, const struct options *options, struct comm *comm, struct error *error);

/* The same data, teams and kernel for another run, whose options ask for the same of them: split,
 * scaling, plan, network and weights are made anew. Collective, as above. */
enum status session_renew(
    struct session *session, const struct options *options, struct error *error);

/* Sets settings->plan for so many training samples, once settings->mlp is there. STATUS_USAGE. */
enum status session_plan(const struct session *session, const struct options *options,
    int64_t samples, struct settings *settings, struct error *error);

/* What was settled otherwise than one might expect, on one rank: a line of the teams, and one of
 * the kernel. */
void session_print_notes(FILE *file, const struct session *session);

/* Collective over each team. */
void session_clear(struct session *session);

/* What the network is after training, as its file says it; all memory is the session's. */
struct model session_model(const struct session *session);

int64_t session_validation_samples(const struct session *session);
int64_t session_test_samples(const struct session *session);

#endif
