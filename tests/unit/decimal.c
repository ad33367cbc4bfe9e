#include "base/decimal.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "support/locale_with_comma.h"
#include "support/unit.h"

/* Reads the text as a whole, from a copy that ends where it ends. */
static bool read_all(const char *text, struct decimal *number)
{
    size_t length = strlen(text);
    char *copy = malloc(length + 1);
    memcpy(copy, text, length);
    const char *behind = decimal_read(copy, copy + length, number);
    bool whole_text = behind == copy + length;
    free(copy);
    return whole_text;
}

/* strtof in the C locale, which a test program has unless it asks for another, is the oracle. */
static void assert_as_strtof(const char *text)
{
    struct decimal number = {.value = NAN};
    float want = strtof(text, NULL);
    if (!read_all(text, &number))
        fail_msg("\"%s\" is not read", text);
    if (memcmp(&number.value, &want, sizeof want) != 0)
        fail_msg("\"%s\" gives %a, not %a", text, (double)number.value, (double)want);
}

TEST(plain_numbers)
{
    static const char *const text[] = {"0", "-0", "+0", "1", "-1", "+1", "1.", ".5", "-.5", "00",
        "007", "1e0", "1E+2", "1e-2", "123456789", "0.1", "3.14159265358979", "16777217",
        "16777219", "9007199254740993", "18446744073709551616", "99999999999999999999999", "1e38",
        "3.4028235e38", "3.4028236e38", "3.5e38", "1e39", "1e400", "-1e400", "1e-45", "1e-46",
        "7e-46", "7.006492321624085e-46", "7.0064923216240853546186479164495e-46", "1.1754943e-38",
        "1.17549435e-38", "1e-400", "0e999", "0e-999", "0.0000", "1e00000000002",
        "1e99999999999999999999", "1e-99999999999999999999", "123456789012345678901234567890",
        "0.000000000000000000000000000000000000000000000000000000000000000000000000000012e50",
        "12000000000000000000000000000000000000000000000000000000000000000000000000000000e-50"};
    for (size_t i = 0; i < sizeof text / sizeof *text; i++)
        assert_as_strtof(text[i]);
}

/* Digits at random, of every length, with the point and the exponent anywhere. */
TEST(random_numbers)
{
    struct random_stream stream = {.seed = 7, .purpose = RANDOM_NOISE};
    for (uint64_t n = 0; n < 300000; n++) {
        char text[80];
        uint32_t word[4];
        random_block(stream, n, 0, word);
        int digits = 1 + (int)(word[0] % 26), point = (int)(word[1] % 40), used = 0;
        if (word[2] % 2)
            text[used++] = '-';
        for (int d = 0; d < digits; d++) {
            if (d == point)
                text[used++] = '.';
            text[used++] = (char)('0' + random_word(stream, n, (uint32_t)(4 + d)) % 10);
        }
        if (word[2] % 3)
            used += snprintf(text + used, 20, "e%d", (int)(word[3] % 100) - 50);
        text[used] = '\0';
        assert_as_strtof(text);
    }
}

/* What programs write: floats and doubles in the usual formats. */
TEST(written_numbers)
{
    static const char *const format[] = {"%.9g", "%.8e", "%.17g", "%.18e", "%.6g", "%f", "%.2f"};
    struct random_stream stream = {.seed = 8, .purpose = RANDOM_NOISE};
    for (uint64_t n = 0; n < 100000; n++) {
        uint32_t word[4];
        float value;
        random_block(stream, n, 0, word);
        memcpy(&value, &word[0], sizeof value);
        for (int f = 0; f < 7 && isfinite(value); f++) {
            char text[80];
            snprintf(text, sizeof text, format[f], (double)value * (1 + word[1] * 0x1p-60));
            assert_as_strtof(text);
        }
    }
}

/* Halfway between two floats, and a little above and below, where reading through a double and
 * rounding again goes wrong: the text of the tie has more digits than a double. */
TEST(ties)
{
    struct random_stream stream = {.seed = 9, .purpose = RANDOM_NOISE};
    for (uint64_t n = 0; n < 20000; n++) {
        uint32_t word = random_word(stream, n, 0) & 0x7f7fffff;
        char text[200], more[220];
        float low, high;
        if (n % 4 == 0)
            word &= 0x7fffff; /* subnormal */
        memcpy(&low, &word, sizeof low);
        high = nextafterf(low, INFINITY);
        double middle = ((double)low + (double)high) / 2;
        snprintf(text, sizeof text, "%.160g", middle);
        assert_as_strtof(text);
        char *e = strchr(text, 'e');
        int length = e ? (int)(e - text) : (int)strlen(text);
        const char *point = memchr(text, '.', (size_t)length) ? "" : ".";
        snprintf(more, sizeof more, "%.*s%s0000000001%s", length, text, point, e ? e : "");
        assert_as_strtof(more);
        snprintf(text, sizeof text, "%.17g", nextafter(middle, 0));
        assert_as_strtof(text);
        snprintf(text, sizeof text, "%.17g", nextafter(middle, INFINITY));
        assert_as_strtof(text);
    }
}

TEST(what_follows)
{
    static const struct {
        const char *text;
        int read; /* characters; -1: no number */
        bool whole;
    } cases[] = {{"12,5", 2, true}, {"1e", 1, true}, {"1e+", 1, true}, {"1e5x", 3, false},
        {"1.2.3", 3, false}, {"1_0", 1, true}, {"0x10", 1, true}, {"", -1, false}, {"-", -1, false},
        {"+-1", -1, false}, {".", -1, false}, {"-.e5", -1, false}, {"e5", -1, false},
        {"nan", -1, false}, {"inf", -1, false}, {" 1", -1, false}, {"7 ", 1, true},
        {"5.", 2, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct decimal number;
        const char *text = cases[i].text,
                   *behind = decimal_read(text, text + strlen(text), &number);
        if ((behind ? (int)(behind - text) : -1) != cases[i].read)
            fail_msg("\"%s\": %d characters", text, behind ? (int)(behind - text) : -1);
        if (behind && number.whole != cases[i].whole)
            fail_msg("\"%s\": whole is %d", text, number.whole);
    }
}

TEST(very_long_numbers)
{
    char text[DECIMAL_LONGEST + 2];
    struct decimal number;
    memset(text, '9', sizeof text);
    text[1] = '.';
    text[DECIMAL_LONGEST] = '\0';
    assert_as_strtof(text);
    text[DECIMAL_LONGEST] = '9';
    text[DECIMAL_LONGEST + 1] = '\0';
    assert_false(read_all(text, &number));
}

/* Slow reading goes through the C library, which would take a comma. */
TEST(the_locale_does_not_show)
{
    struct decimal number;
    locale_with_comma(LC_ALL);
    bool slow = read_all("1e-300", &number) && number.value == 0 &&
                read_all("1.000000059604644775390625", &number) && number.value == 1;
    setlocale(LC_ALL, "C");
    assert_true(slow);
}
