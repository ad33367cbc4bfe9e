/* golden_model.c: model files against PyTorch, tests/golden/models.json, which tests/golden/models
 * writes: the same line and names for the same network, and, once the file is read back, the same
 * outputs to rounding:
 *
 *     |ours - torch64| <= 4 max |torch32 - torch64| + 8 eps max |torch64|       eps = 2^-23
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "comm/threads.h"
#include "support/own_directory.h"
#include "model/prediction.h"
#include "model/model_read.h"
#include "model/outputs.h"
#include "support/unit.h"

enum { CASES = 12, WIDEST = 20 };

/* --- reading ------------------------------------------------------------------------------- */

static struct json *root;
static const char path[] = "model.safetensors";

static int begin(void **state)
{
    char golden[FILE_PATH_MAX], *text;
    size_t size;
    struct error error;
    const char *where = getenv("GOLDEN_DIR");
    snprintf(golden, sizeof golden, "%s/models.json", where ? where : "tests/golden");
    if (file_read_whole(golden, 1 << 20, &text, &size, &error) ||
        js_parse(text, size, golden, &root, &error)) {
        fprintf(stderr, "%s\n", error.text);
        return 1;
    }
    free(text);
    return own_directory_enter(state);
}

static int end(void **state)
{
    js_destroy(root);
    return own_directory_leave(state);
}

static double real(const struct json *json)
{
    double value = 0;
    assert_true(js_as_real(json, &value));
    return value;
}

static double *reals(const struct json *array)
{
    double *x = malloc((js_size(array) + 1) * sizeof *x);
    assert_non_null(x);
    for (size_t i = 0; i < js_size(array); i++)
        x[i] = real(js_item(array, i));
    return x;
}

/* NULL where there is no such array. */
static float *floats(const struct json *golden, const char *key)
{
    const struct json *array = js_get(golden, key);
    float *x = array ? malloc((js_size(array) + 1) * sizeof *x) : NULL;
    for (size_t i = 0; i < js_size(array); i++)
        x[i] = (float)real(js_item(array, i));
    return x;
}

static struct mlp mlp_of(const struct json *golden)
{
    const struct json *widths = js_get(golden, "widths");
    const struct json *activations = js_get(golden, "activations");
    int n = (int)js_size(widths);
    int64_t width[MLP_LAYERS_MAX];
    struct mlp mlp;
    struct error error;
    for (int i = 0; i < n; i++)
        width[i] = (int64_t)real(js_item(widths, (size_t)i));
    assert_int_equal(mlp_init(&mlp, width[0], width + 1, n - 2, width[n - 1], &error), STATUS_OK);
    for (size_t l = 0; l < js_size(activations); l++)
        while (
            strcmp(activation_words[mlp.activation[l]], js_as_text(js_item(activations, l))) != 0)
            mlp.activation[l]++;
    mlp.leaky_slope = 0.01F;
    mlp.dropout_input = (float)real(js_item(js_get(golden, "dropout"), 0));
    mlp.dropout_hidden = (float)real(js_item(js_get(golden, "dropout"), 1));
    return mlp;
}

/* Writes the case as a model file, and gives up what it took. */
static void write_case(const struct json *golden)
{
    struct model model = {.mlp = mlp_of(golden), .criterion = {.kind = LOSS_MSE}};
    float *shift = floats(golden, "input_shift"), *factor = floats(golden, "input_factor");
    float *up = floats(golden, "target_shift"), *by = floats(golden, "target_factor");
    struct error error;
    model.parameters = floats(golden, "parameters");
    int64_t inputs = model.mlp.width[0];
    model.input = (struct encoding){
        .columns = inputs, .inputs = inputs, .scale = {SCALE_STANDARD, inputs, shift, factor}};
    if (up)
        model.target = (struct scale){SCALE_STANDARD, model.mlp.width[model.mlp.layers], up, by};
    if (model_write(&directory_current, path, &model, &error))
        fail_msg("%s", error.text);
    free(model.parameters);
    free(shift);
    free(factor);
    free(up);
    free(by);
}

/* --- the file ------------------------------------------------------------------------------ */

