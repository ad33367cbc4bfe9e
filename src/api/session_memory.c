#include "api/session_memory.h"

#include "options/data_defaults.h"
#include "options/training_settings.h"
#include "options/resume_place.h"

struct run_sets session_sets(const struct session *session)
{
    struct run_sets sets = {.validation = session->validation_part.size,
        .test = session->test_part.size,
        .evaluates = session->job.run.eval_every.unit != EVAL_NEVER,
        .checkpoints = true};
    run_sets_keep(&sets, &session->job.run.stop);
    run_sets_add(&sets, &session->train);
    run_sets_add(&sets, &session->validation);
    run_sets_add(&sets, &session->test);
    run_sets_add_numbers(&sets, &session->train_part);
    run_sets_add_numbers(&sets, &session->validation_part);
    run_sets_add_numbers(&sets, &session->test_part);
    return sets;
}

struct run_memory session_memory(const struct session *session)
{
    struct run_sets sets = session_sets(session);
    return session_base_memory(&session->base, &session->job.settings, &sets);
}

/* Returns the memory for the batch size that needs the most. */
static struct run_memory largest_memory(const struct session *session, const struct run_sets *sets)
{
    const struct options *options = &session->options;
    struct settings settings = session->job.settings;
    struct run_memory most = session_base_memory(&session->base, &settings, sets);
    for (int i = 1; i < options->batch.n; i++) {
        struct plan_request request = settings.plan.request;
        struct error ignored; /* reported when that batch size is used */
        request.batch = options->batch.item[i];
        if (plan_make(&settings.plan, &request, &ignored))
            continue;
        struct run_memory memory = session_base_memory(&session->base, &settings, sets);
        if (memory.most > most.most)
            most = memory;
    }
    return most;
}

enum status session_check_memory(struct session *session, struct error *error)
{
    const struct options *options = &session->options;
    struct run_sets sets = session_sets(session);
    sets.checkpoints = options->command == COMMAND_TRAIN;
    sets.resumes = resume_wanted(options);
    struct run_memory memory = session_trains(options)
                                   ? largest_memory(session, &sets)
                                   : session_base_memory(&session->base, NULL, &sets);
    if (!session_trains(options) && options->init_from[0])
        memory.part[MEMORY_WEIGHTS] = session->job.settings.mlp.parameters * (int64_t)sizeof(float);
    run_memory_sum(&memory);
    return memory_agree(&memory, &session->base, error);
}

/* --- while reading data -------------------------------------------------------------------- */

/* Makes the settings of a run on data of this shape. False if no such run is possible; the reason
 * is reported later. */
static bool draft(
    struct settings *settings, struct run_sets *sets, const struct session_room *asked)
{
    const struct session *session = asked->session;
    struct options options = *asked->options;
    const struct dataset *first = &asked->first;
    struct error ignored;
    struct split_counts split;
    int64_t outputs = first->classes > 0 ? first->classes : first->outputs;
    *settings = session->job.settings;
    if (!session_trains(&options) || first->samples == 0 ||
        options_split(&options, first->samples, &split, &ignored) ||
        mlp_init(&settings->mlp, first->features, options.hidden.item, options.hidden.n, outputs,
            &ignored))
        return false;
    int64_t held_out = split.validation + split.test;
    struct data_facts facts = data_facts_of(first, first->samples - held_out);
    data_defaults_settle(&options, &facts);
    training_settings_settings(&options, settings);
    settings->criterion.kind = first->classes > 0 ? LOSS_CROSS_ENTROPY : LOSS_MSE;
    sets->evaluates = options.eval_every.unit != EVAL_NEVER;
    run_sets_keep(sets, &options.stop);
    sets->numbers = held_out > 0 ? first->samples * (int64_t)sizeof(int64_t) : 0;
    sets->test = split.test > 0 ? split.test : asked->samples - first->samples;
    sets->validation = split.validation;
    sets->checkpoints = options.command == COMMAND_TRAIN;
    sets->resumes = resume_wanted(&options);
    return session_plan(session, &options, first->samples - held_out, settings, &ignored) ==
           STATUS_OK;
}

/* Checks the memory for the data alone first, since planning for more samples than fit into any
 * memory would take long. */
static enum status judge(const struct session_room *asked, const struct run_sets *sets,
    const char *what, struct error *warning, struct error *error)
{
    const struct session_base *base = asked->base;
    struct settings settings;
    struct run_sets run = *sets;
    struct run_memory memory = session_base_memory(base, NULL, sets);
    enum status status = memory_judge(&memory, base, what, warning, error);
    bool too_much = base->limits.most > 0 && memory.most > base->limits.most;
    if (too_much || !draft(&settings, &run, asked))
        return status;
    memory = session_base_memory(base, &settings, &run);
    return memory_judge(&memory, base, what, warning, error);
}

struct source_request session_request(
    struct session *session, const struct options *options, struct session_room *asked)
{
    *asked = (struct session_room){
        .base = &session->base, .judge = judge, .session = session, .options = options};
    return session_base_request(asked, training_settings_task(options));
}
