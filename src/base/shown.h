/* shown.h: foreign text (of files, arguments, hosts, other programs) made safe to show.
 *
 * A terminal obeys control characters in such text, and a page or a log line can be made to look
 * like something else. So characters that are not plain become readable escapes, and all other text
 * stays:
 *
 *   a byte that is not UTF-8, a control character of ASCII      \x1b
 *   a control character of Unicode (C1), a mark that changes
 *   the order of the text, a character of no width              \u202e  \U000e0041
 *
 * Machine-readable files (JSON, config.ini, CSV) stay lossless: they use escapes of their own for
 * the same characters, or keep the bytes.
 *
 * Threads: any.
 */
#ifndef BASE_SHOWN_H
#define BASE_SHOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* True if the character is visible and has no other effect; false for '\n' and '\t' too. */
bool shown_plainly(uint32_t code);

/* The first character of text [size > 0] as it is shown, terminated by a 0; returns the number of
 * bytes of text that it represents. */
enum { SHOWN_MOST = 11 };
size_t shown_character(const char *text, size_t size, char out[SHOWN_MOST]);

/* Writes the whole text as it is shown to out [room >= 4]; one that does not fit ends in "...",
 * never within a character. Returns out. */
char *shown_text(char *out, size_t room, const char *text);

/* The same for an argument of printf; newlines are escaped too, so the text cannot pass for lines
 * of ours. It lives as long as the enclosing block (the body of an if is one). */
enum { SHOWN_LINE = 1000 };
#define SHOWN(text) shown_text((char[SHOWN_LINE]){""}, SHOWN_LINE, text)

/* Writes a stream of text to a descriptor as it is shown; '\n' is kept. A character may be split
 * between two calls: its first bytes are held back until the next one. */
struct shown_writer {
    int descriptor;
    char begun[4];
    size_t n_begun;
};

/* False on failure, with errno set. */
bool shown_write(struct shown_writer *writer, const char *text, size_t size);

#endif