static void check_file(const struct json *golden)
{
    char *bytes;
    size_t size, length = 0;
    struct json *header;
    struct error error;
    const struct json *tensors = js_get(golden, "tensors");
    assert_int_equal(file_read_whole(path, 1 << 20, &bytes, &size, &error), STATUS_OK);
    for (int i = 7; i >= 0; i--)
        length = length << 8 | (unsigned char)bytes[i];
    assert_int_equal(js_parse(bytes + 8, length, path, &header, &error), STATUS_OK);
    assert_string_equal(js_as_text(js_get(js_get(header, "__metadata__"), "module")),
        js_as_text(js_get(golden, "module")));
    assert_int_equal(js_size(header), js_size(tensors) + 1);
    for (size_t t = 0; t < js_size(tensors); t++) {
        const struct json *want = js_item(tensors, t), *shape = js_item(want, 1);
        const char *name = js_as_text(js_item(want, 0));
        assert_string_equal(js_key(header, t + 1), name);
        const struct json *got = js_get(js_get(header, name), "shape");
        assert_int_equal(js_size(got), js_size(shape));
        for (size_t d = 0; d < js_size(shape); d++)
            assert_true(real(js_item(got, d)) == real(js_item(shape, d)));
    }
    js_destroy(header);
    free(bytes);
}

/* --- the outputs --------------------------------------------------------------------------- */

struct run {
    struct outputs *outputs;
    struct loader loader;
    struct order order;
    const struct model *model;
    float *y; /* [samples x outputs] */
};

static void run(const struct worker *worker, void *argument)
{
    struct run *it = argument;
    int64_t samples = it->loader.subset->size, n = it->model->mlp.width[it->model->mlp.layers];
    struct output_rows rows = outputs_run(
        it->outputs, worker->thread, &it->loader, &it->order, 0, samples, (struct truth){0});
    for (int64_t i = 0; i < samples; i++)
        for (int64_t j = 0; j < n; j++)
            it->y[i * n + j] = prediction_value(&it->model->target, j, rows.z[i * rows.stride + j]);
}

/* From the file and the inputs alone. */
static void outputs_of_file(float *inputs, int64_t samples, float *y)
{
    struct model model;
    struct kernel kernel;
    struct panels panels;
    struct weights weights;
    struct error error;
    if (model_read(path, &model, &error))
        fail_msg("%s", error.text);
    struct dataset dataset = {
        .samples = samples, .features = model.mlp.width[0], .type = VALUE_F32, .values = inputs};
    struct subset all = {.size = samples};
    assert_int_equal(kernel_choose("auto", &kernel, &error), STATUS_OK);
    panels_init(&panels, &model.mlp, &kernel, 0);
    struct run it = {.loader = {&dataset, &all, &model.input, vector_of(kernel.level), NULL},
        .model = &model,
        .y = y};
    order_init(&it.order, samples, false, 0, RANDOM_ORDER, 0);
    assert_int_equal(
        outputs_weights(&weights, &panels, &model.mlp, model.parameters, &error), STATUS_OK);
    assert_int_equal(outputs_create(&it.outputs, &panels, &weights, 1, &error), STATUS_OK);
    assert_int_equal(threads_run(1, run, &it, &error), STATUS_OK);
    outputs_destroy(it.outputs);
    outputs_weights_clear(&weights);
    model_clear(&model);
}

static void check_outputs(const struct json *golden, int64_t samples)
{
    const char *name = js_as_text(js_get(golden, "name"));
    double *narrow = reals(js_get(golden, "outputs_f32"));
    double *wide = reals(js_get(golden, "outputs_f64")), apart = 0, most = 0;
    float y[WIDEST], *inputs = floats(golden, "inputs");
    size_t n = js_size(js_get(golden, "outputs_f64"));
    assert_in_range(n, 1, WIDEST);
    outputs_of_file(inputs, samples, y);
    for (size_t i = 0; i < n; i++) {
        apart = fmax(apart, fabs(narrow[i] - wide[i]));
        most = fmax(most, fabs(wide[i]));
    }
    double bound = 4 * apart + 8 * COMPARE_EPS * most;
    for (size_t i = 0; i < n; i++)
        if (!(fabs((double)y[i] - wide[i]) <= bound))
            fail_msg("%s: output %zu is %.9g, PyTorch's %.9g; the bound is %.3g", name, i,
                (double)y[i], wide[i], bound);
    free(narrow);
    free(wide);
    free(inputs);
}

TEST(as_pytorch_has_them)
{
    const struct json *cases = js_get(root, "cases");
    assert_int_equal(js_size(cases), CASES);
    for (size_t i = 0; i < js_size(cases); i++) {
        write_case(js_item(cases, i));
        check_file(js_item(cases, i));
        check_outputs(js_item(cases, i), (int64_t)real(js_get(root, "samples")));
    }
}

int main(void)
{
    return unit_run(begin, end);
}
