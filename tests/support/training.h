/* training.h: a reference_problem, trained by the library itself on a comm. */
#pragma once

#include "comm/comm.h"
#include "support/reference.h"
#include "run/trainer.h"

/* How to run it: what must not show in the bits. */
struct way {
    int threads;
    int64_t pass_rows;    /* 0: default */
    struct kernel kernel; /* name NULL: auto */
    enum reduce_kind reduce;
    int buckets;              /* of the exchange; 0: default */
    int64_t cache_bytes;      /* 0: not known */
    struct team_request team; /* all 0: the ranks of a machine are one team */
    enum noise_scale noise_scale;
    struct interval verify_every;
};

/* Trains `problem` on all ranks of comm; parameters [reference_parameters()] come out. losses
 * [steps], on rank 0 only, may be NULL. Collective. Returns the trainer's status, or that of what
 * came before. */
enum status training_run(const struct reference_problem *problem, const struct way *way,
    struct comm *comm, float *parameters, double *losses, struct result *result,
    struct error *error);

/* The same with an observer of the test's own. */
enum status training_observe(const struct reference_problem *problem, const struct way *way,
    struct comm *comm, float *parameters, const struct observer *observer, struct result *result,
    struct error *error);

/* The same up to the job, without an observer, on its teams; the rest is `run`'s, with weights that
 * a team shares. */
enum status training_with(const struct reference_problem *problem, const struct way *way,
    struct comm *comm, float *parameters,
    enum status (*run)(void *context, struct job *job, struct teams *teams, struct error *error),
    void *context, struct error *error);

/* A trainer made, run and destroyed. Every rank has job->parameters of its own. Collective. */
enum status train_job(
    struct job *job, struct teams *teams, struct result *result, struct error *error);

/* The same with every rank as a team of its own. */
enum status train_job_by_ranks(
    struct job *job, struct comm *comm, struct result *result, struct error *error);
