#include "data/source.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "data/formats/csv.h"
#include "data/formats/csv_head.h"
#include "data/formats/idx.h"
#include "data/formats/libsvm.h"
#include "data/formats/npy.h"
#include "data/synthetic.h"

static const char fashion_mnist[] = "fashion-mnist";
static const char fashion_mnist_directory[] = "/usr/share/datasets/fashion-mnist";
static const char images_suffix[] = "-images-idx3-ubyte";
static const char labels_suffix[] = "-labels-idx1-ubyte";

/* The prefixes of the files for each role, and its name in messages. */
static const struct {
    const char *noun, *prefix[3];
} role_files[] = {[ROLE_TRAIN] = {"training", {"train", NULL}},
    [ROLE_VALIDATION] = {"validation", {"val", "validation", NULL}},
    [ROLE_TEST] = {"test", {"t10k", "test", NULL}}};

/* Returns the text after "synthetic:", or NULL if the source is not synthetic. */
static const char *synthetic_description(const char *source)
{
    size_t length = strlen("synthetic");
    if (strncmp(source, "synthetic", length) != 0)
        return NULL;
    return source[length] == ':' ? source + length + 1 : source[length] == '\0' ? "" : NULL;
}

/* --- a directory --------------------------------------------------------------------------- */

/* Looks for prefix + suffix in the directory, plain or with .gz; sets *found, and path if it is
 * found. */
static enum status seek(char path[FILE_PATH_MAX], bool *found, const char *directory,
    const char *prefix, const char *suffix, struct error *error)
{
    static const char *const ending[] = {"", ".gz"};
    *found = false;
    for (int i = 0; i < 2 && !*found; i++) {
        char name[100];
        snprintf(name, sizeof name, "%s%s%s", prefix, suffix, ending[i]);
        TRY(file_path(path, directory, name, error));
        *found = file_exists(path);
    }
    return STATUS_OK;
}

static enum status nothing_found(const char *directory, enum role role, struct error *error)
{
    const char *const *prefix = role_files[role].prefix;
    const char *other = prefix[1] ? prefix[1] : "";
    return fail(error, STATUS_NO_INPUT,
        "directory %s contains no %s data: looked for %s%s and %s%s, plain or with .gz%s%s%s",
        directory, role_files[role].noun, prefix[0], images_suffix, prefix[0], labels_suffix,
        *other ? ", or the same with " : "", other, *other ? "-..." : "");
}

/* Reads the files for a role. Missing files are a failure only if `needed` is true. */
static enum status read_directory(struct dataset *dataset, const char *directory, enum role role,
    bool needed, const struct source_request *request, struct error *error)
{
    char images[FILE_PATH_MAX], labels[FILE_PATH_MAX];
    const char *const *prefix = role_files[role].prefix;
    bool found = false, labelled;
    for (; *prefix; prefix++) {
        TRY(seek(images, &found, directory, *prefix, images_suffix, error));
        if (found)
            break;
    }
    if (!found)
        return needed ? nothing_found(directory, role, error) : STATUS_OK;
    TRY(seek(labels, &labelled, directory, *prefix, labels_suffix, error));
    if (!labelled)
        return fail(error, STATUS_NO_INPUT,
            "directory %s contains %s%s, but no %s%s, plain or with .gz", directory, *prefix,
            images_suffix, *prefix, labels_suffix);
    return idx_read(images, labels, request->task, request->room, dataset, error);
}

static enum status directory_of(const char **directory, const char *source, struct error *error)
{
    *directory = NULL;
    if (strcmp(source, fashion_mnist) == 0) {
        if (!file_is_directory(fashion_mnist_directory))
            return fail(error, STATUS_NO_INPUT,
                "fashion-mnist is not installed: %s does not exist; apt install "
                "dataset-fashion-mnist creates it; --data also takes a directory with the four "
                "files, or synthetic:samples=10000,features=784,classes=10",
                fashion_mnist_directory);
        *directory = fashion_mnist_directory;
    } else if (file_is_directory(source)) {
        *directory = source;
    }
    return STATUS_OK;
}

