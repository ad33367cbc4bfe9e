#include "run/resume_state.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Rank 0's block, in pieces, to the first rank of every team; the others ignore it. */
static void send_block(struct teams *teams, float *block, int64_t n, float *scratch, int64_t piece)
{
    for (int64_t at = 0; at < n; at += piece) {
        float *to = teams_rank(teams) == 0 ? block + at : scratch;
        comm_broadcast(teams_comm(teams), to, (size_t)least(piece, n - at) * sizeof *to);
    }
}

/* The first ranks of teams need what rank 0 has already. */
static enum status take_blocks(struct resume_state *start, bool best,
    const struct settings *settings, struct teams *teams, struct error *error)
{
    size_t n = (size_t)settings->mlp.parameters;
    enum status status = STATUS_OK;
    if (teams_rank(teams) > 0 || comm_rank(teams_comm(teams)) == 0)
        return STATUS_OK;
    for (int i = 0; !status && i < optimizer_states(&settings->optimizer); i++)
        status =
            memory_take(&start->optimizer[i], n, sizeof(float), "the optimizer's state", error);
    if (!status && best)
        status = memory_take(&start->best, n, sizeof(float), "the best weights", error);
    return status;
}

enum status resume_state_share(struct resume_state *start, float *parameters,
    const struct settings *settings, struct teams *teams, struct error *error)
{
    enum { PIECE = 1 << 18 };
    struct comm *comm = teams_comm(teams);
    int64_t n = settings->mlp.parameters;
    bool best = start->best != NULL;
    float *scratch = NULL;
    comm_broadcast(comm, &start->state, sizeof start->state);
    comm_broadcast(comm, &best, sizeof best);
    enum status status = memory_take(
        &scratch, (size_t)least(n, PIECE), sizeof *scratch, "a checkpoint's arrays", error);
    if (!status)
        status = take_blocks(start, best, settings, teams, error);
    status = comm_agree(comm, status, error);
    if (!status) {
        send_block(teams, parameters, n, scratch, PIECE);
        for (int i = 0; i < optimizer_states(&settings->optimizer); i++)
            send_block(teams, start->optimizer[i], n, scratch, PIECE);
        if (best)
            send_block(teams, start->best, n, scratch, PIECE);
        comm_barrier(comm);
    }
    free(scratch);
    return status;
}

void resume_state_drop_arrays(struct resume_state *start)
{
    for (int i = 0; i < OPTIMIZER_STATES_MAX; i++) {
        free(start->optimizer[i]);
        start->optimizer[i] = NULL;
    }
    free(start->best);
    start->best = NULL;
}

void resume_state_clear(struct resume_state *start)
{
    resume_state_drop_arrays(start);
    memset(start, 0, sizeof *start);
}
