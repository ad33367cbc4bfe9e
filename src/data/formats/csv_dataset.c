#include "data/formats/csv_dataset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/formats/csv_extras.h"
#include "data/formats/csv_inputs.h"
#include "data/formats/csv_labels.h"
#include "data/formats/csv_levels.h"
#include "data/formats/csv_unlabelled.h"
#include "data/gzip_file.h"
#include "data/names.h"

/* Makes a list of n names from the columns with the roles `first`, first + step ... */
static enum status name_columns(char ***names, int64_t n, const struct csv_head *head,
    int32_t first, int32_t step, struct error *error)
{
    size_t size = names_size(head->column_name, head->columns);
    TRY(names_take(names, n, size, "the column names", error));
    char *text = (*names)[0];
    int64_t c = 0;
    for (int64_t i = 0; i < n; i++, c++) {
        int32_t role = first + (int32_t)i * step;
        while (head->role[c % head->columns] != role)
            c++;
        text = stpcpy(text, head->column_name[c % head->columns]) + 1;
    }
    names_index(*names, n);
    return STATUS_OK;
}

/* Names the features and labels by the columns of a header. */
static enum status take_names(
    struct dataset *dataset, const struct csv_head *head, struct error *error)
{
    char *const *given = head->feature_name;
    int64_t labels = head->labels;
    if (given)
        TRY(names_copy(&dataset->feature_name, given, head->features, "the column names", error));
    else
        TRY(name_columns(&dataset->feature_name, head->features, head, csv_role_of_feature(0),
            csv_role_of_feature(1) - csv_role_of_feature(0), error));
    return labels > 0 ? name_columns(&dataset->label_name, labels, head, 0, 1, error) : STATUS_OK;
}

/* Returns the kind of a column that is neither an input nor a label, or NULL. */
static const char *other_kind(int32_t role)
{
    static const char *const extra[N_CSV_EXTRAS] = {"group", "split-by", "id", "ignored"};
    if (role >= 0 || csv_is_feature(role))
        return NULL;
    return role == CSV_LEFT_OUT || role == CSV_EMPTY ? "ignored"
           : role == CSV_WEIGHT                      ? "weight"
                                                     : extra[csv_extra_of(role)];
}

/* Writes the kinds and names of the columns that are neither inputs nor labels. */
static int64_t write_others(FILE *file, const struct csv_head *head)
{
    int64_t others = 0;
    for (int64_t c = 0; c < head->columns; c++) {
        const char *kind = other_kind(head->role[c]);
        if (!kind)
            continue;
        others++;
        fprintf(file, "%s%s%c", kind, c + 1 == head->also_id ? " and id" : "", '\0');
        if (head->column_name && *head->column_name[c])
            fprintf(file, "%s%c", head->column_name[c], '\0');
        else
            fprintf(file, "column %lld%c", (long long)c + 1, '\0');
    }
    return others;
}

/* Lists these columns of training data. */
static enum status take_others(
    struct dataset *dataset, const struct csv_head *head, struct error *error)
{
    static const char what[] = "the names of other columns";
    char *text = NULL;
    size_t size = 0;
    if (head->feature_name || !head->kind)
        return STATUS_OK;
    FILE *file = open_memstream(&text, &size);
    if (file)
        dataset->others = write_others(file, head);
    enum status status = STATUS_OK;
    if (!file || fclose(file) != 0)
        status = fail(error, STATUS_NO_RESOURCE, "no memory for %s", what);
    else if (dataset->others > 0)
        status = names_make(&dataset->other, 2 * dataset->others, text, size, what, error);
    free(text);
    return status;
}

static void note(struct dataset *dataset, const char *text)
{
    size_t used = strlen(dataset->note);
    if (*text)
        snprintf(dataset->note + used, sizeof dataset->note - used, "%s%s", used ? "; " : "", text);
}

static void note_columns(struct dataset *dataset, const struct csv_head *head)
{
    char omitted[256];
    const char *be = head->n_omitted == 1 ? "is" : "are";
    snprintf(omitted, sizeof omitted,
        "%s %s not among the inputs of the training data and %s ignored", head->omitted, be, be);
    note(dataset, head->note);
    note(dataset, head->n_omitted > 0 ? omitted : "");
}

