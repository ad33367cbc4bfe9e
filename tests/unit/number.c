#include "report/number.h"

#include <math.h>
#include <string.h>

#include "support/unit.h"

#define DASH "\xe2\x80\x93"

static void assert_shown(double value, enum number_form form, const char *want)
{
    char text[NUMBER_TEXT];
    if (strcmp(number_text(value, form, text), want) != 0)
        fail_msg("%.17g is shown as \"%s\", not \"%s\"", value, text, want);
}

TEST(forms)
{
    assert_shown(0.0125, NUMBER_PLAIN, "0.0125");
    assert_shown(123.456, NUMBER_PLAIN, "123.5");
    assert_shown(54000, NUMBER_PLAIN, "54,000");
    assert_shown(1e-9, NUMBER_PLAIN, "1e-09");
    assert_shown(54000, NUMBER_COUNT, "54,000");
    assert_shown(7, NUMBER_COUNT, "7");
    assert_shown(7.25, NUMBER_COUNT, "7.2");
    assert_shown(1688.4, NUMBER_COUNT, "1,688");
    assert_shown(1e18, NUMBER_COUNT, "1e+18");
    assert_shown(0.864166, NUMBER_FRACTION, "0.8642");
    assert_shown(12345.6, NUMBER_FRACTION, "12346");
    assert_shown(0.123, NUMBER_SHARE, "12.3 %");
    assert_shown(6.35e-5, NUMBER_TIME, "63.5 \xc2\xb5s");
    assert_shown(0.00122, NUMBER_TIME, "1.22 ms");
    assert_shown(4.1, NUMBER_TIME, "4.10 s");
    assert_shown(0, NUMBER_TIME, "0 s");
    assert_shown(1 << 20, NUMBER_BYTES, "1.0 MiB");
    assert_shown(250e3, NUMBER_SHORT, "250k");
    assert_shown(1.5e6, NUMBER_SHORT, "1.5M");
    assert_shown(0.05, NUMBER_SHORT, "0.05");
}

/* Three digits, so that columns have them below each other; from a minute on two units. */
TEST(times)
{
    assert_shown(1.5, NUMBER_TIME, "1.50 s");
    assert_shown(9.999, NUMBER_TIME, "10.0 s");
    assert_shown(27, NUMBER_TIME, "27.0 s");
    assert_shown(0.269, NUMBER_TIME, "269 ms");
    assert_shown(0.9999, NUMBER_TIME, "1.00 s");
    assert_shown(0.00285, NUMBER_TIME, "2.85 ms");
    assert_shown(3.73e-6, NUMBER_TIME, "3.73 \xc2\xb5s");
    assert_shown(59.2, NUMBER_TIME, "59.2 s");
    assert_shown(59.99, NUMBER_TIME, "1 min 0 s");
    assert_shown(250, NUMBER_TIME, "4 min 10 s");
    assert_shown(3599.9, NUMBER_TIME, "1 h 0 min");
    assert_shown(7500, NUMBER_TIME, "2 h 5 min");
    assert_shown(2 * 86400 + 3 * 3600, NUMBER_TIME, "2 d 3 h");
    assert_shown(-1.5, NUMBER_TIME, "-1.50 s");
}

TEST(what_is_no_number)
{
    for (int form = NUMBER_PLAIN; form <= NUMBER_SHORT; form++) {
        assert_shown((double)NAN, (enum number_form)form, DASH);
        assert_shown((double)INFINITY, (enum number_form)form, DASH);
    }
    assert_shown(-0.0, NUMBER_PLAIN, "0");
}
