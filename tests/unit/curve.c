#include "report/page/curve.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "support/unit.h"

static struct curve *new_curve(void)
{
    struct curve *curve = calloc(1, sizeof *curve);
    assert_non_null(curve);
    return curve;
}

static void add(struct curve *curve, int64_t step, double value)
{
    double at = (double)step;
    curve_add(curve, (struct curve_point){at, 2 * at, 3 * at, value});
}

TEST(a_short_curve_is_kept_whole)
{
    struct curve *curve = new_curve();
    struct curve_point point[CURVE_POINTS];
    assert_int_equal(curve_points(curve, point), 0);
    for (int i = 1; i <= CURVE_BUCKETS; i++)
        add(curve, i, sin(i));
    assert_int_equal(curve_points(curve, point), CURVE_BUCKETS);
    for (int i = 0; i < CURVE_BUCKETS; i++)
        assert_true(point[i].step == i + 1 && point[i].samples == 2 * (i + 1) &&
                    point[i].seconds == 3 * (i + 1) && point[i].value == sin(i + 1));
    free(curve);
}

/* Points in order, the ends and both extremes among them, wherever these lie. */
static void check_long(int64_t n, int64_t least, int64_t most)
{
    struct curve *curve = new_curve();
    struct curve_point point[CURVE_POINTS];
    for (int64_t i = 1; i <= n; i++)
        add(curve, i, i == least ? -100 : i == most ? 100 : sin((double)i));
    int points = curve_points(curve, point);
    bool found_least = false, found_most = false, ordered = true;
    for (int i = 0; i < points; i++) {
        found_least |= point[i].step == (double)least && point[i].value == -100;
        found_most |= point[i].step == (double)most && point[i].value == 100;
        ordered &= i == 0 || point[i].step > point[i - 1].step;
    }
    assert_true(points > CURVE_BUCKETS / 2 && points <= CURVE_POINTS);
    assert_true(found_least && found_most && ordered);
    assert_true(point[0].step == 1 && point[points - 1].step == (double)n);
    assert_true(curve->seen == n);
    free(curve);
}

TEST(a_long_curve_keeps_its_extremes)
{
    static const int64_t length[] = {CURVE_BUCKETS + 1, CURVE_BUCKETS + 2, 1000, 12345, 100000};
    for (size_t i = 0; i < sizeof length / sizeof *length; i++) {
        int64_t n = length[i];
        check_long(n, 2, n - 1);
        check_long(n, n / 2, n / 2 + 1);
        check_long(n, n, 1);
        check_long(n, n / 3, n / 3 + 2);
    }
}

/* Every bucket but the last stands for as many values, so no part of a run is thinned more. */
TEST(buckets_are_equal)
{
    struct curve *curve = new_curve();
    for (int i = 1; i <= 5000; i++) {
        add(curve, i, i);
        int64_t whole = curve->stride * (curve->buckets - 1) + curve->filled;
        assert_true(whole == i && curve->buckets <= CURVE_BUCKETS);
        for (int b = 0; b + 1 < curve->buckets; b++)
            assert_true(curve->least[b].value == (double)(b * curve->stride + 1) &&
                        curve->most[b].value == (double)((b + 1) * curve->stride));
    }
    free(curve);
}

TEST(what_is_not_finite_is_passed_over)
{
    struct curve *curve = new_curve();
    struct curve_point point[CURVE_POINTS];
    add(curve, 1, (double)NAN);
    add(curve, 2, 1);
    add(curve, 3, (double)INFINITY);
    assert_int_equal(curve_points(curve, point), 1);
    assert_true(point[0].step == 2);
    free(curve);
}