/* Reads the rows, once more if the first reading shows which columns are words. */
static enum status read_rows(struct csv_rows *rows, struct dataset *dataset, struct csv_head *head,
    int threads, struct error *error)
{
    for (bool again = true; again;) {
        TRY(csv_rows_read(rows, dataset, head, threads, error));
        TRY(csv_inputs_judge(rows, head, &again, error));
        if (!again)
            break;
        csv_rows_clear(rows);
        dataset_clear(dataset);
        head->asked = true;
    }
    return STATUS_OK;
}

static enum status settle(struct csv_rows *rows, int threads, struct error *error)
{
    struct dataset *dataset = rows->set;
    TRY(csv_unlabelled_check(rows, error));
    TRY(csv_labels_settle(rows, error));
    TRY(csv_levels_encode(rows, threads, error));
    TRY(csv_extras_settle(rows, error));
    TRY(csv_unlabelled_drop(rows, error));
    TRY(take_others(dataset, rows->head, error));
    return rows->head->column_name ? take_names(dataset, rows->head, error) : STATUS_OK;
}

enum status csv_dataset_make(
    struct dataset *dataset, struct csv_head *head, int threads, struct error *error)
{
    struct csv_rows rows = {0};
    *dataset = (struct dataset){0};
    enum status status = read_rows(&rows, dataset, head, threads, error);
    if (!status)
        status = settle(&rows, threads, error);
    note_columns(dataset, head);
    csv_rows_clear(&rows);
    if (status)
        dataset_clear(dataset);
    return status;
}

enum status csv_dataset_parse(struct dataset *dataset, const char *name, const char *text,
    size_t size, csv_head_reader *read_head, const struct source_request *request,
    struct error *error)
{
    struct csv_head head;
    *dataset = (struct dataset){0};
    TRY(read_head(&head, name, text, size, request, error));
    enum status status = csv_dataset_make(dataset, &head, request->threads, error);
    csv_head_clear(&head);
    return status;
}

/* Appends some unpacked bytes to the text; doubles its memory before, after asking for what both
 * copies take. */
static enum status unpack_more(struct gzip_file *file, const struct room *room, char **text,
    size_t *size, size_t capacity, struct error *error)
{
    size_t got;
    TRY(room_for_reader(
        room, (int64_t)(2 * capacity), error, "%.200s, unpacked to %zu bytes", file->path, *size));
    char *larger = realloc(*text, capacity);
    if (!larger)
        return fail(error, STATUS_NO_RESOURCE, "no memory for %zu bytes of %s, which is gzipped",
            capacity, file->path);
    *text = larger;
    TRY(gzip_file_read(file, larger + *size, capacity - *size, &got, error));
    *size += got;
    return STATUS_OK;
}

static enum status unpack(
    const char *path, const struct room *room, char **text, size_t *size, struct error *error)
{
    enum { CAPACITY_FIRST = 1 << 20 };
    struct gzip_file file;
    *text = NULL;
    *size = 0;
    TRY(gzip_file_open(&file, path, error));
    size_t capacity = CAPACITY_FIRST;
    enum status status = unpack_more(&file, room, text, size, capacity, error);
    while (!status && *size == capacity)
        status = unpack_more(&file, room, text, size, capacity *= 2, error);
    gzip_file_close(&file);
    return status;
}

/* Parses the bytes of a file, unpacked if they are gzipped. */
static enum status parse_bytes(struct dataset *dataset, const char *path,
    const struct mapped_file *file, csv_head_reader *read_head,
    const struct source_request *request, struct error *error)
{
    char *text;
    size_t size;
    bool gzipped = file->size >= 2 && memcmp(file->bytes, "\x1f\x8b", 2) == 0;
    if (!gzipped)
        return csv_dataset_parse(dataset, path, file->bytes, file->size, read_head, request, error);
    enum status status = unpack(path, request->room, &text, &size, error);
    if (!status)
        status = csv_dataset_parse(dataset, path, text, size, read_head, request, error);
    free(text);
    return status;
}

enum status csv_dataset_read(struct dataset *dataset, const char *path, csv_head_reader *read_head,
    const struct source_request *request, struct error *error)
{
    struct mapped_file file;
    *dataset = (struct dataset){0};
    TRY(mapped_file_open(&file, path, error));
    enum status status = parse_bytes(dataset, path, &file, read_head, request, error);
    status = mapped_file_check(&file, path, status, error);
    mapped_file_close(&file);
    if (status)
        dataset_clear(dataset);
    return status;
}
