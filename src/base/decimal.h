/* decimal.h: parses decimal numbers as the nearest float32.
 *
 *   [+-] digits [. digits] [(e|E) [+-] digits]      at least one digit before the exponent
 *
 * Hexadecimal numbers, "nan", "inf" and digit separators are not accepted; the decimal separator is
 * a point in every locale.
 *
 * The result is the same as from strtof: correctly rounded, ties to even, with subnormals, and
 * infinity beyond the float range. Method: the first 19 digits w and a power of ten are multiplied
 * in double,
 *
 *     x = w * 10^e * (1 + d)      |d| < 2^-50
 *
 * Rounding is monotone, so if x * (1 - 2^-50) and x * (1 + 2^-50) have the same nearest float, that
 * float is the result; if they do not (a tie, or nearly one) strtof decides. After Clinger, "How to
 * read floating point numbers accurately" (PLDI 1990), and Lemire, "Number parsing at a gigabyte
 * per second" (2021).
 *
 * Threads: any. Floating-point mode: the default of a process (round to nearest, subnormals kept).
 */
#pragma once

#include <stdbool.h>

struct decimal {
    float value;
    bool whole; /* written without a point or an exponent */
};

/* Reads the number at the beginning of [text, end). Returns its end; NULL if it does not begin with
 * a number, or if the number is longer than DECIMAL_LONGEST characters. */
enum { DECIMAL_LONGEST = 1000 };
const char *decimal_read(const char *text, const char *end, struct decimal *number);
