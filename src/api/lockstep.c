#include "lockstep/lockstep.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "options/agreed_options.h"
#include "api/train.h"
#include "commit.h"

const char *lockstep_version(void)
{
    return LOCKSTEP_VERSION;
}

/* Builds the arguments that main() would get. The caller still owns the strings. */
static enum status build_argv(int n, const char *const *argument, char ***argv, struct error *error)
{
    TRY(memory_take(argv, (size_t)n + 3, sizeof **argv, "the arguments", error));
    const char *fixed[] = {"lockstep", "train"};
    memcpy(*argv, fixed, sizeof fixed);
    if (n > 0)
        memcpy(*argv + 2, argument, (size_t)n * sizeof *argument);
    return STATUS_OK;
}

static enum status train(int n, const char *const *argument, struct comm *comm,
    struct result *result, struct error *error)
{
    struct options options = {0};
    struct invocation invocation = {.command_line = "(embedded)"};
    char **argv = NULL, warning[AGREED_WARNING];
    enum status status = comm_agree(comm, build_argv(n, argument, &argv, error), error);
    if (!status)
        status = agreed_options_read(&options, comm, n + 2, argv, NULL, warning, error);
    if (!status && options.command != COMMAND_TRAIN)
        status = fail(error, STATUS_USAGE, "lockstep_train() does not accept --help and --version");
    if (!status)
        status = train_by_options(&options, &invocation, comm, result, error);
    options_clear(&options);
    free(argv);
    return status;
}

int lockstep_train(
    int n, const char *const *argument, const void *mpi_comm, struct lockstep_result *out)
{
    struct error error = {0};
    struct result result = {.train_loss = (double)NAN};
    const struct metrics *test = &result.evaluation.test;
    struct comm *comm = comm_self();
    enum status status = comm_create(&comm, mpi_comm, &error);
    if (!status)
        status = train(n, argument, comm, &result, &error);
    comm_destroy(comm);
    *out = (struct lockstep_result){.status = (int)status,
        .steps_done = result.steps_done,
        .seconds = result.seconds,
        .train_loss = result.train_loss,
        .test_loss = test->samples ? test->loss : (double)NAN,
        .test_accuracy = test->samples ? test->accuracy : (double)NAN,
        .weights_xxh3 = result.weights_xxh3};
    if (status)
        snprintf(out->message, sizeof out->message, "%s", error.text);
    return (int)status;
}
