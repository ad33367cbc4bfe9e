#include "model/model_read.h"

#include <float.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/definition.h"
#include "base/memory.h"
#include "base/text.h"
#include "data/names.h"
#include "model/model_columns.h"

struct metadata {
    const char *path; /* the file, for messages */
    const struct json *json;
};

/* Refuses an entry that is missing or wrong, naming the file, the key, the beginning of its text
 * and what was expected. */
static enum status refuse(struct metadata from, const char *key, const char *text,
    const char *expected, struct error *error)
{
    if (!text)
        return fail(error, STATUS_BAD_DATA,
            "%s: its __metadata__ has no %s, or it is not a string; models written by lockstep "
            "train have it",
            from.path, key);
    return fail(error, STATUS_BAD_DATA, "%s: its metadata has %s = \"%.60s%s\"; expected %s",
        from.path, key, text, strlen(text) > 60 ? "..." : "", expected);
}

/* --- the network ---------------------------------------------------------------------------- */

/* Copies the next word of a list "a,b,c" to word[size]; false at the end, or if it is too long. */
static bool next_word(const char **list, char *word, size_t size)
{
    if (!*list)
        return false;
    size_t length = strcspn(*list, ",");
    bool fits = length < size;
    if (fits) {
        memcpy(word, *list, length);
        word[length] = '\0';
    }
    *list = (*list)[length] ? *list + length + 1 : NULL;
    return fits;
}

static enum status read_widths(struct metadata from, struct mlp *mlp, struct error *error)
{
    static const char key[] = "widths", expected[] = "2 to 65 positive integers, e.g. 784,256,10";
    const char *text = js_as_text(js_get(from.json, key)), *list = text;
    int64_t width[MLP_LAYERS_MAX + 1];
    char word[16];
    int n = 0;
    while (next_word(&list, word, sizeof word)) {
        if (n > MLP_LAYERS_MAX || strspn(word, "0123456789") != strlen(word) ||
            !text_to_int(word, &width[n]) || width[n] < 1)
            return refuse(from, key, text, expected, error);
        n++;
    }
    if (list || n < 2)
        return refuse(from, key, text, expected, error);
    struct error reason;
    if (mlp_init(mlp, width[0], width + 1, n - 2, width[n - 1], &reason))
        return refuse(from, key, text, "a network that is not too large", error);
    return STATUS_OK;
}

static enum status read_activations(struct metadata from, struct mlp *mlp, struct error *error)
{
    static const char key[] = "activation",
                      expected[] = "the name of an activation, or one name per hidden layer";
    const char *text = js_as_text(js_get(from.json, key)), *list = text;
    char word[16];
    int hidden = mlp->layers - 1, n = 0;
    if (text && hidden == 0 && strcmp(text, "none") == 0)
        return STATUS_OK;
    while (next_word(&list, word, sizeof word)) {
        enum activation_kind kind = 0;
        while (kind < N_ACTIVATIONS && strcmp(activation_words[kind], word) != 0)
            kind++;
        if (kind == N_ACTIVATIONS || (n > 0 && n >= hidden))
            return refuse(from, key, text, expected, error);
        mlp->activation[n++] = kind;
    }
    if (list || n == 0 || (n > 1 && n < hidden))
        return refuse(from, key, text, expected, error);
    for (int l = n; l < hidden; l++)
        mlp->activation[l] = mlp->activation[0];
    return STATUS_OK;
}

/* Reads an optional number in [least, bound). */
static enum status read_real(struct metadata from, const char *key, double least, double bound,
    float *value, struct error *error)
{
    const struct json *entry = js_get(from.json, key);
    const char *text = js_as_text(entry);
    double number = 0;
    if (!entry)
        return STATUS_OK;
    if (!text || !text_to_real(text, &number) || !(number >= least && number < bound))
        return refuse(from, key, text,
            bound > 1 ? "a number that is 0 or more" : "a number >= 0 and < 1", error);
    *value = (float)number;
    return STATUS_OK;
}

/* Reads only the network, so that the file size can be checked before memory is allocated. */
static enum status metadata_network(struct metadata from, struct mlp *mlp, struct error *error)
{
    char module[MODEL_PYTHON_MAX];
    TRY(read_widths(from, mlp, error));
    TRY(read_activations(from, mlp, error));
    TRY(read_real(from, "leaky_slope", 0, 1e30, &mlp->leaky_slope, error));
    TRY(read_real(from, "dropout_input", 0, 1, &mlp->dropout_input, error));
    TRY(read_real(from, "dropout_hidden", 0, 1, &mlp->dropout_hidden, error));
    model_python(mlp, module, sizeof module);
    const char *text = js_as_text(js_get(from.json, "module"));
    if (!text || strcmp(text, module) != 0)
        return refuse(from, "module", text, "the line that its other metadata implies", error);
    return STATUS_OK;
}

