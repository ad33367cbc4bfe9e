#include "support/simulation.h"

#include <math.h>

#include "base/random.h"
#include "support/unit.h"

double simulation_normal(uint64_t draw, uint32_t i)
{
    struct random_stream stream = {draw, RANDOM_NOISE, 0};
    double u = (random_word(stream, 0, 2 * i) + 0.5) / 4294967296.0,
           v = (random_word(stream, 0, 2 * i + 1) + 0.5) / 4294967296.0;
    return sqrt(-2 * log(u)) * cos(2 * M_PI * v);
}

void assert_near(double value, double wanted, double tolerance)
{
    if (!(fabs(value - wanted) <= tolerance))
        fail_msg("%.17g, not %.17g +- %g", value, wanted, tolerance);
}

void assert_share(const char *what, int hits, int of, double low, double high)
{
    double share = (double)hits / of;
    if (!(share >= low && share <= high))
        fail_msg(
            "%s: %d of %d, %.3f, is not within %.3f and %.3f", what, hits, of, share, low, high);
}
