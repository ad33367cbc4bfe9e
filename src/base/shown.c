#include "base/shown.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

bool shown_plainly(uint32_t code)
{
    static const uint32_t hidden[][2] = {{0, 0x1f}, {0x7f, 0x9f}, /* C0, DEL, C1 */
        {0xad, 0xad}, {0x61c, 0x61c},            /* soft hyphen, Arabic letter mark */
        {0x180e, 0x180e}, {0x200b, 0x200f},      /* zero width; direction marks */
        {0x2028, 0x202e}, {0x2060, 0x206f},      /* line ends, overrides, isolates */
        {0xfeff, 0xfeff}, {0xfff9, 0xfffb},      /* byte order mark, annotations */
        {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff}}; /* musical control characters; tags */
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        if (code >= hidden[i][0] && code <= hidden[i][1])
            return false;
    return true;
}

size_t shown_character(const char *text, size_t size, char out[SHOWN_MOST])
{
    uint32_t code;
    size_t length = text_character(text, size, &code);
    if (length == 0 || (length == 1 && !shown_plainly(code))) {
        snprintf(out, SHOWN_MOST, "\\x%02x", (unsigned char)*text);
        return 1;
    }
    if (shown_plainly(code))
        snprintf(out, SHOWN_MOST, "%.*s", (int)length, text);
    else
        snprintf(out, SHOWN_MOST, code <= 0xffff ? "\\u%04x" : "\\U%08x", code);
    return length;
}

char *shown_text(char *out, size_t room, const char *text)
{
    static const char dots[] = "...";
    size_t used = 0, cut = 0; /* cut: the length that leaves room for the dots */
    for (size_t left = strlen(text); left > 0;) {
        char one[SHOWN_MOST];
        size_t taken = shown_character(text, left, one), length = strlen(one);
        if (used + length >= room) {
            memcpy(out + cut, dots, sizeof dots);
            return out;
        }
        memcpy(out + used, one, length);
        used += length;
        if (used + sizeof dots <= room)
            cut = used;
        text += taken;
        left -= taken;
    }
    out[used] = '\0';
    return out;
}

/* --- streams ------------------------------------------------------------------------------- */

static bool write_all(int descriptor, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t done = write(descriptor, bytes, size);
        if (done < 0 && errno != EINTR)
            return errno == EPIPE;
        bytes += done > 0 ? done : 0;
        size -= done > 0 ? (size_t)done : 0;
    }
    return true;
}

/* Returns the number of bytes at the end of the text that may be the first bytes of a character
 * whose rest follows in the next call. */
static size_t unfinished(const char *text, size_t size)
{
    for (size_t n = 1; n <= 3 && n <= size; n++) {
        unsigned char byte = (unsigned char)text[size - n];
        if (byte >= 0xc0)
            return n < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? n : 0;
        if (byte < 0x80)
            return 0;
    }
    return 0;
}

enum { PIECE = 1024, ESCAPE = 4 }; /* ESCAPE: the most characters per byte */

static size_t show_piece(const char *text, size_t size, char out[PIECE * ESCAPE])
{
    size_t used = 0;
    for (size_t at = 0; at < size;) {
        char one[SHOWN_MOST] = "\n";
        at += text[at] == '\n' ? 1 : shown_character(text + at, size - at, one);
        size_t length = strlen(one);
        memcpy(out + used, one, length);
        used += length;
    }
    return used;
}

bool shown_write(struct shown_writer *writer, const char *text, size_t size)
{
    char piece[PIECE], out[PIECE * ESCAPE];
    while (size > 0) {
        size_t n = writer->n_begun, more = size < PIECE - n ? size : PIECE - n;
        memcpy(piece, writer->begun, n);
        memcpy(piece + n, text, more);
        text += more;
        size -= more;
        n += more;
        writer->n_begun = unfinished(piece, n);
        n -= writer->n_begun;
        memcpy(writer->begun, piece + n, writer->n_begun);
        if (!write_all(writer->descriptor, out, show_piece(piece, n, out)))
            return false;
    }
    return true;
}
