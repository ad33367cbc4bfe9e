#include "optim/clip.h"

#include "base/split.h"

typedef void clip_function(
    float *out, const float *sum, int64_t n, float scale, float value, float factor);
LEVEL_TABLE(clip_function, clip)

float clip_factor(const struct clip *clip, double norm)
{
    double factor = clip->norm / (norm + 1e-6);
    return clip->norm > 0 && factor < 1 ? (float)factor : 1;
}

void clip_run(float *out, const float *sum, int64_t n, const struct optimizer_scalars *scalars,
    enum level level)
{
    clip_of(level)(out, sum, n, scalars->scale, scalars->clip_value, scalars->clip_factor);
}

void clip_add_squares(struct exact_sum *squares, const float *sum, int64_t n,
    const struct optimizer_scalars *scalars, enum level level)
{
    enum { PIECE = 2048 };
    float g[PIECE];
    for (int64_t i = 0; i < n; i += PIECE) {
        int64_t some = least(PIECE, n - i);
        clip_run(g, sum + i, some, scalars, level);
        exact_sum_add_squares(squares, g, some, level);
    }
}
