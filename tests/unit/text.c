#include "base/text.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/locale_with_comma.h"
#include "support/reference.h"
#include "support/unit.h"

static void assert_int(const char *text, int64_t want)
{
    int64_t value = 4711;
    if (!text_to_int(text, &value) || value != want)
        fail_msg("'%s' read as %lld", text, (long long)value);
}

static void assert_no_int(const char *text)
{
    int64_t value;
    if (text_to_int(text, &value))
        fail_msg("'%s' was taken as %lld", text, (long long)value);
}

TEST(integers)
{
    assert_int("0", 0);
    assert_int("-0", 0);
    assert_int("007", 7);
    assert_int("-12", -12);
    assert_int("54,000", 54000);
    assert_int("1_000_000", 1000000);
    assert_int("9223372036854775807", INT64_MAX);
    assert_int("-9223372036854775808", INT64_MIN);
}

TEST(what_is_no_integer)
{
    static const char *const wrong[] = {"", "-", "+", " 1", "1 ", "1.0", "1e3", "0x10", "--1", ",1",
        "1,", "1,,0", "1_", "_1", "-_1", "1,_0", "ten", "9223372036854775808",
        "-9223372036854775809", "99999999999999999999", "1\n"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_no_int(wrong[i]);
}

static void assert_real(const char *text, double want)
{
    double value = 4711;
    if (!text_to_real(text, &value) || value != want)
        fail_msg("'%s' read as %.17g", text, value);
}

static void assert_reals(void)
{
    assert_real("0", 0);
    assert_real("0.1", 0.1);
    assert_real(".5", 0.5);
    assert_real("5.", 5);
    assert_real("-1e-3", -1e-3);
    assert_real("1E3", 1000);
    assert_real("1.7976931348623157e308", 1.7976931348623157e308);
    assert_real("0.1000000000000000055511151231257827021181583404541015625", 0.1);
    static const char *const wrong[] = {"", "-", ".", "e3", "1e", "nan", "inf", "-inf", "infinity",
        "0x1p3", "1,5", "1.5.2", "1 ", " 1", "1.5f", "1e400", "-1e400", "1-2"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        double value;
        if (text_to_real(wrong[i], &value))
            fail_msg("'%s' was taken as %.17g", wrong[i], value);
    }
}

static void assert_from_real(double value, const char *want)
{
    char out[32];
    assert_string_equal(text_from_real(value, out), want);
    assert_real(out, value);
}

static void assert_shortest(void)
{
    assert_from_real(0.1, "0.1");
    assert_from_real(1, "1");
    assert_from_real(-2.5, "-2.5");
    assert_from_real(1e-5, "1e-05");
    assert_from_real(0.1 + 0.2, "0.30000000000000004");
    assert_from_real(1.0 / 3, "0.3333333333333333");
}

TEST(reals)
{
    assert_reals();
    assert_shortest();
}

TEST(reals_in_another_locale)
{
    locale_with_comma(LC_NUMERIC);
    assert_reals();
    assert_shortest();
    setlocale(LC_NUMERIC, "C");
}

TEST(any_double_reads_back)
{
    int tried = 0;
    for (uint32_t i = 0; i < 20000; i++) {
        uint64_t bits = (uint64_t)reference_word(5, 0, 0, 0, 2 * i) << 32 |
                        reference_word(5, 0, 0, 0, 2 * i + 1);
        double value, again;
        memcpy(&value, &bits, sizeof value);
        if (!isnormal(value))
            continue;
        char out[32];
        assert_true(text_to_real(text_from_real(value, out), &again));
        assert_memory_equal(&again, &value, sizeof value);
        tried++;
    }
    assert_true(tried > 19000);
}

TEST(groups_of_three)
{
    char out[32];
    assert_string_equal(text_grouped(0, out), "0");
    assert_string_equal(text_grouped(999, out), "999");
    assert_string_equal(text_grouped(-999, out), "-999");
    assert_string_equal(text_grouped(1000, out), "1,000");
    assert_string_equal(text_grouped(54000, out), "54,000");
    assert_string_equal(text_grouped(-123456, out), "-123,456");
    assert_string_equal(text_grouped(1234567, out), "1,234,567");
    assert_string_equal(text_grouped(INT64_MIN, out), "-9,223,372,036,854,775,808");
    int64_t value;
    assert_true(text_to_int(text_grouped(INT64_MAX, out), &value) && value == INT64_MAX);
}

TEST(significant_digits)
{
    char out[32];
    assert_string_equal(text_significant(0, 3, out), "0.00");
    assert_string_equal(text_significant(9.999, 3, out), "10.0");
    assert_string_equal(text_significant(0.01234, 3, out), "0.0123");
    assert_string_equal(text_significant(12.34, 3, out), "12.3");
    assert_string_equal(text_significant(-1.5, 1, out), "-2");
    assert_string_equal(text_significant(123456, 3, out), "123456");
    assert_string_equal(text_significant(1e-30, 3, out), "0.000000000000");
    assert_string_equal(text_significant((double)INFINITY, 3, out), "inf");
}

TEST(bytes)
{
    char out[32];
    assert_string_equal(text_bytes(0, out), "0 B");
    assert_string_equal(text_bytes(1023, out), "1023 B");
    assert_string_equal(text_bytes(1024, out), "1.0 KiB");
    assert_string_equal(text_bytes(4.2 * 1048576, out), "4.2 MiB");
    assert_string_equal(text_bytes(139.0 * 1073741824, out), "139 GiB");
}

TEST(nearest_names)
{
    static const char *const names[] = {"batch", "epochs", "hidden", "lr", "momentum"};
    assert_string_equal(text_nearest("bacth", names, 5), "batch");
    assert_string_equal(text_nearest("epoch", names, 5), "epochs");
    assert_string_equal(text_nearest("momentun", names, 5), "momentum");
    assert_string_equal(text_nearest("hidden", names, 5), "hidden");
    assert_null(text_nearest("checkpointing", names, 5));
    assert_null(text_nearest("batch", names, 0));
    char longest[300];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_null(text_nearest(longest, names, 5));
}

TEST(byte_units)
{
    static const struct {
        int64_t bytes;
        const char *text;
    } whole[] = {{1, "1B"}, {1023, "1023B"}, {1024, "1KiB"}, {1536, "1536B"}, {3 << 20, "3MiB"},
        {INT64_C(5) << 28, "1280MiB"}, {INT64_C(1) << 40, "1TiB"},
        {(INT64_C(1) << 40) + 1, "1099511627777B"}};
    char out[32];
    int64_t unit = 7;
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        assert_string_equal(text_from_bytes(whole[i].bytes, out), whole[i].text);
    assert_true(text_to_byte_unit("", &unit) && unit == 1);
    assert_true(text_to_byte_unit("GiB", &unit) && unit == INT64_C(1) << 30);
    assert_false(text_to_byte_unit("GB", &unit));
    assert_false(text_to_byte_unit("mib", &unit));
    assert_int_equal(unit, INT64_C(1) << 30);
}

/* Reads back to the same bits, in no more digits than that takes. */
TEST(shortest_float)
{
    static const struct {
        float value;
        const char *text;
    } row[] = {{0, "0"}, {-0.0F, "-0"}, {0.1F, "0.1"}, {1 / 3.0F, "0.33333334"}, {1e10F, "1e+10"},
        {16777216, "16777216"}, {1e-45F, "1e-45"}, {3.4028235e38F, "3.4028235e+38"},
        {INFINITY, "inf"}, {-INFINITY, "-inf"}};
    char text[32];
    uint32_t bits = 1;
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
        assert_string_equal(text_from_float(row[i].value, text), row[i].text);
    assert_string_equal(text_from_float(NAN, text), "nan");
    for (int i = 0; i < 20000; i++, bits = bits * 1664525 + 1013904223) {
        float value, back;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        back = strtof(text_from_float(value, text), NULL);
        assert_memory_equal(&back, &value, sizeof value);
        assert_true(strlen(text) <= 15);
    }
}

TEST(utf8)
{
    static const char *const good[] = {"", "abc", "\302\200", "\337\277", "\340\240\200",
        "\355\237\277", "\356\200\200", "\360\220\200\200", "\364\217\277\277",
        "gr\303\266\303\237e"};
    static const char *const bad[] = {"\200", "\277", "\300\200", "\301\277", "\302", "\302a",
        "\340\237\277", "\340\240", "\355\240\200", "\360\217\277\277", "\360\220\200",
        "\364\220\200\200", "\365\200\200\200", "\377", "k\344fer"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(text_is_utf8(good[i], strlen(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(text_is_utf8(bad[i], strlen(bad[i])));
    assert_false(text_is_utf8("a\0b", 3));
}

TEST(times)
{
    static const struct {
        int64_t seconds;
        const char *text;
    } whole[] = {{1, "1s"}, {59, "59s"}, {60, "1min"}, {90, "90s"}, {600, "10min"}, {3600, "1h"},
        {5400, "90min"}, {86400, "1d"}, {90000, "25h"}};
    static const char *const wrong[] = {"", "s", "10", "10m", "-1s", "0s", "1.5h", "1 h", "1H",
        "s1", "9223372036854775807d", "99999999999999999999s"};
    char out[32];
    int64_t seconds = 7;
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
        assert_string_equal(text_from_seconds(whole[i].seconds, out), whole[i].text);
        assert_true(text_to_seconds(whole[i].text, &seconds));
        assert_int_equal(seconds, whole[i].seconds);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (text_to_seconds(wrong[i], &seconds))
            fail_msg("\"%s\" is taken for a time", wrong[i]);
}