/* --- lists ---------------------------------------------------------------------------------- */

/* Parses the array in an entry's text; the caller destroys it. */
static enum status read_array(
    struct metadata from, const char *key, struct json **array, struct error *error)
{
    const char *text = js_as_text(js_get(from.json, key));
    struct error reason;
    *array = NULL;
    if (text && js_parse(text, strlen(text), key, array, &reason) == STATUS_OK)
        return STATUS_OK;
    return refuse(from, key, text, "a JSON array", error);
}

/* Reads n numbers, or a single number that is used for all, into x [n]. */
static enum status read_floats(
    struct metadata from, const char *key, int64_t n, float *x, struct error *error)
{
    struct json *array;
    enum status status = read_array(from, key, &array, error);
    size_t found = js_size(array);
    if (!status && found != 1 && found != (size_t)n)
        status = fail(error, STATUS_BAD_DATA,
            "%s: its metadata has %zu numbers as %s; expected %lld, or 1", from.path, found, key,
            (long long)n);
    for (int64_t i = 0; !status && i < n; i++) {
        double number = 0;
        if (!js_as_real(js_item(array, found == 1 ? 0 : (size_t)i), &number) ||
            !(fabs(number) <= (double)FLT_MAX))
            status = fail(error, STATUS_BAD_DATA,
                "%s: number %lld (from 0) of its %s is not a finite float32", from.path,
                (long long)i, key);
        x[i] = (float)number;
    }
    js_destroy(array);
    return status;
}

