#include "api/resumption.h"

#include <stdlib.h>
#include <string.h>

#include "base/shown.h"
#include "api/identity.h"
#include "options/resume_place.h"
#include "run/checkpoint_read.h"
#include "run/run_reader.h"

static enum status find(
    struct resumption *resumption, const struct resume_place *place, struct error *error)
{
    enum { REPORT = 4000 };
    char report[REPORT], *line, *save = NULL;
    if (place->checkpoint[0]) {
        memcpy(resumption->path, place->checkpoint, sizeof resumption->path);
        return checkpoint_check(resumption->path, error);
    }
    enum status status =
        checkpoint_find(place->run, resumption->path, report, sizeof report, error);
    for (line = strtok_r(report, "\n", &save); !status && line; line = strtok_r(NULL, "\n", &save))
        fprintf(stderr, "lockstep: warning: %s; an earlier checkpoint is used\n", line);
    return status;
}

/* False: the run has ended, but a signal or a crash prevented its results. */
static bool has_results(const struct resume_place *place, enum stop_reason reason, int64_t step)
{
    struct json *summary;
    struct error ignored;
    run_read_summary(place->run, &summary, &ignored);
    const char *stopped_by = js_as_text(js_get(summary, "stopped_by"));
    bool same = stopped_by && strcmp(stopped_by, stop_reason_name(reason)) == 0 &&
                run_int(summary, "steps_done") == step;
    js_destroy(summary);
    return same;
}

/* Rank 0. */
static enum status read_start(struct resumption *resumption, const char *directory,
    struct session *session, struct error *error)
{
    const struct settings *settings = &session->job.settings;
    struct resume_state *start = &resumption->start;
    struct resume_place place = resume_place_of(directory);
    enum stop_reason reason;
    TRY(find(resumption, &place, error));
    TRY(checkpoint_read(
        resumption->path, settings, &resumption->identity, start, session->job.parameters, error));
    if (start->state.step > settings->plan.total_steps)
        return fail(error, STATUS_USAGE,
            "--resume %s: %s is past the end of the run, which is at step %lld by --epochs and "
            "--max-steps",
            directory, resumption->path, (long long)settings->plan.total_steps);
    if (!stop_is_over(&session->job.run.stop, &settings->plan, &start->state, &reason) ||
        !has_results(&place, reason, start->state.step))
        return STATUS_OK;
    resumption->nothing_left = true;
    printf("nothing left to do: the run in %s ended at step %lld, stopped by %s\n",
        SHOWN(place.run), (long long)start->state.step, stop_reason_name(reason));
    return STATUS_OK;
}

/* Rank 0. */
static enum status prepare(struct resumption *resumption, const struct options *options,
    struct session *session, struct error *error)
{
    TRY(identity_make(&resumption->identity, options, session, error));
    return resumption->resumes ? read_start(resumption, options->resume, session, error)
                               : STATUS_OK;
}

enum status resumption_prepare(struct resumption *resumption, const struct options *options,
    struct session *session, struct error *error)
{
    struct teams *teams = session->base.teams;
    struct comm *comm = teams_comm(teams);
    enum status status = STATUS_OK;
    *resumption = (struct resumption){.resumes = resume_wanted(options)};
    if (comm_rank(comm) == 0)
        status = prepare(resumption, options, session, error);
    TRY(comm_agree(comm, status, error));
    if (!resumption->resumes)
        return STATUS_OK;
    comm_broadcast(comm, &resumption->nothing_left, sizeof resumption->nothing_left);
    return resume_state_share(
        &resumption->start, session->job.parameters, &session->job.settings, teams, error);
}

void resumption_clear(struct resumption *resumption)
{
    identity_clear(&resumption->identity);
    resume_state_clear(&resumption->start);
}
