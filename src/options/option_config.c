#include "options/option_config.h"

#include <ctype.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>

#include "base/shown.h"
#include "base/text.h"
#include "options/options.h"

enum { ENTRY_MAX = OPTION_PATHS_MAX, NAME_MAX_LENGTH = 64, CHUNK = 120 };

/* inih passes one line at a time. A value may continue on the next line, so an entry is passed to
 * `take` only once the next entry begins. */
struct reader {
    const char *at; /* the rest of the text */
    int line;
    config_taker *take;
    void *context;
    struct error *error;
    enum status status;
    bool more;                 /* this line continues the value above */
    struct config_entry entry; /* line 0: none is pending */
    char section[NAME_MAX_LENGTH], key[NAME_MAX_LENGTH], value[ENTRY_MAX];
};

bool config_names_version(const char *text)
{
    static const char name[] = "lockstep ";
    const char *end = text + strcspn(text, "\n");
    bool named = false;
    for (const char *at = text; *text == '#' && (at = strstr(at, name)) && at < end && !named;) {
        at += sizeof name - 1;
        size_t digits = strspn(at, "0123456789");
        named = digits > 0 && at[digits] == '.' && isdigit((unsigned char)at[digits + 1]);
    }
    return named;
}

/* Records a fault; only the first one is reported. */
static void fault(struct reader *reader, const char *what)
{
    if (!reader->status)
        reader->status =
            fail(reader->error, STATUS_CONFIG, "%s:%d: %s", reader->entry.file, reader->line, what);
}

/* Replaces fgets() in inih. inih silently cuts long lines, and treats an indented line as a
 * continuation of the value above. So this function rejects long lines, and removes the indentation
 * of lines that do not begin with a quote. */
static char *next_line(char *line, int size, void *context)
{
    struct reader *reader = context;
    if (!*reader->at || reader->status)
        return NULL;
    reader->line++;
    size_t length = strcspn(reader->at, "\n");
    const char *start = reader->at;
    reader->at += length + (reader->at[length] == '\n');

    size_t blanks = strspn(start, " \t");
    reader->more = blanks > 0 && start[blanks] == '"';
    if (!reader->more) {
        start += blanks;
        length -= blanks;
    }
    if (length + 3 > (size_t)size) {
        fault(reader,
            "line too long: write the value as \"parts\" in quotes, each on a line of its own");
        return NULL;
    }
    snprintf(line, (size_t)size, "%.*s\n", (int)length, start);
    return line;
}

static void flush_entry(struct reader *reader)
{
    if (reader->entry.line == 0 || reader->status)
        return;
    reader->status = reader->take(reader->context, &reader->entry, reader->error);
    reader->entry.line = 0;
}

static void append_value(struct reader *reader, const char *bytes, size_t n)
{
    size_t used = strlen(reader->value);
    if (used + n >= sizeof reader->value) {
        fault(reader, "value too long");
        return;
    }
    memcpy(reader->value + used, bytes, n);
    reader->value[used + n] = '\0';
}

/* Reads one character of a quoted part, which may be escaped. Returns its end; NULL: malformed. */
static const char *unescape(const char *at, char *out)
{
    *out = *at;
    if (*at != '\\')
        return at + 1;
    switch (at[1]) {
    case '\\':
    case '"':
        *out = at[1];
        return at + 2;
    case 'n':
        *out = '\n';
        return at + 2;
    case 'x':
        if (strspn(at + 2, "0123456789abcdefABCDEF") < 2)
            return NULL;
        *out = (char)strtoul((const char[]){at[2], at[3], '\0'}, NULL, 16);
        return *out ? at + 4 : NULL;
    default:
        return NULL;
    }
}

static void append_quoted(struct reader *reader, const char *at)
{
    char character;
    for (at++; at && *at && *at != '"';) {
        at = unescape(at, &character);
        if (at)
            append_value(reader, &character, 1);
    }
    if (!at)
        fault(reader, "in quotes a backslash may precede only \\, \", n, or x and two digits");
    else if (*at != '"' || (at[1] && at[1 + strspn(at + 1, " \t")] != '#'))
        fault(reader, "a quoted value must end with \" (write ; in it as \\x3b)");
}

static void append_plain(struct reader *reader, const char *value)
{
    size_t length = strlen(value);
    for (const char *at = strchr(value, '#'); at; at = strchr(at + 1, '#'))
        if (at == value || strchr(" \t", at[-1])) {
            length = (size_t)(at - value);
            break;
        }
    while (length > 0 && strchr(" \t", value[length - 1]))
        length--;
    append_value(reader, value, length);
}

/* Appends one line of a value. inih has already removed a comment that begins with ";", but not one
 * that begins with "#". */
static void append_part(struct reader *reader, const char *value)
{
    if (*value == '"')
        append_quoted(reader, value);
    else
        append_plain(reader, value);
}

static int on_pair(void *context, const char *section, const char *name, const char *value)
{
    struct reader *reader = context;
    if (!(reader->more && reader->entry.line > 0 && strcmp(name, reader->key) == 0)) {
        flush_entry(reader);
        snprintf(reader->section, sizeof reader->section, "%s", section);
        snprintf(reader->key, sizeof reader->key, "%s", name);
        reader->value[0] = '\0';
        reader->entry.line = reader->line;
    }
    if (!reader->status)
        append_part(reader, value);
    return 1;
}

enum status config_read(
    const char *text, const char *file, config_taker *take, void *context, struct error *error)
{
    struct reader reader = {.at = text, .take = take, .context = context, .error = error};
    reader.entry = (struct config_entry){
        .file = file, .section = reader.section, .key = reader.key, .value = reader.value};
    int line = ini_parse_stream(next_line, &reader, on_pair, &reader);
    if (line > 0 && (!reader.status || line < reader.line))
        return fail(
            error, STATUS_CONFIG, "%s:%d: neither `name = value` nor [section]", file, line);
    flush_entry(&reader);
    return reader.status;
}

/* True if a character must be escaped; *length: its number of bytes. Everything except plain text
 * is escaped byte by byte, so that a terminal can show it and reading it gives the same bytes. */
static bool needs_escape(const char *text, size_t *length)
{
    uint32_t code;
    *length = text_character(text, strlen(text), &code);
    if (*length > 0 && shown_plainly(code))
        return strchr("\"\\;#", *text);
    *length = 1;
    return true;
}

static bool needs_quotes(const char *value)
{
    size_t length = strlen(value), character;
    if (length > CHUNK)
        return true;
    for (const char *at = value; *at; at += character)
        if (needs_escape(at, &character))
            return true;
    return length > 0 && (value[0] == ' ' || value[length - 1] == ' ');
}

void config_write(FILE *out, const char *key, const char *value, bool comment)
{
    const char *begin = comment ? "# " : "";
    fprintf(out, "%s%s =%s", begin, key, *value ? " " : "");
    if (!needs_quotes(value)) {
        fprintf(out, "%s\n", value);
        return;
    }
    fputc('"', out);
    size_t character;
    for (int column = 0; *value; value += character, column++) {
        if (column >= CHUNK) {
            fprintf(out, "\"\n%s    \"", begin);
            column = 0;
        }
        if (needs_escape(value, &character)) {
            fprintf(out, "\\x%02x", (unsigned char)*value);
            column += 3;
        } else
            fwrite(value, 1, character, out);
    }
    fputs("\"\n", out);
}
