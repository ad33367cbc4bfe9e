#include "data/formats/csv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/formats/csv_dataset.h"

enum status csv_parse(const char *name, const char *text, size_t size,
    const struct source_request *request, struct dataset *dataset, struct error *error)
{
    return csv_dataset_parse(dataset, name, text, size, csv_head_read, request, error);
}

enum status csv_read(const char *path, const struct source_request *request,
    struct dataset *dataset, struct error *error)
{
    return csv_dataset_read(dataset, path, csv_head_read, request, error);
}

/* --- from a stream ------------------------------------------------------------------------- */

struct csv_stream {
    FILE *file;
    const char *name;
    const struct source_request *request;
    struct csv_head head; /* created from the first lines, updated for the current ones */
    char *text;           /* [room] the current lines; `size` bytes are in use */
    size_t size, room;
};

enum status csv_stream_open(struct csv_stream **stream, FILE *file, const char *name,
    const struct source_request *request, struct error *error)
{
    enum status status = memory_take(stream, 1, sizeof **stream, name, error);
    if (!status)
        **stream = (struct csv_stream){.file = file, .name = name, .request = request};
    return status;
}

void csv_stream_close(struct csv_stream *stream)
{
    if (!stream)
        return;
    csv_head_clear(&stream->head);
    free(stream->text);
    free(stream);
}

enum { ROOM_FIRST = 4096 };

/* Doubles the room for text, after asking for the memory: a buffer that grows is copied, and two
 * characters of text make at most one number. */
static enum status grow(struct csv_stream *stream, struct error *error)
{
    size_t room = stream->room ? 2 * stream->room : ROOM_FIRST;
    TRY(room_for_reader(stream->request->room, (int64_t)(2 * room + room / 2 * sizeof(float)),
        error, "%.200s, lines of %zu bytes", stream->name, room / 2));
    char *larger = realloc(stream->text, room);
    if (!larger)
        return fail(error, STATUS_NO_RESOURCE, "no memory for %zu bytes of %s", room, stream->name);
    stream->text = larger;
    stream->room = room;
    return STATUS_OK;
}

static bool is_blank(const char *line, size_t size)
{
    return *line == '\n' || (*line == '\r' && (size == 1 || line[1] == '\n'));
}

/* Appends the next line, or the lines of a field with line ends, including the line end, to the text and sets *size to its length, or to 0
 * at the end of the stream. getline() would let an endless line take all memory. */
static enum status read_line(struct csv_stream *stream, size_t *size, struct error *error)
{
    int c = 0;
    bool open = false; /* between quotes */
    for (*size = 0; (open || c != '\n') && (c = getc_unlocked(stream->file)) != EOF; ++*size) {
        if (stream->size == stream->room)
            TRY(grow(stream, error));
        stream->text[stream->size++] = (char)c;
        open ^= c == '"';
    }
    return ferror(stream->file)
               ? fail_errno(error, STATUS_IO, errno, "cannot read %s", stream->name)
               : STATUS_OK;
}

/* Reads at most `most` lines that are not blank, and the blank lines before them, so that the
 * parser can report those with their line numbers. Blank lines at the end of the stream are
 * dropped. */
static enum status gather(struct csv_stream *stream, int64_t most, struct error *error)
{
    size_t used = 0;
    stream->size = 0;
    for (int64_t lines = 0; lines < most;) {
        size_t size;
        TRY(read_line(stream, &size, error));
        if (size == 0)
            break;
        if (!is_blank(stream->text + stream->size - size, size)) {
            used = stream->size;
            lines++;
        }
    }
    stream->size = used;
    return STATUS_OK;
}

/* Columns whose levels are not given hold numbers, since the lines to come are not known. */
static void expect_numbers(struct csv_head *head)
{
    for (int64_t c = 0; c < head->columns; c++)
        if (head->kind[c] == CSV_FIND)
            head->kind[c] = CSV_NUMBERS;
}

enum status csv_stream_next(
    struct csv_stream *stream, int64_t most, struct dataset *dataset, struct error *error)
{
    struct csv_head *head = &stream->head;
    bool begun = head->columns > 0;
    *dataset = (struct dataset){0};
    TRY(gather(stream, most, error));
    if (begun && stream->size == 0)
        return STATUS_OK;
    if (begun) { /* the columns are known, so only the lines are replaced */
        head->text = stream->text;
        head->end = stream->text + stream->size;
        head->has_quotes = memchr(stream->text, '"', stream->size) != NULL;
    } else {
        TRY(csv_head_read(head, stream->name, stream->text, stream->size, stream->request, error));
        head->room = NULL; /* grow() asks for the samples of the current lines */
        expect_numbers(head);
    }
    TRY(csv_dataset_make(dataset, head, 1, error));
    head->first_line += csv_count(head->text, head->end, '\n') + (head->end[-1] != '\n');
    return STATUS_OK;
}
