/* text.h: parses and formats numbers and names in human-readable form. Threads: any. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Parse the whole text as a number; false if anything is left over, missing or out of range.
 * Integers may have '_' and ',' between digits (54,000). Reals have a decimal point in every
 * locale; hexadecimal numbers, "nan" and "inf" are not accepted. */
bool text_to_int(const char *text, int64_t *value);
bool text_to_real(const char *text, double *value);

/* Writes to out[32] the shortest decimal that reads back as the same double; returns out. */
char *text_from_real(double value, char out[32]);

/* The same for a float; also formats nan, inf and -inf. */
char *text_from_float(float value, char out[32]);

/* Formats an integer with separators, e.g. 54000 as "54,000", into out[32]; returns out. */
char *text_grouped(int64_t value, char out[32]);

/* Formats a number with `digits` significant digits and no exponent, e.g. 0.0123, 12.3 or 12345,
 * into out[32]; returns out. */
char *text_significant(double value, int digits, char out[32]);

/* Formats bytes with a binary unit, e.g. "4.2 MiB", into out[32]; returns out. */
char *text_bytes(double bytes, char out[32]);

/* The same, in memory that is valid until the end of the enclosing block. */
#define GROUPED(value) text_grouped(value, (char[32]){""})
#define BYTES(bytes) text_bytes(bytes, (char[32]){""})

/* Converts "" or "B" to 1, and "KiB" ... "TiB" to the bytes of that unit; false for anything
 * else. */
bool text_to_byte_unit(const char *text, int64_t *bytes);

/* Formats bytes in the largest unit that divides them exactly, e.g. "512MiB", into out[32]; returns
 * out. */
char *text_from_bytes(int64_t bytes, char out[32]);

/* Returns the number of bytes in the UTF-8 character (RFC 3629) at the beginning of text [size >
 * 0], and sets *code to its code point; 0: it is invalid. */
size_t text_character(const char *text, size_t size, uint32_t *code);

/* True if the whole text is UTF-8 without a 0 byte, as JSON requires. */
bool text_is_utf8(const char *text, size_t size);

/* Converts "90s", "10min", "2h" or "1d" to seconds; positive integers only. The second function
 * converts back, in the largest unit that divides the seconds exactly, into out[32]; returns
 * out. */
bool text_to_seconds(const char *text, int64_t *seconds);
char *text_from_seconds(int64_t seconds, char out[32]);

/* Returns the name closest to `word` by edit distance, or NULL if none is close. */
const char *text_nearest(const char *word, const char *const *names, int n);

/* Appends to the text in a buffer of `size` bytes, printf style; what does not fit is cut off. */
void text_append(char *text, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
