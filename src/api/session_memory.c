#include "api/session_memory.h"

#include <stdio.h>

#include "base/text.h"
#include "options/training_settings.h"
#include "options/resume_place.h"

/* --- for any command ----------------------------------------------------------------------- */

enum status memory_judge(const struct run_memory *memory, const struct memory_limits *limits,
    const char *what, bool force, struct error *warning, struct error *error)
{
    warning->text[0] = '\0';
    enum status status = run_memory_check(memory, limits, what, error);
    if (status && force)
        *warning = *error;
    else if (!status)
        run_memory_is_scarce(memory, limits, warning);
    return force ? STATUS_OK : status;
}

void memory_warn(const struct error *warning, bool *warned)
{
    if (!*warned)
        fprintf(stderr, "lockstep: warning: %s\n", warning->text);
    *warned = true;
}

enum status memory_agree(const struct run_memory *memory, const struct memory_limits *limits,
    bool force, struct comm *comm, bool *warned, struct error *error)
{
    struct error warning;
    enum status status =
        comm_agree(comm, memory_judge(memory, limits, "", force, &warning, error), error);
    if (status)
        return status;
    /* Agreed as a failure is, so that rank 0 gets the warning of any machine. */
    status = comm_agree(comm, warning.text[0] ? STATUS_NO_RESOURCE : STATUS_OK, &warning);
    if (status && comm_rank(comm) == 0)
        memory_warn(&warning, warned);
    return STATUS_OK;
}

/* --- of a session -------------------------------------------------------------------------- */

struct run_sets session_sets(const struct session *session)
{
    struct run_sets sets = {.validation = session_validation_samples(session),
        .test = session_test_samples(session),
        .evaluates = session->job.run.eval_unit != EVAL_NEVER,
        .keeps_best = session->job.run.stop.early,
        .checkpoints = true};
    run_sets_add(&sets, &session->train);
    run_sets_add(&sets, &session->validation);
    run_sets_add(&sets, &session->test);
    run_sets_add_numbers(&sets, &session->train_part);
    run_sets_add_numbers(&sets, &session->validation_part);
    return sets;
}

/* Memory of all teams on this machine; settings NULL: of the data alone. */
static struct run_memory memory_here(
    const struct teams *teams, const struct settings *settings, const struct run_sets *sets)
{
    struct run_memory memory = {.all = 0};
    for (int team = 0; team < teams_count(teams); team++)
        if (teams_here(teams, team))
            run_memory_add(&memory, settings, sets, team, teams_size(teams, team),
                comm_size(teams_comm(teams)) > 1);
    return memory;
}

struct run_memory session_memory(const struct session *session)
{
    struct run_sets sets = session_sets(session);
    return memory_here(session->teams, &session->job.settings, &sets);
}

/* The memory with the batch size that needs most. */
static struct run_memory largest_memory(
    const struct session *session, const struct options *options, const struct run_sets *sets)
{
    struct settings settings = session->job.settings;
    struct run_memory most = memory_here(session->teams, &settings, sets);
    for (int i = 1; i < options->batch.n; i++) {
        struct plan_request request = settings.plan.request;
        struct error ignored; /* reported when that batch size is used */
        request.batch = options->batch.item[i];
        if (plan_make(&settings.plan, &request, &ignored))
            continue;
        struct run_memory memory = memory_here(session->teams, &settings, sets);
        if (memory.most > most.most)
            most = memory;
    }
    return most;
}

enum status session_check_memory(
    struct session *session, const struct options *options, struct error *error)
{
    struct run_sets sets = session_sets(session);
    sets.checkpoints = options->command == COMMAND_TRAIN;
    sets.resumes = resume_wanted(options);
    struct run_memory memory = session_trains(options) ? largest_memory(session, options, &sets)
                                                       : memory_here(session->teams, NULL, &sets);
    if (!session_trains(options) && options->init_from[0])
        memory.part[MEMORY_WEIGHTS] = session->job.settings.mlp.parameters * (int64_t)sizeof(float);
    run_memory_sum(&memory);
    return memory_agree(&memory, &session->limits, options->force_memory,
        teams_comm(session->teams), &session->memory_warned, error);
}

/* --- while data are read ------------------------------------------------------------------- */

/* The settings of a run on data of this shape. False: there are none; the reason is reported
 * later. */
static bool draft(
    struct settings *settings, struct run_sets *sets, const struct session_room *asked)
{
    const struct options *options = asked->options;
    const struct dataset *first = &asked->first;
    struct error ignored;
    int64_t n_validation, outputs = first->classes > 0 ? first->classes : first->outputs;
    *settings = asked->session->job.settings;
    if (!session_trains(options) || first->samples == 0 ||
        options_split(options, first->samples, &n_validation, &ignored) ||
        mlp_init(&settings->mlp, first->features, options->hidden.item, options->hidden.n, outputs,
            &ignored))
        return false;
    training_settings_settings(options, settings);
    settings->criterion.kind = first->classes > 0 ? LOSS_CROSS_ENTROPY : LOSS_MSE;
    sets->evaluates = options->eval_every.unit != EVAL_NEVER;
    sets->keeps_best = options->stop.early;
    sets->numbers = n_validation > 0 ? first->samples * (int64_t)sizeof(int64_t) : 0;
    sets->validation += n_validation;
    sets->checkpoints = options->command == COMMAND_TRAIN;
    sets->resumes = resume_wanted(options);
    return session_plan(asked->session, options, first->samples - n_validation, settings,
               &ignored) == STATUS_OK;
}

/* Checks the data alone first: a plan for more samples than fit into any memory would take long. */
static enum status judge(const struct session_room *asked, int64_t besides, const char *what,
    struct error *warning, struct error *error)
{
    const struct session *session = asked->session;
    bool force = asked->options->force_memory;
    struct settings settings;
    struct run_sets sets = asked->sets;
    sets.besides = besides;
    struct run_memory memory = memory_here(session->teams, NULL, &sets);
    enum status status = memory_judge(&memory, &session->limits, what, force, warning, error);
    bool too_much = session->limits.most > 0 && memory.most > session->limits.most;
    if (too_much || !draft(&settings, &sets, asked))
        return status;
    memory = memory_here(session->teams, &settings, &sets);
    return memory_judge(&memory, &session->limits, what, force, warning, error);
}

static enum status ask(void *context, const struct dataset *set, int64_t besides, const char *what,
    struct error *error)
{
    struct session_room *asked = context;
    struct session *session = asked->session;
    struct error warning;
    if (set && asked->first.samples == 0)
        asked->first = *set;
    else if (set)
        asked->sets.test += set->samples;
    if (set)
        run_sets_add(&asked->sets, set);
    enum status status = judge(asked, besides, what, &warning, error);
    if (set && warning.text[0] && comm_rank(teams_comm(session->teams)) == 0)
        memory_warn(&warning, &session->memory_warned);
    return status;
}

void session_room_init(
    struct session_room *asked, struct session *session, const struct options *options)
{
    *asked = (struct session_room){.room = {ask, asked}, .session = session, .options = options};
}
