/* text.h: numbers and names in human-readable form. Threads: any. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Parses the whole text as a number; false if anything is left over, missing or out of range.
 * Integers allow '_' and ',' between digits (54,000) and nothing else; reals have a decimal point
 * in any locale, no hexadecimal, no "nan", no "inf". */
bool text_to_int(const char *text, int64_t *value);
bool text_to_real(const char *text, double *value);

/* The shortest decimal that reads back as the same double, into out[32]; returns out. */
char *text_from_real(double value, char out[32]);

/* The same for a float; also nan, inf and -inf. */
char *text_from_float(float value, char out[32]);

/* 54000 -> "54,000", into out[32]; returns out. */
char *text_grouped(int64_t value, char out[32]);

/* `digits` significant digits without an exponent, 0.0123, 12.3, 12345, into out[32]; returns
 * out. */
char *text_significant(double value, int digits, char out[32]);

/* Bytes with a binary unit, "4.2 MiB", into out[32]; returns out. */
char *text_bytes(double bytes, char out[32]);

/* "" or "B" -> 1, "KiB" ... "TiB" -> the bytes of that unit; false for anything else. */
bool text_to_byte_unit(const char *text, int64_t *bytes);

/* Bytes in the largest unit of which they are a whole number, "512MiB", into out[32]; returns out.
 */
char *text_from_bytes(int64_t bytes, char out[32]);

/* The number of bytes of the UTF-8 character (RFC 3629) that text [size > 0] begins with, and its
 * *code; 0: it does not begin with one. */
size_t text_character(const char *text, size_t size, uint32_t *code);

/* True if the whole text is UTF-8 without a byte of 0, as JSON requires. */
bool text_is_utf8(const char *text, size_t size);

/* "90s", "10min", "2h", "1d" as seconds; whole numbers above 0 only. And back, in the largest unit
 * of which they are a whole number, into out[32]; returns out. */
bool text_to_seconds(const char *text, int64_t *seconds);
char *text_from_seconds(int64_t seconds, char out[32]);

/* The name nearest to `word` by edit distance, or NULL when none is near. */
const char *text_nearest(const char *word, const char *const *names, int n);

/* Appends to the text in a buffer of `size` bytes, printf style; the rest is cut off where the buffer
 * is full. */
void text_append(char *text, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
