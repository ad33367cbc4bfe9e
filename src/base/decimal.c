#include "base/decimal.h"

#include <endian.h>
#include <locale.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    DIGITS_MOST = 19, /* digits that always fit into a uint64_t */
    POWER_LEAST = -64,
    POWER_MOST = 38,
    EXPONENT_MOST = 10000, /* larger exponents have the same effect; see DECIMAL_LONGEST */
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

/* Reads [text, end) with strtof_l() on a terminated copy. strtof() itself would follow the locale
 * of the embedding program. */
static float read_slowly(const char *text, const char *end)
{
    char copy[DECIMAL_LONGEST + 1];
    memcpy(copy, text, (size_t)(end - text));
    copy[end - text] = '\0';
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0); /* glibc's own: no allocation */
    float value = strtof_l(copy, NULL, c);
    freelocale(c);
    return value;
}

static bool is_digit(const char *at, const char *end)
{
    return at < end && (unsigned)(*at - '0') <= 9;
}

/* Converts the eight digits in the bytes of a word, with the first digit in the lowest byte.
 * Neighbouring digits are joined into numbers below 100, pairs of these into numbers below 10^4,
 * and the last two into one number. */
static uint64_t join_digits(uint64_t digits)
{
    digits = digits * 10 + (digits >> 8);
    digits = (digits & 0x00ff00ff00ff00ff) * 100 + ((digits >> 16) & 0x00ff00ff00ff00ff);
    return (digits & 0x0000ffff0000ffff) * 10000 + (digits >> 32 & 0xffff);
}

/* Appends the digits at `at` to w, which may wrap around. Returns the end of the digits. A branch
 * per digit would often be mispredicted, since the number of digits varies, so the next eight
 * characters are processed together. Lemire 2021, section 3, after Mula. */
static const char *read_digits(const char *at, const char *end, uint64_t *w)
{
    static const uint64_t power[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};
    uint64_t sum = *w;
    int n = 8;
    while (n == 8 && end - at >= 8) {
        uint64_t chunk;
        memcpy(&chunk, at, sizeof chunk);
        uint64_t digit = le64toh(chunk) ^ 0x3030303030303030; /* digits: 0 ... 9; others: larger */
        uint64_t other = ((digit + 0x7676767676767676) | digit) & 0x8080808080808080;
        n = other ? __builtin_ctzll(other) / 8 : 8; /* exact up to the first non-digit */
        if (n > 0)
            sum = sum * power[n] + (uint32_t)join_digits(digit << (64 - 8 * n));
        at += n;
    }
    for (; n == 8 && is_digit(at, end); at++)
        sum = 10 * sum + (uint64_t)(*at - '0');
    *w = sum;
    return at;
}

/* Returns the first 19 significant digits, as an integer, and adds the number of digits omitted
 * after them to *exponent. */
static uint64_t first_digits(const char *at, const char *end, int64_t *exponent)
{
    uint64_t w = 0;
    int n = 0;
    for (; at < end; at++) {
        if (*at == '.')
            continue;
        if (n == DIGITS_MOST) {
            ++*exponent;
            continue;
        }
        w = 10 * w + (uint64_t)(*at - '0');
        n += w > 0;
    }
    return w;
}

/* Reads an exponent that begins with `e` or `E`. Returns its end, or `at` if there is none; the
 * number then ends before the letter. */
static const char *read_exponent(const char *at, const char *end, int64_t *exponent)
{
    const char *digit = at + 1;
    bool negative = digit < end && *digit == '-';
    if (digit < end && (*digit == '-' || *digit == '+'))
        digit++;
    if (!is_digit(digit, end))
        return at;
    int64_t sum = 0;
    for (; is_digit(digit, end); digit++)
        if (sum < EXPONENT_MOST)
            sum = 10 * sum + (*digit - '0');
    *exponent += negative ? -sum : sum;
    return digit;
}

/* Computes w * 10^exponent. False if the nearest double does not determine the nearest float. */
static bool round_quickly(uint64_t w, int64_t exponent, float *value)
{
    if (exponent < POWER_LEAST || exponent > POWER_MOST)
        return false;
    double x = (double)w * power_of_ten[exponent - POWER_LEAST];
    float least = (float)(x * (1 - 0x1p-50)), most = (float)(x * (1 + 0x1p-50));
    *value = least;
    return least == most;
}

const char *decimal_read(const char *text, const char *end, struct decimal *number)
{
    bool negative = text < end && *text == '-';
    const char *first = text + (negative || (text < end && *text == '+'));
    uint64_t w = 0;
    int64_t exponent = 0;
    const char *at = read_digits(first, end, &w);
    int64_t count = at - first;
    number->whole = true;
    if (at < end && *at == '.') {
        const char *fraction = at + 1;
        at = read_digits(fraction, end, &w);
        exponent = fraction - at;
        count -= exponent;
        number->whole = false;
    }
    if (count == 0)
        return NULL;
    if (count > DIGITS_MOST)
        w = first_digits(first, at, &exponent);
    if (at < end && (*at == 'e' || *at == 'E')) {
        const char *e = at;
        at = read_exponent(at, end, &exponent);
        number->whole &= at == e;
    }
    if (at - text > DECIMAL_LONGEST)
        return NULL;
    if (!round_quickly(w, exponent, &number->value))
        number->value = read_slowly(first, at);
    if (negative)
        number->value = -number->value;
    return at;
}
