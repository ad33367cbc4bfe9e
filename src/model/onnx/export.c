#include "model/onnx/export.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "base/text.h"
#include "commit.h"
#include "data/names.h"
#include "data/word_set.h"
#include "model/model_read.h"
#include "model/onnx/network.h"

/* Numbers of fields, by message. */
enum {
    MODEL_IR = 1,
    MODEL_PRODUCER,
    MODEL_VERSION,
    MODEL_GRAPH = 7,
    MODEL_OPSET,
    MODEL_METADATA = 14
};
enum { GRAPH_TITLE = 2, OPSET_DOMAIN = 1, OPSET_VERSION, ENTRY_KEY = 1, ENTRY_VALUE };

struct conversion {
    const char *const *path;
    int64_t models;
    struct model *model; /* [models] */
    char **name;         /* of the graph's inputs */
    struct onnx_graph graph;
    struct onnx_scores *scores; /* [models] */
};

static int64_t outputs_of(const struct model *model)
{
    return model->mlp.width[model->mlp.layers];
}

/* --- reading ------------------------------------------------------------------------------- */

/* A file is one message of Protocol Buffers, and readers refuse longer ones. */
static enum status check_size(
    const struct conversion *conversion, int64_t bytes, struct error *error)
{
    return bytes <= INT32_MAX ? STATUS_OK
                              : fail(error, STATUS_CANNOT_CREATE,
                                    "%s has %s of weights and constants, but an ONNX file has at "
                                    "most 2 GiB; train a smaller "
                                    "network, or use the .safetensors file, which PyTorch reads",
                                    conversion->path[0], BYTES((double)bytes));
}

/* Checks the size before the weights are read. */
static enum status check_weights(const struct conversion *conversion, struct error *error)
{
    int64_t bytes = 0;
    for (int64_t i = 0; i < conversion->models; i++) {
        struct mlp mlp;
        TRY(model_read_network(conversion->path[i], &mlp, error));
        bytes += mlp.parameters * (int64_t)sizeof(float);
    }
    return check_size(conversion, bytes, error);
}

/* True if both models take the same table and give the same outputs. */
static bool have_equal_ends(const struct model *a, const struct model *b)
{
    bool equal = a->input.columns == b->input.columns && outputs_of(a) == outputs_of(b) &&
                 a->criterion.kind == b->criterion.kind && !a->feature_name == !b->feature_name &&
                 !a->output_name == !b->output_name;
    for (int64_t c = 0; equal && c < a->input.columns; c++)
        equal = !levels_in(&a->input.levels, c) == !levels_in(&b->input.levels, c) &&
                (!a->feature_name || strcmp(a->feature_name[c], b->feature_name[c]) == 0);
    for (int64_t j = 0; equal && a->output_name && j < outputs_of(a); j++)
        equal = strcmp(a->output_name[j], b->output_name[j]) == 0;
    return equal;
}

static enum status read_models(struct conversion *conversion, struct error *error)
{
    TRY(check_weights(conversion, error));
    TRY(memory_take(&conversion->model, (size_t)conversion->models, sizeof *conversion->model,
        "the models", error));
    TRY(memory_take(&conversion->scores, (size_t)conversion->models, sizeof *conversion->scores,
        "the models", error));
    for (int64_t i = 0; i < conversion->models; i++) {
        TRY(model_read(conversion->path[i], &conversion->model[i], error));
        if (!have_equal_ends(&conversion->model[0], &conversion->model[i]))
            return fail(error, STATUS_BAD_DATA,
                "%s and %s have different columns or outputs, so they cannot be in one ONNX file; "
                "export one of them",
                conversion->path[0], conversion->path[i]);
    }
    return STATUS_OK;
}

/* --- names of inputs ----------------------------------------------------------------------- */

/* Adds a name to the set of those used, if it is new. */
static enum status use_name(
    struct word_set *used, const char *name, bool *is_new, struct error *error)
{
    int32_t number;
    int64_t known = used->n;
    TRY(word_set_put(used, name, strlen(name), &number, error));
    *is_new = used->n > known;
    return STATUS_OK;
}

static enum status name_column(struct word_set *used, const struct model *model, int64_t c,
    char *out, size_t size, struct error *error)
{
    const char *name = model->feature_name ? model->feature_name[c] : "";
    bool is_new = false;
    snprintf(out, size, "%s", name);
    if (*name && *name != '/')
        TRY(use_name(used, out, &is_new, error));
    if (is_new)
        return STATUS_OK;
    snprintf(out, size, "input %" PRId64 "%s%s", c + 1, *name ? ": " : "", name);
    TRY(use_name(used, out, &is_new, error));
    return is_new ? STATUS_OK
                  : fail(error, STATUS_BAD_DATA,
                        "two inputs of the ONNX file would be called \"%.100s\"; rename columns, "
                        "and train again",
                        out);
}

static enum status name_columns(
    struct conversion *conversion, struct word_set *used, struct error *error)
{
    static const char *const outputs[] = {"label", "probabilities", "value"};
    const struct model *model = &conversion->model[0];
    const size_t more = sizeof "input : " + 20;
    int64_t n = model->input.columns;
    size_t size = (size_t)n * more;
    for (int64_t c = 0; model->feature_name && c < n; c++)
        size += strlen(model->feature_name[c]);
    bool is_new;
    for (int i = 0; i < 3; i++)
        TRY(use_name(used, outputs[i], &is_new, error));
    TRY(names_take(&conversion->name, n, size, "the names of inputs", error));
    char *text = conversion->name[0];
    for (int64_t c = 0; c < n; c++) {
        size_t room = more + (model->feature_name ? strlen(model->feature_name[c]) : 0);
        TRY(name_column(used, model, c, text, room, error));
        text += strlen(text) + 1;
    }
    names_index(conversion->name, n);
    return STATUS_OK;
}