/* --- files --------------------------------------------------------------------------------- */

enum format { FORMAT_IDX, FORMAT_NPY, FORMAT_CSV, FORMAT_LIBSVM };

static enum format format_of_name(const char *path)
{
    static const struct {
        const char *ending;
        enum format format;
    } table[] = {{".csv", FORMAT_CSV}, {".tsv", FORMAT_CSV}, {".txt", FORMAT_CSV},
        {".csv.gz", FORMAT_CSV}, {".tsv.gz", FORMAT_CSV}, {".txt.gz", FORMAT_CSV},
        {".libsvm", FORMAT_LIBSVM}, {".svmlight", FORMAT_LIBSVM}, {".svm", FORMAT_LIBSVM},
        {".npy", FORMAT_NPY}};
    size_t length = strlen(path);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        size_t ending = strlen(table[i].ending);
        if (length >= ending && strcmp(path + length - ending, table[i].ending) == 0)
            return table[i].format;
    }
    return FORMAT_IDX;
}

/* Determines the format from the beginning of a file. An NPY file begins with magic bytes; a file
 * with a 0 byte near its beginning is not text, or it is a damaged table if it has the name of one
 * (the reader of tables reports the byte); text without a second file is a table. In all other
 * cases the file's name decides: for other text, and for files that are compressed, empty or
 * unreadable (the reader reports the last two). */
static enum format format_of_start(const char *start, size_t size, const char *path, bool alone)
{
    if (npy_begins(start, size))
        return FORMAT_NPY;
    if (size == 0 || (size >= 2 && memcmp(start, "\x1f\x8b", 2) == 0))
        return format_of_name(path);
    enum format named = format_of_name(path);
    bool damaged = named == FORMAT_CSV && start[0] != '\0'; /* IDX files begin with 0 */
    if (!damaged && memchr(start, '\0', size) && !csv_is_utf16(start, size))
        return FORMAT_IDX;
    if (!alone)
        return named;
    return named == FORMAT_LIBSVM || libsvm_begins(start, size) ? FORMAT_LIBSVM : FORMAT_CSV;
}

static enum status format_of(enum format *format, const char *path, bool alone, struct error *error)
{
    char start[4096] = "";
    FILE *file;
    uint64_t bytes;
    size_t size = 0;
    if (file_exists(path)) {
        TRY(file_open_regular(path, &file, &bytes, error));
        size = fread(start, 1, sizeof start, file);
        fclose(file);
    }
    *format = format_of_start(start, size, path, alone);
    return STATUS_OK;
}

/* Replaces the first `old` in `text` with a word of the same length. */
static bool replace(char *text, const char *old, const char *new)
{
    char *at = strstr(text, old);
    if (at)
        memcpy(at, new, strlen(new));
    return at != NULL;
}

/* Finds the label file for an image file and writes its path to `labels`, which has room for
 * FILE_PATH_MAX. */
static enum status find_labels(char *labels, const char *images, struct error *error)
{
    snprintf(labels, FILE_PATH_MAX, "%s", images);
    char *slash = strrchr(labels, '/');
    char *name = slash ? slash + 1 : labels;
    if (!replace(name, "images", "labels"))
        return fail(error, STATUS_USAGE,
            "which labels belong to %s? Its name has no \"images\" to replace with \"labels\"; "
            "name both files: IMAGES,LABELS",
            images);
    replace(name, "idx3", "idx1");
    if (file_exists(labels))
        return STATUS_OK;

    size_t length = strlen(labels);
    if (length > 3 && strcmp(labels + length - 3, ".gz") == 0)
        labels[length -= 3] = '\0';
    else if (length + 3 < FILE_PATH_MAX)
        strcpy(labels + length, ".gz");
    if (file_exists(labels))
        return STATUS_OK;
    labels[length] = '\0';
    return fail(error, STATUS_NO_INPUT,
        "no labels for %s: looked for %s, plain or with .gz; or name both files: IMAGES,LABELS",
        images, labels);
}

