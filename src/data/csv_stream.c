#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/csv_rows.h"

struct csv_stream {
    FILE *file;
    const char *name;
    const struct csv_options *options;
    struct csv_head head; /* of the first lines; then of those at hand */
    bool begun;
    char *line; /* getline()'s */
    size_t line_room;
    char *text; /* lines at hand */
    size_t size, room;
    int64_t samples; /* in them */
    int64_t blank;   /* lines before the next one: allowed at the end alone */
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

static enum status append(
    struct csv_stream *stream, const char *text, size_t size, struct error *error)
{
    if (stream->size + size > stream->room) {
        size_t room = 2 * (stream->size + size);
        char *larger = realloc(stream->text, room);
        if (!larger)
            return fail(
                error, STATUS_NO_RESOURCE, "no memory for %zu bytes of %s", room, stream->name);
        stream->text = larger;
        stream->room = room;
    }
    memcpy(stream->text + stream->size, text, size);
    stream->size += size;
    return STATUS_OK;
}

static bool is_blank(const char *line, size_t size)
{
    return size == 0 || *line == '\n' || (*line == '\r' && (size == 1 || line[1] == '\n'));
}

/* The next line that is not blank, into stream->line: its size, or 0 at the end. */
static enum status next_line(struct csv_stream *stream, size_t *size, struct error *error)
{
    *size = 0;
    while (*size == 0) {
        errno = 0;
        ssize_t got = getline(&stream->line, &stream->line_room, stream->file);
        if (got < 0 && errno == ENOMEM)
            return fail(error, STATUS_NO_RESOURCE, "no memory for a line of %s", stream->name);
        if (got < 0 && ferror(stream->file))
            return fail_errno(error, STATUS_IO, errno, "cannot read %s", stream->name);
        if (got < 0)
            return STATUS_OK;
        if (is_blank(stream->line, (size_t)got))
            stream->blank++;
        else
            *size = (size_t)got;
    }
    return STATUS_OK;
}

/* At most `most` lines into stream->text. Blank ones before others go along: whoever parses them
 * then says what is wrong, and where. */
static enum status gather(struct csv_stream *stream, int64_t most, struct error *error)
{
    stream->size = 0;
    for (int64_t lines = 0; lines < most; lines++) {
        size_t size;
        enum status status = next_line(stream, &size, error);
        if (status || size == 0)
            return status;
        for (; !status && stream->blank > 0; stream->blank--)
            status = append(stream, "\n", 1, error);
        if (!status)
            status = append(stream, stream->line, size, error);
        if (status)
            return status;
    }
    return STATUS_OK;
}

/* The head of the lines at hand; where it is known, these lines take the place of those before. */
static enum status place_head(struct csv_stream *stream, struct error *error)
{
    struct csv_head *head = &stream->head;
    if (!stream->begun)
        return csv_head_read(
            head, stream->name, stream->text, stream->size, stream->options, error);
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
    struct csv_rows rows;
    *dataset = (struct dataset){0};
    enum status status = gather(stream, most, error);
    if (status || (stream->begun && stream->size == 0))
        return status;
    status = place_head(stream, error);
    if (status)
        return status;
    stream->begun = true;
    status = csv_rows_read(&rows, &stream->head, 1, error);
    if (!status)
        status = csv_make_dataset(dataset, &stream->head, &rows, error);
    csv_rows_clear(&rows);
    stream->samples = dataset->samples;
    snprintf(dataset->name, sizeof dataset->name, "%s", stream->name);
    if (status)
        dataset_clear(dataset);
    return status;
}
