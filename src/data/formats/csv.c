#include "data/formats/csv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/formats/csv_dataset.h"

enum status csv_parse(const char *name, const char *text, size_t size,
    const struct csv_options *options, struct dataset *dataset, struct error *error)
{
    return csv_dataset_parse(dataset, name, text, size, csv_head_read, options, error);
}

enum status csv_read(const char *path, const struct csv_options *options, struct dataset *dataset,
    struct error *error)
{
    return csv_dataset_read(dataset, path, csv_head_read, options, error);
}

/* --- from a stream ------------------------------------------------------------------------- */

struct csv_stream {
    FILE *file;
    const char *name;
    const struct csv_options *options;
    struct csv_head head; /* created from the first lines, updated for the current ones */
    bool begun;
    char *line;
    size_t line_room;
    char *text; /* the current lines */
    size_t size, room;
    int64_t samples; /* in the current lines */
    int64_t blank;   /* blank lines before the next line; allowed only at the end */
};

enum status csv_stream_open(struct csv_stream **stream, FILE *file, const char *name,
    const struct csv_options *options, struct error *error)
{
    enum status status = memory_take(stream, 1, sizeof **stream, name, error);
    if (!status)
        **stream = (struct csv_stream){.file = file, .name = name, .options = options};
    return status;
}

void csv_stream_close(struct csv_stream *stream)
{
    if (!stream)
        return;
    csv_head_clear(&stream->head);
    free(stream->line);
    free(stream->text);
    free(stream);
}

/* Asks for the memory for the current lines and the next one: a buffer that grows is copied, and
 * two characters of text make at most one number. */
static enum status ask_for_room(const struct csv_stream *stream, size_t room, struct error *error)
{
    size_t text = 2 * room + stream->line_room;
    return room_for_reader(stream->options->room, (int64_t)(text + room / 2 * sizeof(float)), error,
        "%.200s, lines of %zu bytes", stream->name, room / 2);
}

/* Grows a block of *room bytes to twice `size` if it is smaller than `size`. */
static enum status reserve(
    const struct csv_stream *stream, char **block, size_t *room, size_t size, struct error *error)
{
    if (size <= *room)
        return STATUS_OK;
    TRY(ask_for_room(stream, 2 * size, error));
    char *larger = realloc(*block, 2 * size);
    if (!larger)
        return fail(
            error, STATUS_NO_RESOURCE, "no memory for %zu bytes of %s", 2 * size, stream->name);
    *block = larger;
    *room = 2 * size;
    return STATUS_OK;
}

static enum status append(
    struct csv_stream *stream, const char *text, size_t size, struct error *error)
{
    TRY(reserve(stream, &stream->text, &stream->room, stream->size + size, error));
    memcpy(stream->text + stream->size, text, size);
    stream->size += size;
    return STATUS_OK;
}

static bool is_blank(const char *line, size_t size)
{
    return size == 0 || *line == '\n' || (*line == '\r' && (size == 1 || line[1] == '\n'));
}

/* Reads the next line, including its line end, into stream->line and sets *size to its length, or
 * to 0 at the end of the stream. getline() would let an endless line take all memory. */
static enum status read_line(struct csv_stream *stream, size_t *size, struct error *error)
{
    int c = 0;
    for (*size = 0; c != '\n' && (c = getc_unlocked(stream->file)) != EOF; ++*size) {
        TRY(reserve(stream, &stream->line, &stream->line_room, *size + 1, error));
        stream->line[*size] = (char)c;
    }
    return ferror(stream->file)
               ? fail_errno(error, STATUS_IO, errno, "cannot read %s", stream->name)
               : STATUS_OK;
}

/* Reads the next line that is not blank into stream->line and sets *size to its length, or to 0 at
 * the end of the stream. */
static enum status next_line(struct csv_stream *stream, size_t *size, struct error *error)
{
    TRY(read_line(stream, size, error));
    while (*size > 0 && is_blank(stream->line, *size)) {
        stream->blank++;
        TRY(read_line(stream, size, error));
    }
    return STATUS_OK;
}

/* Reads at most `most` lines into stream->text. Blank lines in between are included, so that the
 * parser can report them with their line numbers. */
static enum status gather(struct csv_stream *stream, int64_t most, struct error *error)
{
    stream->size = 0;
    for (int64_t lines = 0; lines < most; lines++) {
        size_t size;
        TRY(next_line(stream, &size, error));
        if (size == 0)
            break;
        for (; stream->blank > 0; stream->blank--)
            TRY(append(stream, "\n", 1, error));
        TRY(append(stream, stream->line, size, error));
    }
    return STATUS_OK;
}

/* Creates the head for the current lines. If the columns are already known, only the lines in the
 * head are replaced. */
static enum status place_head(struct csv_stream *stream, struct error *error)
{
    struct csv_head *head = &stream->head;
    if (!stream->begun) {
        TRY(csv_head_read(head, stream->name, stream->text, stream->size, stream->options, error));
        head->room = NULL; /* ask_for_room() includes the samples of the current lines */
        return STATUS_OK;
    }
    head->first_line += stream->samples;
    head->text = stream->text;
    head->end = stream->text + stream->size;
    while (head->end > head->text && (head->end[-1] == '\n' || head->end[-1] == '\r'))
        head->end--;
    return STATUS_OK;
}

enum status csv_stream_next(
    struct csv_stream *stream, int64_t most, struct dataset *dataset, struct error *error)
{
    *dataset = (struct dataset){0};
    TRY(gather(stream, most, error));
    if (stream->begun && stream->size == 0)
        return STATUS_OK;
    TRY(place_head(stream, error));
    stream->begun = true;
    TRY(csv_dataset_make(dataset, &stream->head, 1, error));
    stream->samples = dataset->samples;
    return STATUS_OK;
}
