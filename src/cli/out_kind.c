#include "cli/out_kind.h"

#include <string.h>

const char out_config[] = "config.ini";

enum status out_open(struct directory *directory, const char *path, bool make, struct error *error)
{
    enum status status = STATUS_OK;
    directory->descriptor = -1;
    if (!make && !file_exists(path))
        return STATUS_OK;
    if (make || !file_is_directory(path))
        status = file_make_directory(path, error); /* says that a file is in the way */
    if (!status && directory_open(directory, path, error))
        status = error->status = STATUS_CANNOT_CREATE;
    return status;
}

/* Whether the text begins with the mark of this command. */
static bool has_mark(const char *text, const char *command)
{
    char mark[64];
    int length = snprintf(mark, sizeof mark, OUT_MARK, command);
    return strncmp(text, mark, (size_t)length) == 0;
}

static enum status find_other(void *context, const char *name, struct error *error)
{
    bool *empty = context;
    (void)error;
    *empty &= directory_is_temporary(name, out_config);
    return STATUS_OK;
}

enum out_kind out_kind_of(const struct directory *directory)
{
    char text[128] = "";
    bool empty = true;
    struct error ignored;
    FILE *file;
    if (directory_each(directory, find_other, &empty, &ignored))
        return OUT_FOREIGN;
    if (empty)
        return OUT_EMPTY;
    if (directory_open_file(directory, out_config, "r", &file, &ignored))
        return OUT_FOREIGN;
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return has_mark(text, "train") ? OUT_RUN : has_mark(text, "sweep") ? OUT_SWEEP : OUT_FOREIGN;
}

enum status out_expect(const struct directory *directory, enum out_kind wanted, struct error *error)
{
    enum out_kind kind = out_kind_of(directory);
    bool run = wanted == OUT_RUN;
    if (kind == OUT_EMPTY || kind == wanted)
        return STATUS_OK;
    enum status status = directory_expect(directory, out_config, ENTRY_FILE, error);
    if (status)
        return status;
    if (kind != OUT_FOREIGN)
        return fail(error, STATUS_CANNOT_CREATE,
            "%s is not empty and holds no %s but a %s; choose another directory", directory->path,
            run ? "run" : "sweep", run ? "sweep" : "run");
    return fail(error, STATUS_CANNOT_CREATE,
        "%s is not empty and holds no %s that lockstep made (there is no config.ini that begins "
        "with "
        "\"" OUT_MARK
        "\"); nothing in it is touched, not even with --overwrite or --resume; choose "
        "another directory",
        directory->path, run ? "run" : "sweep", run ? "train" : "sweep");
}
