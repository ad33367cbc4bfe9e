#include "base/decimal.h"

#include <locale.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    DIGITS_MOST = 19, /* that a uint64_t holds */
    POWER_LEAST = -64,
    POWER_MOST = 38,
};

/* The double nearest to 10^(i + POWER_LEAST). */
static const double power_of_ten[POWER_MOST - POWER_LEAST + 1] = {1e-64, 1e-63, 1e-62, 1e-61, 1e-60,
    1e-59, 1e-58, 1e-57, 1e-56, 1e-55, 1e-54, 1e-53, 1e-52, 1e-51, 1e-50, 1e-49, 1e-48, 1e-47,
    1e-46, 1e-45, 1e-44, 1e-43, 1e-42, 1e-41, 1e-40, 1e-39, 1e-38, 1e-37, 1e-36, 1e-35, 1e-34,
    1e-33, 1e-32, 1e-31, 1e-30, 1e-29, 1e-28, 1e-27, 1e-26, 1e-25, 1e-24, 1e-23, 1e-22, 1e-21,
    1e-20, 1e-19, 1e-18, 1e-17, 1e-16, 1e-15, 1e-14, 1e-13, 1e-12, 1e-11, 1e-10, 1e-9, 1e-8, 1e-7,
    1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10,
    1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22, 1e23, 1e24, 1e25, 1e26,
    1e27, 1e28, 1e29, 1e30, 1e31, 1e32, 1e33, 1e34, 1e35, 1e36, 1e37, 1e38};

/* strtof wants a 0 behind the number, and would follow the locale of an embedding program. */
static float read_slowly(const char *text, const char *end)
{
    char copy[DECIMAL_LONGEST + 1];
    memcpy(copy, text, (size_t)(end - text));
    copy[end - text] = '\0';
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0); /* glibc's own: takes no memory */
    float value = strtof_l(copy, NULL, c);
    freelocale(c);
    return value;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The digits of a number without its point, up to 19 of them, leading zeros not counted. */
struct digits {
    uint64_t w;
    int n;
    int64_t dropped; /* digits behind those */
};

static const char *read_digits(const char *at, const char *end, struct digits *digits)
{
    for (; at < end && is_digit(*at); at++) {
        if (digits->n < DIGITS_MOST) {
            digits->w = 10 * digits->w + (uint64_t)(*at - '0');
            digits->n += digits->w > 0;
        } else {
            digits->dropped++;
        }
    }
    return at;
}

/* What stands at an `e` that a number may end before: the exponent, if it is one. */
static const char *read_exponent(const char *at, const char *end, int64_t *exponent)
{
    const char *digit = at + 1;
    bool negative = digit < end && *digit == '-';
    if (digit < end && (*digit == '-' || *digit == '+'))
        digit++;
    if (digit == end || !is_digit(*digit))
        return at;
    int64_t sum = 0;
    for (; digit < end && is_digit(*digit); digit++)
        if (sum < DECIMAL_LONGEST * 10)
            sum = 10 * sum + (*digit - '0');
    *exponent += negative ? -sum : sum;
    return digit;
}

const char *decimal_read(const char *text, const char *end, struct decimal *number)
{
    const char *at = text;
    struct digits digits = {0};
    bool negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    const char *first = at;
    at = read_digits(at, end, &digits);
    int64_t exponent = digits.dropped, count = at - first;
    number->whole = true;
    if (at < end && *at == '.') {
        const char *point = at++;
        digits.dropped = 0;
        at = read_digits(at, end, &digits);
        exponent -= at - point - 1 - digits.dropped;
        count += at - point - 1;
        number->whole = false;
    }
    if (count == 0)
        return NULL;
    if (at < end && (*at == 'e' || *at == 'E')) {
        const char *e = at;
        at = read_exponent(at, end, &exponent);
        number->whole &= at == e;
    }
    if (at - text > DECIMAL_LONGEST)
        return NULL;

    if (exponent >= POWER_LEAST && exponent <= POWER_MOST) {
        double x = (double)digits.w * power_of_ten[exponent - POWER_LEAST];
        float least = (float)(x * (1 - 0x1p-50)), most = (float)(x * (1 + 0x1p-50));
        number->value = negative ? -least : least;
        if (least == most)
            return at;
    }
    number->value = read_slowly(text, at);
    return at;
}
