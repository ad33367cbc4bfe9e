/* study_runner.h: the frame of a study (study_place.h): its directory, its session, and its runs,
 * one after the other.
 *
 * All functions are collective unless noted: all ranks fail together, with one message.
 */
#pragma once

#include "api/session.h"
#include "api/train.h"
#include "cli/study_place.h"
#include "cli/study_run.h"

struct study_runner {
    const struct study *study;
    const struct options *options;
    struct invocation invocation; /* of the runs */
    struct comm *comm;
    bool leads;  /* rank 0, which has the results and sends its decisions to the other ranks */
    bool prints; /* rank 0, which prints a line for each run */
    uint64_t mode;
    struct session session;
    struct directory place, runs; /* rank 0: of the study, and of its runs */
};

/* Enters the workers' floating-point mode until the runner is closed. `runner` must not move before
 * that, and is closed even after a failure. */
void study_runner_init(struct study_runner *runner, const struct study *study,
    const struct options *options, const struct invocation *invocation, struct comm *comm);
void study_runner_close(struct study_runner *runner);

/* Checks the directory of the study, and prepares the session of a run with these options, which
 * reads the data. Fails like study_place_check() and session_prepare(). */
enum status study_runner_prepare(
    struct study_runner *runner, const struct options *first, struct error *error);

/* Returns one hash of all sets of data, including their split and scaling. Not collective. */
uint64_t study_runner_data_hash(const struct study_runner *runner);

/* Creates the directory of the study, after all checks, and prints the session's notes. Rank 0
 * only, not collective. Fails like study_place_create(). */
enum status study_runner_begin(
    struct study_runner *runner, uint64_t data_xxh3, struct error *error);

/* Finds the run `name`: sets its directory and its state, with the limit *give_up_steps, which is
 * rank 0's and is sent to all ranks. STATUS_STOPPED if a signal has reached any rank. */
enum status study_runner_find(struct study_runner *runner, const char *name, int64_t *give_up_steps,
    char directory[FILE_PATH_MAX], enum study_run_state *state, struct error *error);

/* Trains or continues the run of the session, unless it is done. A run that diverges is a result
 * like any other. Fails like train_session(). */
enum status study_runner_train(
    struct study_runner *runner, enum study_run_state state, struct error *error);

/* Returns the status of all runs, with a message for STATUS_STOPPED that says how to continue. */
enum status study_runner_result(
    const struct study_runner *runner, enum status status, struct error *error);
