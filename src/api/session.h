/* session.h: prepares a job for the trainer from the options: data, split, scaling, plan, network,
 * weights.
 */
#pragma once

#include "api/session_base.h"
#include "model/model.h"
#include "options/data_defaults.h"
#include "run/trainer.h"

struct session {
    struct session_base base;
    struct options
        options; /* of the run, without automatic values; shares the texts of those given */
    struct data_facts facts;
    struct dataset train, validation, test; /* validation: from --val-data */
    struct subset train_part, validation_part, test_part;
    struct encoding encoding, train_encoding; /* the latter for training samples; borrows */
    struct scale target_scale;                /* for regression */
    float *class_weight;                      /* [classes], or NULL */
    float *baseline;                          /* [outputs]; NULL for sessions that do not train */
    struct loader validation_loader, test_loader;
    struct job job; /* without observer and stop_signal; its parameters are in the team's memory */
};

/* True for sessions that train, false for those that only plan. */
static inline bool session_trains(const struct options *options)
{
    return options->command != COMMAND_PLAN || options->measure;
}

/* The sources of a session's data, and the receiver of its notes. */
struct session_sources {
    const struct dataset *set[3]; /* training, validation and test data, or NULL; they outlive the
                                     session. Without training data, the options name the data */
    struct messages messages;
};

/* Reads the data and prepares the job. Fails if this machine has too little memory
 * (session_memory.h). A session that only plans has weights only if they come from a file.
 * Collective: all ranks fail together, with one message. The caller clears the session, even on
 * failure. */
enum status session_prepare(
    struct session *session, const struct options *options, struct comm *comm, struct error *error);

/* The same with data in memory: each rank passes equal data. */
enum status session_prepare_with(struct session *session, const struct options *options,
    const struct session_sources *sources, struct comm *comm, struct error *error);

/* Prepares another run with a new split, scaling, plan, network and weights. Its options must ask
 * for the same data, teams and kernel. Collective: all ranks fail together, with one message. */
enum status session_renew(
    struct session *session, const struct options *options, struct error *error);

/* Sets settings->plan for this number of training samples; settings->mlp must be set.
 * STATUS_USAGE. */
enum status session_plan(const struct session *session, const struct options *options,
    int64_t samples, struct settings *settings, struct error *error);

/* Collective over each team. */
void session_clear(struct session *session);

/* Returns the network as a model to be written; the session owns all its memory. */
struct model session_model(const struct session *session);
