/* shown.h: foreign text (of files, arguments, hosts, other programs) as people see it.
 *
 * A terminal obeys what such text may hold, and a page or a log line can be made to read as something
 * else. So what is not plain becomes an escape that can be read, and all other text stays:
 *
 *   a byte that is not UTF-8, a control character of ASCII      \x1b
 *   a control character of Unicode (C1), a mark that turns the
 *   order of the text behind it, a character of no width        \u202e  \U000e0041
 *
 * Files for programs (JSON, config.ini, CSV) stay lossless: they use escapes of their own for the
 * same characters, or keep the bytes.
 *
 * Threads: any.
 */
#ifndef BASE_SHOWN_H
#define BASE_SHOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether people see this character, and nothing but it; false for '\n' and '\t' too. */
bool shown_plainly(uint32_t code);

/* The first character of text [size > 0] as it is shown, with a 0 behind it; returns the bytes of
 * text that it stands for. */
enum { SHOWN_MOST = 11 };
size_t shown_character(const char *text, size_t size, char out[SHOWN_MOST]);

/* Into out [room >= 4]; a text that is too long for it ends in "...", and never within a character.
 * Returns out. */
char *shown_text(char *out, size_t room, const char *text);

/* The same for an argument of printf, where a text that runs over several lines would be taken for
 * lines of ours; it lives as long as the block around it (the
 * body of an if is one). */
enum { SHOWN_LINE = 1000 };
#define SHOWN(text) shown_text((char[SHOWN_LINE]){""}, SHOWN_LINE, text)

/* Writes to a descriptor what is shown of a stream of text, whose '\n' are kept. A character may come
 * in pieces: what has begun is held back for the next call. */
struct shown_writer {
    int descriptor;
    char begun[4];
    size_t n_begun;
};

/* False: failed, with errno. */
bool shown_write(struct shown_writer *writer, const char *text, size_t size);

#endif