static enum status unknown_source(const char *source, struct error *error)
{
    static const char *const known[] = {fashion_mnist, "synthetic"};
    char name[32];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(source, ":"), source);
    const char *nearest = text_nearest(name, known, 2);
    return fail(error, STATUS_NO_INPUT,
        "no data at \"%s\": it is not a file, a directory or a known name%s%s%s; data is "
        "fashion-mnist, synthetic:KEY=VALUE,..., a directory of IDX files, a table (CSV), "
        "LIBSVM data, X.npy,Y.npy or IMAGES,LABELS",
        source, nearest ? " (did you mean \"" : "", nearest ? nearest : "", nearest ? "\"?)" : "");
}

/* Returns an option that only tables can have, and that is given; NULL: there is none. */
static const char *column_option(const struct source_request *request)
{
    const struct {
        const char *name, *value;
    } option[] = {{"ignore", request->ignore}, {"categorical", request->categorical},
        {"weight", request->weight}, {"group", request->group}, {"split-by", request->when},
        {"id", request->id}, {"missing", request->missing},
        {"separator", request->separator ? "given" : ""},
        {"decimal", request->decimal == ',' ? "," : ""}};
    for (size_t i = 0; i < sizeof option / sizeof *option; i++)
        if (option[i].value && *option[i].value)
            return option[i].name;
    return NULL;
}

/* Rejects parts of the request that do not apply to the source. */
static enum status check_request(
    const struct source_request *request, enum format format, struct error *error)
{
    if (format == FORMAT_LIBSVM && (request->label || request->labels))
        return fail(error, STATUS_USAGE,
            "--%s %.100s: --data %.200s is in the LIBSVM format, where each line begins with "
            "its label",
            request->label ? "label" : "labels", request->label ? request->label : request->labels,
            request->data);
    if (format != FORMAT_CSV && request->label)
        return fail(error, STATUS_USAGE,
            "--label %.100s names a column of a table, but --data %.200s is not a table; name the "
            "file with its labels: --labels",
            request->label, request->data);
    if (format != FORMAT_CSV && request->header != HEADER_AUTO)
        return fail(error, STATUS_USAGE, "--header is for tables, but --data %.200s is not a table",
            request->data);
    if (format != FORMAT_CSV && column_option(request))
        return fail(error, STATUS_USAGE,
            "--%s names columns of a table, but --data %.200s is not a table",
            column_option(request), request->data);
    if (format == FORMAT_CSV && request->labels)
        return fail(error, STATUS_USAGE,
            "--labels %.100s: the labels of the table %.200s are one of its columns: use --label",
            request->labels, request->data);
    return STATUS_OK;
}

/* Reads inputs and labels; `labels` is NULL if the source does not name them. */
static enum status read_pair(const struct source_request *request, const char *inputs,
    const char *labels, struct dataset *dataset, struct error *error)
{
    char found[FILE_PATH_MAX];
    bool wanted = request->task != TASK_NONE;
    enum format format = FORMAT_IDX;
    TRY(format_of(&format, inputs, !labels, error));
    TRY(check_request(request, format, error));
    if (format == FORMAT_CSV && labels)
        return fail(error, STATUS_USAGE,
            "%.200s,%.200s: the labels of a table are one of its columns: use --label", inputs,
            labels);
    if (format == FORMAT_LIBSVM && labels)
        return fail(error, STATUS_USAGE,
            "%.200s,%.200s: in the LIBSVM format, each line begins with its label", inputs, labels);
    if (format == FORMAT_NPY && !labels && wanted)
        return fail(error, STATUS_USAGE,
            "which labels belong to %.200s? Name the file: --labels Y.npy, or --data X.npy,Y.npy",
            inputs);
    if (format == FORMAT_IDX && !labels && wanted) {
        TRY(find_labels(found, inputs, error));
        labels = found;
    }
    switch (format) {
    case FORMAT_LIBSVM:
        return libsvm_read(inputs, request, dataset, error);
    case FORMAT_NPY:
        return npy_read(inputs, labels, request->task, request->room, dataset, error);
    case FORMAT_CSV:
        return csv_read(inputs, request, dataset, error);
    case FORMAT_IDX:
        break;
    }
    return idx_read(inputs, labels, request->task, request->room, dataset, error);
}

