#include "api/model_session.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/definition.h"
#include "base/shown.h"
#include "base/text.h"
#include "options/training_settings.h"
#include "api/shared_data.h"
#include "comm/machine.h"
#include "model/evaluate.h"
#include "model/class_metrics.h"
#include "model/model_read.h"
#include "run/model_set.h"

/* Reads the network from the model's file, without its weights. */
static enum status find_network(
    struct model_session *session, const struct options *options, struct error *error)
{
    struct settings *settings = &session->settings;
    TRY(model_file_path(session->path, options->model, error));
    TRY(model_read_network(session->path, &settings->mlp, error));
    settings->kernel = session->base.kernel;
    settings->plan.threads = session->base.affinity.threads;
    panels_init(&session->panels, &settings->mlp, &settings->kernel, machine_l2_bytes());
    return STATUS_OK;
}

static enum status read_model(struct model_session *session, struct error *error)
{
    struct settings *settings = &session->settings;
    TRY(model_read(session->path, &session->model, error));
    settings->mlp = session->model.mlp;
    settings->criterion = session->model.criterion;
    TRY(encoding_counts_init(&session->counts, &session->model.input, error));
    return outputs_weights(
        &session->weights, &session->panels, &settings->mlp, session->model.parameters, error);
}

static void note_definition(const struct model_session *session)
{
    if (session->model.definition != DEFINITION)
        messages_tell(&session->base.messages,
            "note: %s was trained under definition %" PRId64
            " of sums and random draws, but this version has definition %d: results may differ "
            "in their last digits",
            session->path, session->model.definition, DEFINITION);
}

/* --- memory -------------------------------------------------------------------------------- */

/* Returns the memory that all ranks of this machine need to evaluate the data. */
static int64_t evaluation_bytes(
    const struct model_session *session, const struct options *options, int64_t samples)
{
    const struct mlp *mlp = &session->settings.mlp;
    struct comm *comm = session->base.teams->comm;
    int64_t outputs = mlp->width[mlp->layers], threads = session->base.affinity.threads;
    int64_t ranks = comm->local_size;
    if (options->command == COMMAND_EVAL)
        return ranks * (evaluator_bytes(session->settings.criterion.kind, &session->panels,
                            (int)threads, samples) +
                           auc_bytes(samples, outputs, comm->size));
    /* rank 0 stores the rows of all ranks */
    int64_t rows = ranks > 1 ? ranks + comm->size : 1;
    return ranks * outputs_bytes(&session->panels, (int)threads) +
           rows * threads * PREDICT_BLOCKS * KERNEL_BLOCK * outputs * (int64_t)sizeof(float);
}

/* Returns the memory of all ranks of this machine. Each rank has its own copy of the model. */
static struct run_memory memory_here(const struct model_session *session,
    const struct options *options, const struct run_sets *sets, int64_t samples)
{
    const struct panels *panels = &session->panels;
    int64_t floats = session->settings.mlp.parameters + panels->parameters + panels->derived;
    int64_t ranks = session->base.teams->comm->local_size;
    struct run_memory memory = session_base_memory(&session->base, NULL, sets);
    memory.cure =
        "fewer ranks, since each has a copy of the model, with more --threads; data in an "
        "NPY file, which is mapped, or in parts";
    memory.part[MEMORY_WEIGHTS] = ranks * floats * (int64_t)sizeof(float);
    memory.part[MEMORY_EVALUATION] = evaluation_bytes(session, options, samples);
    memory.reading += memory.part[MEMORY_WEIGHTS];
    run_memory_sum(&memory);
    return memory;
}

static enum status judge(const struct session_room *asked, const struct run_sets *sets,
    const char *what, struct error *warning, struct error *error)
{
    struct run_memory memory = memory_here(asked->session, asked->options, sets, asked->samples);
    return memory_judge(&memory, asked->base, what, warning, error);
}

/* --- the model ----------------------------------------------------------------------------- */

enum status model_session_open(struct model_session *session, const struct options *options,
    struct comm *comm, struct error *error)
{
    const struct run_sets none = {.bytes = 0};
    *session = (struct model_session){.base.messages = session->base.messages};
    TRY(session_base_open(&session->base, options, comm, true, error));
    TRY(comm_agree(comm, find_network(session, options, error), error));
    struct run_memory memory = memory_here(session, options, &none, 0);
    TRY(memory_agree(&memory, &session->base, error));
    TRY(comm_agree(comm, read_model(session, error), error));
    if (comm->rank == 0)
        note_definition(session);
    return STATUS_OK;
}

void model_session_close(struct model_session *session)
{
    dataset_unshare(&session->data, session->base.teams);
    outputs_weights_clear(&session->weights);
    encoding_counts_clear(&session->counts);
    model_clear(&session->model);
    session_base_close(&session->base);
    memset(session, 0, sizeof *session);
}

