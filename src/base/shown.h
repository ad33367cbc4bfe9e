/* shown.h: makes foreign text (from files, arguments, hosts, other programs) safe to show.
 *
 * Control characters in such text would act on a terminal, and other characters can make a page or
 * a log line look like something else. So characters that are not plain become readable escapes,
 * and all other text is unchanged:
 *
 *   a byte that is not UTF-8, an ASCII control character        \x1b
 *   a Unicode control character (C1), a mark that changes
 *   the order of the text, a zero-width character               \u202e  \U000e0041
 *
 * Machine-readable files (JSON, config.ini, CSV) stay lossless: they use escapes of their own for
 * the same characters, or keep the bytes.
 *
 * Threads: any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* True if the character is visible and has no other effect; false for '\n' and '\t' too. */
bool shown_plainly(uint32_t code);

/* Writes the first character of text [size > 0], in the form in which it is shown, to `out`,
 * terminated by a 0. Returns the length of the character in the text, in bytes. */
enum { SHOWN_MOST = 11 };
size_t shown_character(const char *text, size_t size, char out[SHOWN_MOST]);

/* Writes the whole text, in the form in which it is shown, to out [room >= 4]. If it does not fit,
 * it is cut between two characters and ends in "...". Returns out. */
char *shown_text(char *out, size_t room, const char *text);

/* The same in an expression, for arguments of printf(); newlines are escaped too, so the text
 * cannot imitate lines of our own. The string lives as long as the enclosing block (the body of an
 * if is one). */
enum { SHOWN_LINE = 1000 };
#define SHOWN(text) shown_text((char[SHOWN_LINE]){""}, SHOWN_LINE, text)

/* Writes a stream of text to a descriptor in the form in which it is shown; '\n' is kept. A
 * character may be split between two calls: its first bytes are held back until the next call. */
struct shown_writer {
    int descriptor;
    char begun[4];
    size_t n_begun;
};

/* Writes the next bytes of the stream. False on failure, with errno set. It is not a failure if the
 * reader (e.g. `head`) has ended: the bytes are discarded, as base/output.h does. */
bool shown_write(struct shown_writer *writer, const char *text, size_t size);
