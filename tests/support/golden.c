#include "support/golden.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "support/unit.h"

enum { FILE_LIMIT = 1 << 20 };

const char *golden_directory(void)
{
    const char *directory = getenv("GOLDEN_DIR");
    if (!directory)
        fail_msg("GOLDEN_DIR is not set; run this through ctest, or set it to tests/golden");
    return directory;
}

struct json *golden_parse(const char *path)
{
    struct error error;
    struct json *root = NULL;
    char *bytes;
    size_t size;
    assert_int_equal(file_read_whole(path, FILE_LIMIT, &bytes, &size, &error), STATUS_OK);
    assert_int_equal(js_parse(bytes, size, path, &root, &error), STATUS_OK);
    free(bytes);
    return root;
}

int64_t golden_int(const struct json *object, const char *key)
{
    int64_t value = 0;
    assert_true(js_as_int(js_get(object, key), &value));
    return value;
}

double golden_real(const struct json *object, const char *key)
{
    double value = 0;
    assert_true(js_as_real(js_get(object, key), &value));
    return value;
}

double golden_real_or(const struct json *object, const char *key, double fallback)
{
    return js_get(object, key) ? golden_real(object, key) : fallback;
}

const char *golden_text(const struct json *object, const char *key)
{
    const char *text = js_as_text(js_get(object, key));
    assert_non_null(text);
    return text;
}

double *golden_reals(const struct json *object, const char *key, int64_t n)
{
    const struct json *array = js_get(object, key);
    assert_int_equal(js_size(array), n);
    double *x = malloc((size_t)n * sizeof *x);
    assert_non_null(x);
    for (int64_t i = 0; i < n; i++)
        assert_true(js_as_real(js_item(array, (size_t)i), &x[i]));
    return x;
}

float *golden_floats(const struct json *object, const char *key, int64_t n)
{
    double *wide = golden_reals(object, key, n);
    float *x = malloc((size_t)n * sizeof *x);
    assert_non_null(x);
    for (int64_t i = 0; i < n; i++)
        x[i] = (float)wide[i];
    free(wide);
    return x;
}

int32_t *golden_labels(const struct json *object, const char *key, int64_t n)
{
    double *wide = golden_reals(object, key, n);
    int32_t *x = malloc((size_t)n * sizeof *x);
    assert_non_null(x);
    for (int64_t i = 0; i < n; i++)
        x[i] = (int32_t)wide[i];
    free(wide);
    return x;
}

struct optimizer_settings golden_optimizer(const struct json *run)
{
    const char *name = js_as_text(js_get(run, "optimizer"));
    struct optimizer_settings settings = {.momentum = golden_real_or(run, "momentum", 0),
        .dampening = golden_real_or(run, "dampening", 0),
        .nesterov = js_get(run, "nesterov") != NULL,
        .beta1 = golden_real_or(run, "beta1", 0),
        .beta2 = golden_real_or(run, "beta2", 0),
        .alpha = golden_real_or(run, "alpha", 0),
        .eps = golden_real_or(run, "eps", 0),
        .weight_decay = golden_real_or(run, "weight_decay", 0)};
    while (name && strcmp(optimizer_words[settings.kind], name) != 0) {
        settings.kind++;
        assert_in_range(settings.kind, 0, N_OPTIMIZERS - 1);
    }
    return settings;
}

struct clip golden_clip(const struct json *run)
{
    return (struct clip){golden_real_or(run, "clip_value", 0), golden_real_or(run, "clip_norm", 0)};
}