static enum status read_files(
    const struct source_request *request, struct dataset *dataset, struct error *error)
{
    char inputs[FILE_PATH_MAX];
    if (strlen(request->data) >= sizeof inputs)
        return fail(error, STATUS_USAGE, "path too long: %.60s...", request->data);
    snprintf(inputs, sizeof inputs, "%s", request->data);

    if (file_exists(inputs) || request->labels) /* the comma may be part of a file's name */
        return read_pair(request, inputs, request->labels, dataset, error);
    char *comma = strchr(inputs, ',');
    if (!comma)
        return unknown_source(request->data, error);
    *comma = '\0';
    return read_pair(request, inputs, comma + 1, dataset, error);
}

/* --- any source ---------------------------------------------------------------------------- */

/* Checks the request for a source that includes its labels. */
static enum status check_alone(const struct source_request *request, struct error *error)
{
    if (request->labels)
        return fail(error, STATUS_USAGE,
            "--labels %.100s: --data %.200s includes its labels; --labels is for a single file of "
            "inputs",
            request->labels, request->data);
    return check_request(request, FORMAT_IDX, error);
}

enum status source_check_classes(const struct dataset *train, struct error *error)
{
    char number[24];
    double value;
    int64_t i = 1;
    while (i < train->samples && train->classes > 0 && train->labels[i] == train->labels[0])
        i++;
    if (i < train->samples || train->classes == 0)
        return STATUS_OK;
    int32_t label = train->labels[0];
    snprintf(number, sizeof number, "%" PRId32, label);
    const char *name = train->class_name ? train->class_name[label] : number;
    return fail(error, STATUS_BAD_DATA,
        "%s: every label is \"%.100s\"; at least two classes are needed%s", train->name, name,
        text_to_real(name, &value) ? ", or --loss mse to train numeric targets" : "");
}

/* Finds out where the requested data is: in a directory, in a description of synthetic data, or in
 * named files (then both are NULL). */
static enum status find_place(const char **directory, const char **description,
    const struct source_request *request, struct error *error)
{
    *description = synthetic_description(request->data);
    TRY(directory_of(directory, request->data, error));
    return *description || *directory ? check_alone(request, error) : STATUS_OK;
}

enum status source_read_train(const struct source_request *request, struct dataset *train,
    struct dataset *test, struct error *error)
{
    const char *directory, *description;
    *train = *test = (struct dataset){0};
    TRY(find_place(&directory, &description, request, error));
    if (description)
        return synthetic_make(description, request->room, train, test, error);
    TRY(directory ? read_directory(train, directory, ROLE_TRAIN, true, request, error)
                  : read_files(request, train, error));
    enum status status = source_check_classes(train, error);
    if (!status && directory)
        status = read_directory(test, directory, ROLE_TEST, false, request, error);
    if (status)
        dataset_clear(train);
    return status;
}

static enum status make_held_out(
    const char *description, const struct room *room, struct dataset *dataset, struct error *error)
{
    struct dataset train;
    TRY(synthetic_make(description, room, &train, dataset, error));
    if (dataset->samples > 0)
        dataset_clear(&train);
    else
        *dataset = train;
    return STATUS_OK;
}

enum status source_read_held_out(const struct source_request *request, enum role role,
    struct dataset *dataset, struct error *error)
{
    const char *directory, *description;
    *dataset = (struct dataset){0};
    TRY(find_place(&directory, &description, request, error));
    if (description)
        return make_held_out(description, request->room, dataset, error);
    return directory ? read_directory(dataset, directory, role, true, request, error)
                     : read_files(request, dataset, error);
}
