/* Compiled once per level (base/level.h). */
#include "data/numbers/number_loops.h"

#include <math.h>
#include <stdbool.h>

/* Always inlined with constant `type`, `robust` and `marked`, so that each has its own loop. */
static inline __attribute__((always_inline)) void code_run(float *restrict out,
    const struct number_run *run, enum value_type type, bool robust, bool marked)
{
    const void *restrict x = run->x;
    const float *restrict shift = run->shift, *restrict factor = run->factor;
    const float *restrict fill = run->fill;
    for (int64_t i = 0; i < run->n; i++) {
        float value = value_as_float(x, type, i), given = fill ? fill[i] : value;
        bool missing = isnan(value);
        value = missing ? given : value;
        float y =
            robust ? number_robust(value, shift[i], factor[i]) : (value - shift[i]) * factor[i];
        out[marked ? 2 * i : i] = y;
        if (marked)
            out[2 * i + 1] = missing ? 1.0F : 0.0F;
    }
}

/* Tables, in which most missing values are, have float32. */
static inline __attribute__((always_inline)) void code_type(
    float *out, const struct number_run *run, bool robust, bool marked)
{
    if (run->type == VALUE_F32)
        code_run(out, run, VALUE_F32, robust, marked);
    else
        code_run(out, run, run->type, robust, marked);
}

static void plain(float *out, const struct number_run *run)
{
    code_type(out, run, false, false);
}

static void marked(float *out, const struct number_run *run)
{
    code_type(out, run, false, true);
}

static void robust(float *out, const struct number_run *run)
{
    code_type(out, run, true, false);
}

static void robust_marked(float *out, const struct number_run *run)
{
    code_type(out, run, true, true);
}

static void code_number(float *out, const struct number_code *code, float x)
{
    if (code->kind == NUMBER_PIECEWISE && code->knots > 1)
        number_piecewise(code->knot, code->inverse, code->knots - 1, x, out);
    else
        number_code_apply(code, x, out);
}

const struct number_loops LEVEL_NAME(number_loops) = {
    plain, marked, robust, robust_marked, code_number};