static bool classifies(const struct model *model)
{
    return model->criterion.kind == LOSS_CROSS_ENTROPY;
}

void model_set_request(const struct model *model, bool labelled, struct source_request *request)
{
    bool classes = classifies(model);
    request->task = !labelled ? TASK_NONE : classes ? TASK_CLASSES : TASK_VALUES;
    request->feature_name = model->feature_name;
    request->features = model->input.columns;
    request->levels = &model->input.levels;
    request->model_missing = model->missing;
    request->model_weight = labelled ? model->weight_name : NULL;
    request->label_name = classes ? model->label_name : model->output_name;
    request->label_columns = classes ? 1 : model->mlp.width[model->mlp.layers];
}

struct source_request model_session_request(struct model_session *session,
    const struct options *options, bool labelled, struct session_room *asked)
{
    *asked = (struct session_room){
        .base = &session->base, .judge = judge, .session = session, .options = options};
    struct source_request request = session_base_request(asked, TASK_NONE);
    model_set_request(&session->model, labelled, &request);
    return request;
}

struct dataset model_training_data(const struct model *model, const char *name)
{
    int64_t outputs = model->mlp.width[model->mlp.layers];
    bool classes = classifies(model);
    struct dataset trained = {.features = model->input.columns,
        .classes = classes ? outputs : 0,
        .outputs = classes ? 0 : outputs,
        .class_name = classes ? model->output_name : NULL,
        .feature_name = model->feature_name,
        .levels = model->input.levels};
    snprintf(trained.name, sizeof trained.name, "of %.240s", name);
    return trained;
}

enum status model_session_match(
    const struct model_session *session, struct dataset *data, struct error *error)
{
    struct dataset trained = model_training_data(&session->model, session->path);
    return dataset_match(&trained, data, error);
}

/* Reads the data on one rank of each team. */
static enum status read_and_match(struct model_session *session, const struct options *options,
    bool labelled, struct error *error)
{
    struct session_room asked;
    struct source_request request = model_session_request(session, options, labelled, &asked);
    TRY(source_read_held_out(&request, ROLE_TEST, &session->data, error));
    TRY(model_session_match(session, &session->data, error));
    return session->model.criterion.kind == LOSS_BCE
               ? training_settings_check_probabilities(&session->data, error)
               : STATUS_OK;
}

enum status model_session_read(struct model_session *session, const struct options *options,
    bool labelled, struct comm *comm, struct error *error)
{
    struct teams *teams = session->base.teams;
    bool reads = teams->rank == 0;
    TRY(comm_agree(
        comm, reads ? read_and_match(session, options, labelled, error) : STATUS_OK, error));
    TRY(comm_agree(comm, dataset_share(&session->data, teams, error), error));
    if (comm->rank == 0) {
        dataset_tell_note(&session->base.messages, &session->data);
        if (labelled && session->model.weight_name && !session->data.weight)
            messages_tell(&session->base.messages,
                "note: trained with the weight column %s; %s is read without weights, so every "
                "sample counts 1",
                SHOWN(session->model.weight_name), SHOWN(session->data.name));
        model_session_count(session, &session->data);
        model_session_print_counts(session, session->data.name);
    }
    model_session_load(session, &session->data);
    return STATUS_OK;
}

void model_session_count(struct model_session *session, const struct dataset *data)
{
    encoding_counts_add(&session->counts, vector_of(session->settings.kernel.level), data);
}

void model_session_print_counts(const struct model_session *session, const char *data)
{
    char text[ENCODING_COUNTS_TEXT];
    encoding_counts_text(&session->counts, session->model.feature_name, text);
    if (text[0])
        messages_tell(&session->base.messages,
            "note: %s: values that the model has no input for: %s", SHOWN(data), SHOWN(text));
}

/* The message names the inputs as the cause: the weights are finite, since model_read() rejects a
 * model whose weights are not. */
enum status model_session_check_predictions(const struct model_session *session, const char *data,
    int64_t samples, int64_t not_finite, const char *place, const char *cure, struct error *error)
{
    if (not_finite == 0)
        return STATUS_OK;
    return fail(error, STATUS_BAD_DATA,
        "%s: the predictions for %s of %s samples of %s are not finite, the first at %s: these "
        "inputs are too large for the weights; compare them with the training data%s",
        session->path, GROUPED(not_finite), GROUPED(samples), data, place, cure);
}

void model_session_load(struct model_session *session, const struct dataset *data)
{
    const struct model *model = &session->model;
    session->all = (struct subset){.size = data->samples};
    session->loader = (struct loader){.dataset = data,
        .subset = &session->all,
        .encoding = &model->input,
        .vector = vector_of(session->settings.kernel.level),
        .target_scale = model->target.features > 0 ? &model->target : NULL};
}