static int by_text(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* Checks that no two classes have the same name. Columns may share a name, since their positions
 * differ. */
static enum status check_different(
    struct metadata from, const char *key, char *const *name, int64_t n, struct error *error)
{
    char **sorted;
    enum status status = STATUS_OK;
    TRY(memory_take(&sorted, (size_t)n, sizeof *sorted, key, error));
    memcpy(sorted, name, (size_t)n * sizeof *sorted);
    qsort(sorted, (size_t)n, sizeof *sorted, by_text);
    for (int64_t i = 1; !status && i < n; i++)
        if (strcmp(sorted[i - 1], sorted[i]) == 0)
            status = fail(error, STATUS_BAD_DATA, "%s: two of its %s are \"%.60s\"", from.path, key,
                sorted[i]);
    free(sorted);
    return status;
}

/* Makes a list of names from the strings in an array. */
static enum status join(struct metadata from, const char *key, const struct json *array, int64_t n,
    char ***names, struct error *error)
{
    size_t size = 0;
    for (int64_t i = 0; i < n; i++) {
        const char *name = js_as_text(js_item(array, (size_t)i));
        if (!name)
            return fail(error, STATUS_BAD_DATA, "%s: entry %lld (from 0) of its %s is not a string",
                from.path, (long long)i, key);
        size += strlen(name) + 1;
    }
    TRY(names_take(names, n, size, key, error));
    char *text = (*names)[0];
    for (int64_t i = 0; i < n; i++)
        text = stpcpy(text, js_as_text(js_item(array, (size_t)i))) + 1;
    names_index(*names, n);
    return STATUS_OK;
}

/* Reads n optional names. */
static enum status read_names(struct metadata from, const char *key, int64_t n, bool different,
    char ***names, struct error *error)
{
    struct json *array;
    if (!js_get(from.json, key))
        return STATUS_OK;
    enum status status = read_array(from, key, &array, error);
    if (!status && js_size(array) != (size_t)n)
        status = fail(error, STATUS_BAD_DATA, "%s: its metadata has %zu %s; expected %lld",
            from.path, js_size(array), key, (long long)n);
    if (!status)
        status = join(from, key, array, n, names, error);
    if (!status && different)
        status = check_different(from, key, *names, n, error);
    js_destroy(array);
    return status;
}

/* The caller frees *copy. */
static enum status read_text(
    struct metadata from, const char *key, const char **copy, struct error *error)
{
    char *text;
    const char *found = js_as_text(js_get(from.json, key));
    if (!found)
        return STATUS_OK;
    TRY(memory_take(&text, strlen(found) + 1, 1, key, error));
    *copy = strcpy(text, found);
    return STATUS_OK;
}

/* --- loss and scaling ----------------------------------------------------------------------- */

static enum status read_loss(struct metadata from, struct criterion *criterion, struct error *error)
{
    const char *text = js_as_text(js_get(from.json, "loss"));
    enum loss_kind kind = 0;
    while (text && kind < N_LOSSES && strcmp(loss_words[kind], text) != 0)
        kind++;
    if (!text || kind == N_LOSSES)
        return refuse(from, "loss", text, "the name of a loss", error);
    criterion->kind = kind;
    criterion->huber_delta = 1;
    TRY(read_real(from, "label_smoothing", 0, 1, &criterion->label_smoothing, error));
    return read_real(from, "huber_delta", 0x1p-126, 1e30, &criterion->huber_delta, error);
}

static enum status read_classes(struct metadata from, struct model *model, struct error *error)
{
    const char *text = js_as_text(js_get(from.json, "classes"));
    int64_t outputs = model->mlp.width[model->mlp.layers], classes;
    bool classifies = model->criterion.kind == LOSS_CROSS_ENTROPY;
    float *weight = NULL;
    if (!text || !text_to_int(text, &classes) || classes != (classifies ? outputs : 0))
        return refuse(from, "classes", text,
            classifies ? "the number of outputs" : "0, since its loss is not cross-entropy", error);
    if (classifies && js_get(from.json, "class_weight")) {
        TRY(memory_take(&weight, (size_t)outputs, sizeof *weight, "the class weights", error));
        model->criterion.class_weight = weight;
        TRY(read_floats(from, "class_weight", outputs, weight, error));
    }
    if (js_get(from.json, "baseline")) {
        TRY(memory_take(&model->baseline, (size_t)outputs, sizeof(float), "the baseline", error));
        TRY(read_floats(from, "baseline", outputs, model->baseline, error));
    }
    return read_names(from, classifies ? "class_names" : "output_names", outputs, classifies,
        &model->output_name, error);
}

static enum status read_scale(struct metadata from, const char *const key[2], int64_t features,
    struct scale *scale, struct error *error)
{
    TRY(memory_take(&scale->shift, (size_t)features, 2 * sizeof *scale->shift,
        "the scaling of a model", error));
    scale->features = features;
    scale->factor = scale->shift + features;
    TRY(read_floats(from, key[0], features, scale->shift, error));
    TRY(read_floats(from, key[1], features, scale->factor, error));
    scale->kind = SCALE_NONE;
    for (int64_t f = 0; f < features; f++)
        if (scale->shift[f] != 0 || scale->factor[f] != 1)
            scale->kind = SCALE_STANDARD;
    return STATUS_OK;
}

/* Completes the encoding, and checks that it is whole and fits the network. */
static enum status complete_columns(
    struct metadata from, struct encoding *input, int64_t inputs, struct error *error)
{
    TRY(encoding_complete(input, error));
    if (input->inputs != inputs)
        return fail(error, STATUS_BAD_DATA,
            "%s: the columns of its metadata have %" PRId64 " inputs, but its network has %" PRId64,
            from.path, input->inputs, inputs);
    for (int64_t c = 0; c < input->columns && input->column && !input->fill; c++)
        if (input->column[c].missing && input->column[c].kind != COLUMN_CATEGORY)
            return refuse(from, "input_fill", NULL, "", error);
    return STATUS_OK;
}

/* Reads the encoding of the inputs, except the scaling. */
static enum status read_columns(struct metadata from, struct model *model, struct error *error)
{
    static const char fill[] = "input_fill", columns[] = "columns";
    struct encoding *input = &model->input;
    int64_t inputs = model->mlp.width[0];
    *input = (struct encoding){.columns = inputs, .inputs = inputs};
    if (js_get(from.json, columns)) {
        struct json *array;
        enum status status = read_array(from, columns, &array, error);
        if (!status)
            status = model_columns_read(input, array, from.path, error);
        js_destroy(array);
        TRY(status);
    }
    if (js_get(from.json, fill)) {
        TRY(memory_take(&input->fill, (size_t)input->columns, sizeof(float), fill, error));
        TRY(read_floats(from, fill, input->columns, input->fill, error));
    }
    return complete_columns(from, input, inputs, error);
}

/* Reads what concerns tables. */
static enum status read_table(struct metadata from, struct model *model, struct error *error)
{
    if (model->criterion.kind == LOSS_CROSS_ENTROPY)
        TRY(read_names(from, "label_names", 1, false, &model->label_name, error));
    TRY(read_names(
        from, "feature_names", model->input.columns, false, &model->feature_name, error));
    TRY(read_text(from, "missing_texts", &model->missing, error));
    return read_text(from, "weight_name", &model->weight_name, error);
}

/* Reads all of the model except its network, which is already known, and its parameters. The caller
 * clears the model, also on failure. */
static enum status metadata_rest(struct metadata from, struct model *model, struct error *error)
{
    static const char *const input[] = {"input_shift", "input_factor"};
    static const char *const target[] = {"target_shift", "target_factor"};
    int64_t outputs = model->mlp.width[model->mlp.layers];
    model->definition = definition_of(from.json);
    if (model->definition == 0)
        return refuse(from, "definition", js_as_text(js_get(from.json, "definition")),
            "a positive integer", error);
    TRY(read_loss(from, &model->criterion, error));
    TRY(read_classes(from, model, error));
    TRY(read_columns(from, model, error));
    TRY(read_table(from, model, error));
    TRY(read_scale(from, input, model->input.columns, &model->input.scale, error));
    if (js_get(from.json, target[0]) || js_get(from.json, target[1]))
        TRY(read_scale(from, target, outputs, &model->target, error));
    return STATUS_OK;
}

/* --- the file ------------------------------------------------------------------------------- */

static struct metadata metadata_of(const struct safetensors *file)
{
    return (struct metadata){file->path, js_get(file->header, "__metadata__")};
}

/* Checks the file size before memory is allocated for the network that the metadata describes. */
static enum status check_size(
    const struct safetensors *file, const struct mlp *mlp, struct error *error)
{
    if (file->data_bytes / sizeof(float) == (size_t)mlp->parameters &&
        file->data_bytes % sizeof(float) == 0)
        return STATUS_OK;
    return fail(error, STATUS_BAD_DATA,
        "%s: its metadata describes %" PRId64 " weights, %" PRId64
        " bytes, but its data has %zu bytes; the file is damaged or cut short",
        file->path, mlp->parameters, mlp->parameters * (int64_t)sizeof(float), file->data_bytes);
}

/* Reads the network that the metadata describes, and checks it against the size of the data. */
static enum status read_network(
    const struct safetensors *file, struct mlp *mlp, struct error *error)
{
    TRY(metadata_network(metadata_of(file), mlp, error));
    return check_size(file, mlp, error);
}

enum status model_read_network(const char *path, struct mlp *mlp, struct error *error)
{
    struct safetensors file;
    TRY(safetensors_open(&file, path, error));
    enum status status = read_network(&file, mlp, error);
    safetensors_close(&file);
    return status;
}

static enum status read_all(
    const struct safetensors *file, struct model *model, struct error *error)
{
    struct tensor tensor[MODEL_TENSORS_MAX];
    TRY(read_network(file, &model->mlp, error));
    TRY(metadata_rest(metadata_of(file), model, error));
    TRY(memory_take(&model->parameters, (size_t)model->mlp.parameters, sizeof(float),
        "the weights of a model", error));
    int n = model_tensors(tensor, &model->mlp, model->parameters, "");
    return model_read_tensors(file, tensor, n, "the network that its metadata describes", error);
}

/* Reads a model from an open file, and closes it. */
static enum status read_and_close(
    struct safetensors *file, struct model *model, struct error *error)
{
    *model = (struct model){.parameters = NULL};
    enum status status = read_all(file, model, error);
    safetensors_close(file);
    if (status)
        model_clear(model);
    return status;
}

enum status model_read(const char *path, struct model *model, struct error *error)
{
    struct safetensors file;
    *model = (struct model){.parameters = NULL};
    TRY(safetensors_open(&file, path, error));
    return read_and_close(&file, model, error);
}

enum status model_read_bytes(
    const void *bytes, size_t size, const char *name, struct model *model, struct error *error)
{
    struct safetensors file;
    *model = (struct model){.parameters = NULL};
    FILE *stream = fmemopen((void *)(uintptr_t)bytes, size, "r");
    if (!stream)
        return fail_errno(error, STATUS_NO_RESOURCE, errno, "cannot read %s", name);
    TRY(safetensors_open_stream(&file, stream, size, name, error));
    return read_and_close(&file, model, error);
}
