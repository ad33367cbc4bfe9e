#include "study/scaling_run.h"

#include <stdlib.h>

#include "comm/binding.h"

/* --- layouts ------------------------------------------------------------------------------- */

static enum status find_position(struct scaling_study *study, struct error *error)
{
    struct comm *comm = study->comm;
    int *machine;
    TRY(comm_gather_new(
        comm, &comm->machine, sizeof *machine, &machine, "the ranks' machines", error));
    study->position = layout_position(machine, comm->size, comm->rank);
    free(machine);
    return STATUS_OK;
}

static enum status split_one(struct scaling_study *study, int layout, int ranks,
    struct team_request request, struct error *error)
{
    int colour = study->position < ranks ? 0 : 1;
    enum status status = comm_split(&study->part[layout], study->comm, colour, error);
    if (!status)
        status = teams_create(&study->teams[layout], study->part[layout], request, error);
    return comm_agree(study->comm, status, error);
}

enum status scaling_split(struct scaling_study *study, const struct layout_list *layouts,
    struct team_request request, struct error *error)
{
    int ranks = study->comm->size;
    TRY(find_position(study, error));
    study->layouts = layouts->n;
    for (int i = 0; i < layouts->n; i++) {
        struct layout layout = layouts->item[i];
        if (layout.ranks > ranks)
            return fail(error, STATUS_USAGE,
                "--layouts %dx%d needs %d ranks, but there %s %d; start them with mpirun -n %d",
                layout.ranks, layout.threads, layout.ranks, ranks == 1 ? "is" : "are", ranks,
                layout.ranks);
        TRY(split_one(study, i, layout.ranks, request, error));
    }
    return STATUS_OK;
}

void scaling_join(struct scaling_study *study)
{
    for (int i = 0; i < study->layouts; i++) {
        teams_destroy(study->teams[i]);
        if (study->part[i] != comm_self())
            comm_destroy(study->part[i]);
    }
}

/* --- one run ------------------------------------------------------------------------------- */

enum status scaling_plan(struct scaling_study *study, struct scaling_case *of,
    const struct teams *teams, int64_t steps, struct error *error)
{
    struct plan *plan = &study->job->settings.plan;
    struct plan_request request = study->base.request;
    request.batch = of->batch;
    request.max_steps = steps > 0 ? steps : request.max_steps;
    request.teams = teams->count;
    request.ranks = of->layout.ranks;
    request.team_ranks = teams->team[0].size;
    request.threads = of->layout.threads;
    request.sample_flops = 0; /* use all requested threads, even if fewer would be faster */
    TRY(plan_make(plan, &request, error));
    of->slices = plan->stage[0].slices;
    return STATUS_OK;
}

enum status scaling_run_case(
    struct scaling_study *study, int i, scaling_run *run, void *result, struct error *error)
{
    struct scaling_case *of = &study->cases[i];
    struct teams *teams = study->teams[i % study->layouts];
    enum status status = STATUS_OK;
    if (study->position < of->layout.ranks) {
        struct binding *binding = NULL;
        if (study->bind)
            status = binding_take(&binding, teams->comm, of->layout.threads, error);
        if (!status)
            status = run(study, of, teams, result, error);
        study->job->settings.plan = study->base;
        binding_release(binding);
    }
    comm_rest(study->comm);
    return comm_agree_unnamed(study->comm, status, error);
}
