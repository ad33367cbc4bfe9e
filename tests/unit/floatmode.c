#include "base/floatmode.h"

#include <fenv.h>

#include "support/unit.h"

/* volatile: computed at run time, in the mode of that moment */
static float product(float a, float b)
{
    volatile float x = a, y = b;
    return x * y;
}

static float third(void)
{
    volatile float one = 1, three = 3;
    return one / three;
}

TEST(subnormals_are_flushed_and_come_back)
{
    float tiny = 0x1p-126f, subnormal = 0x1p-140f;
    assert_true(product(tiny, 0.5f) != 0);
    uint64_t mode = floatmode_enter();
    float made = product(tiny, 0.5f), used = product(subnormal, 0x1p100f);
    floatmode_leave(mode);
    assert_true(made == 0); /* on output */
    assert_true(used == 0); /* on input */
    assert_true(product(tiny, 0.5f) == 0x1p-127f);
    assert_true(product(subnormal, 0x1p100f) == 0x1p-40f);
}

TEST(rounds_to_nearest_whatever_the_caller_had)
{
    float nearest = third();
    assert_int_equal(fesetround(FE_DOWNWARD), 0);
    float down = third();
    uint64_t mode = floatmode_enter();
    float inside = third();
    floatmode_leave(mode);
    float after = third();
    int rounding = fegetround();
    fesetround(FE_TONEAREST);
    assert_true(down < nearest);
    assert_true(inside == nearest);
    assert_true(after == down);
    assert_int_equal(rounding, FE_DOWNWARD);
}

TEST(nested)
{
    uint64_t outer = floatmode_enter(), inner = floatmode_enter();
    floatmode_leave(inner);
    float flushed = product(0x1p-126f, 0.5f);
    floatmode_leave(outer);
    assert_true(flushed == 0);
    assert_true(product(0x1p-126f, 0.5f) != 0);
}
