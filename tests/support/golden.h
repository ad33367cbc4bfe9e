/* golden.h: reading tests/golden, PyTorch's numbers as JSON. Inside a cmocka test: what is missing
 * or of another kind or size fails it. Threads: any.
 */
#pragma once

#include <stdint.h>

#include "base/json.h"
#include "optim/optimizer.h"

/* Where the files are: $GOLDEN_DIR. */
const char *golden_directory(void);

/* The parsed file of that path; js_destroy() it. */
struct json *golden_parse(const char *path);

int64_t golden_int(const struct json *object, const char *key);
double golden_real(const struct json *object, const char *key);
double golden_real_or(const struct json *object, const char *key, double fallback);
const char *golden_text(const struct json *object, const char *key);

/* An array of exactly n numbers; the caller frees it. */
double *golden_reals(const struct json *object, const char *key, int64_t n);
float *golden_floats(const struct json *object, const char *key, int64_t n);
int32_t *golden_labels(const struct json *object, const char *key, int64_t n);

/* Of a run; what it does not say is 0. "optimizer": sgd if missing. */
struct optimizer_settings golden_optimizer(const struct json *run);
struct clip golden_clip(const struct json *run);