static enum status add_inputs(struct conversion *conversion, struct error *error)
{
    const struct model *model = &conversion->model[0];
    struct word_set used = {.n = 0};
    if (!onnx_columns_are_separate(model)) {
        TRY(names_make(&conversion->name, 1, "features", sizeof "features", "a name", error));
        onnx_input(&conversion->graph, conversion->name[0], ONNX_FLOAT, model->input.columns);
        return STATUS_OK;
    }
    enum status status = name_columns(conversion, &used, error);
    word_set_clear(&used);
    for (int64_t c = 0; c < model->input.columns && !status; c++)
        onnx_input(&conversion->graph, conversion->name[c],
            levels_in(&model->input.levels, c) > 0 ? ONNX_STRING : ONNX_FLOAT, 1);
    return status;
}

/* --- models and outputs -------------------------------------------------------------------- */

static enum status add_model(struct conversion *conversion, int64_t i, struct error *error)
{
    struct onnx_graph *graph = &conversion->graph;
    const struct model *model = &conversion->model[i];
    struct onnx_inputs inputs;
    if (conversion->models > 1)
        snprintf(graph->prefix, sizeof graph->prefix, "fold%" PRId64 "/", i + 1);
    TRY(onnx_inputs_add(graph, model, conversion->name, &inputs, error));
    return onnx_network(graph, model, &inputs, &conversion->scores[i], error);
}

/* Returns the mean of the probabilities or values of several models, from which labels follow. */
static struct onnx_scores mean_of(struct conversion *conversion)
{
    struct onnx_graph *graph = &conversion->graph;
    graph->prefix[0] = '\0';
    struct onnx_node node = onnx_begin(graph, "Mean");
    for (int64_t i = 0; i < conversion->models; i++)
        onnx_take(graph, conversion->scores[i].result.name);
    struct onnx_value mean = onnx_end(graph, node);
    return (struct onnx_scores){mean, mean, 0.5F};
}

static enum status add_models(struct conversion *conversion, struct error *error)
{
    for (int64_t i = 0; i < conversion->models; i++)
        TRY(add_model(conversion, i, error));
    struct onnx_scores scores =
        conversion->models > 1 ? mean_of(conversion) : conversion->scores[0];
    return onnx_network_outputs(&conversion->graph, &conversion->model[0], &scores, error);
}

/* --- the file ------------------------------------------------------------------------------ */

static void add_entry(struct protobuf *file, const char *prefix, const char *key, const char *value)
{
    char whole[256];
    size_t place = protobuf_begin(file, MODEL_METADATA);
    snprintf(whole, sizeof whole, "%s%s", prefix, key);
    protobuf_text(file, ENTRY_KEY, whole);
    protobuf_text(file, ENTRY_VALUE, value);
    protobuf_end(file, place);
}

/* Adds the metadata of a model's file. */
static enum status add_metadata(struct conversion *conversion, int64_t i, struct error *error)
{
    struct protobuf *file = &conversion->graph.to;
    const struct model *model = &conversion->model[i];
    struct safetensors safetensors;
    char prefix[32] = "", hash[32];
    if (conversion->models > 1)
        snprintf(prefix, sizeof prefix, "fold%" PRId64 "/", i + 1);
    TRY(safetensors_open(&safetensors, conversion->path[i], error));
    const struct json *metadata = js_get(safetensors.header, "__metadata__");
    for (size_t k = 0; k < js_size(metadata); k++) {
        const char *key = js_key(metadata, k), *value = js_as_text(js_get(metadata, key));
        if (value)
            add_entry(file, prefix, key, value);
    }
    safetensors_close(&safetensors);
    snprintf(hash, sizeof hash, "%016" PRIx64,
        hash_bytes(model->parameters, (size_t)model->mlp.parameters * sizeof(float), 0));
    add_entry(file, prefix, "weights_xxh3", hash);
    return STATUS_OK;
}

static void add_opset(struct protobuf *file, const char *domain, int64_t version)
{
    size_t place = protobuf_begin(file, MODEL_OPSET);
    protobuf_text(file, OPSET_DOMAIN, domain);
    protobuf_int(file, OPSET_VERSION, version);
    protobuf_end(file, place);
}

static enum status convert(struct conversion *conversion, struct error *error)
{
    struct protobuf *file = &conversion->graph.to;
    TRY(read_models(conversion, error));
    protobuf_int(file, MODEL_IR, ONNX_IR);
    protobuf_text(file, MODEL_PRODUCER, "lockstep");
    protobuf_text(file, MODEL_VERSION, LOCKSTEP_VERSION);
    size_t graph = protobuf_begin(file, MODEL_GRAPH);
    protobuf_text(file, GRAPH_TITLE, "lockstep");
    TRY(add_inputs(conversion, error));
    TRY(add_models(conversion, error));
    protobuf_end(file, graph);
    add_opset(file, "", ONNX_OPSET);
    add_opset(file, "ai.onnx.ml", ONNX_ML_OPSET);
    for (int64_t i = 0; i < conversion->models; i++)
        TRY(add_metadata(conversion, i, error));
    if (file->failed)
        return fail(
            error, STATUS_NO_RESOURCE, "no memory for the ONNX file of %s", conversion->path[0]);
    return check_size(conversion, (int64_t)file->size, error);
}

enum status onnx_export(
    struct protobuf *file, const char *const *path, int64_t models, struct error *error)
{
    struct conversion conversion = {.path = path, .models = models};
    enum status status = convert(&conversion, error);
    *file = conversion.graph.to;
    for (int64_t i = 0; conversion.model && i < models; i++)
        model_clear(&conversion.model[i]);
    free(conversion.model);
    free(conversion.scores);
    free(conversion.name);
    return status;
}
