#include "cli/model_session.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/recipe.h"
#include "cli/shared_data.h"
#include "comm/machine.h"
#include "comm/threads.h"

static enum status read_model(
    struct model_session *session, const struct options *options, struct error *error)
{
    enum status status = STATUS_OK;
    if (file_is_directory(options->model))
        status = file_path(session->path, options->model, "model.safetensors", error);
    else
        snprintf(session->path, FILE_PATH_MAX, "%s", options->model);
    return status ? status : model_read(session->path, &session->model, error);
}

static enum status prepare_network(struct model_session *session, struct error *error)
{
    struct settings *settings = &session->settings;
    struct machine machine;
    machine_read(&machine);
    settings->mlp = session->model.mlp;
    settings->criterion = session->model.criterion;
    settings->plan.threads = session->affinity.threads;
    panels_init(&session->panels, &settings->mlp, &settings->kernel, machine.l2_bytes);
    return outputs_weights(
        &session->weights, &session->panels, &settings->mlp, session->model.parameters, error);
}

enum status model_session_open(struct model_session *session, const struct options *options,
    struct comm *comm, struct error *error)
{
    memset(session, 0, sizeof *session);
    enum status status = affinity_settle(&session->affinity, comm, (int)options->threads, error);
    if (!status)
        status = comm_agree(comm, team_probe(session->affinity.threads, error), error);
    if (!status)
        status = teams_create(&session->teams, comm, options->team, error);
    if (!status)
        status = common_kernel_choose(
            options->kernel, comm, &session->settings.kernel, session->kernel_note, error);
    if (!status)
        status = comm_agree(comm, read_model(session, options, error), error);
    if (!status)
        status = comm_agree(comm, prepare_network(session, error), error);
    if (status)
        model_session_close(session);
    return status;
}

void model_session_close(struct model_session *session)
{
    dataset_unshare(&session->data, session->teams);
    outputs_weights_clear(&session->weights);
    model_clear(&session->model);
    teams_destroy(session->teams);
    memset(session, 0, sizeof *session);
}

static bool classifies(const struct model_session *session)
{
    return session->model.criterion.kind == LOSS_CROSS_ENTROPY;
}

struct source_request model_session_request(
    const struct model_session *session, const struct options *options, bool labelled)
{
    return (struct source_request){.data = options->data,
        .labels = *options->labels ? options->labels : NULL,
        .label = *options->label ? options->label : NULL,
        .header = options->header,
        .task = !labelled             ? TASK_NONE
                : classifies(session) ? TASK_CLASSES
                                      : TASK_VALUES,
        .threads = session->affinity.threads,
        .feature_name = session->model.feature_name,
        .features = session->model.mlp.width[0]};
}

/* As if the model's data were there: what they were is what it takes. */
enum status model_session_match(
    const struct model_session *session, struct dataset *data, struct error *error)
{
    const struct model *model = &session->model;
    int64_t outputs = model->mlp.width[model->mlp.layers];
    bool classes = classifies(session);
    struct dataset trained = {.features = model->mlp.width[0],
        .classes = classes ? outputs : 0,
        .outputs = classes ? 0 : outputs,
        .class_name = classes ? model->output_name : NULL,
        .feature_name = model->feature_name};
    snprintf(trained.name, sizeof trained.name, "of %.240s", session->path);
    return dataset_match(&trained, data, error);
}

/* By one rank of each team. */
static enum status read_and_match(struct model_session *session, const struct options *options,
    bool labelled, struct error *error)
{
    struct source_request request = model_session_request(session, options, labelled);
    enum status status = source_read_held_out(&request, ROLE_TEST, &session->data, error);
    if (!status)
        status = model_session_match(session, &session->data, error);
    if (!status && session->model.criterion.kind == LOSS_BCE)
        status = recipe_check_probabilities(&session->data, error);
    return status;
}

enum status model_session_read(struct model_session *session, const struct options *options,
    bool labelled, struct comm *comm, struct error *error)
{
    enum status status = STATUS_OK;
    if (teams_rank(session->teams) == 0)
        status = read_and_match(session, options, labelled, error);
    status = comm_agree(comm, status, error);
    if (!status)
        status = comm_agree(comm, dataset_share(&session->data, session->teams, error), error);
    if (!status)
        model_session_load(session, &session->data);
    return status;
}

/* Weights are finite, or model_read() would have refused them. */
enum status model_session_check_answers(const struct model_session *session, const char *data,
    int64_t samples, int64_t not_finite, const char *place, const char *cure, struct error *error)
{
    char some[32], all[32];
    if (not_finite == 0)
        return STATUS_OK;
    return fail(error, STATUS_BAD_DATA,
        "%s: %s of %s samples of %s get answers that are not finite, the first at %s: these inputs "
        "are "
        "too large for its weights; compare them with the training data%s",
        session->path, text_grouped(not_finite, some), text_grouped(samples, all), data, place,
        cure);
}

void model_session_load(struct model_session *session, const struct dataset *data)
{
    const struct model *model = &session->model;
    session->all = (struct subset){.size = data->samples};
    session->loader = (struct loader){.dataset = data,
        .subset = &session->all,
        .scale = &model->input,
        .vector = vector_of(session->settings.kernel.level),
        .target_scale = model->target.features > 0 ? &model->target : NULL};
}
