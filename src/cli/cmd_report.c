#include <stdlib.h>
#include <string.h>

#include "base/output.h"
#include "base/shown.h"
#include "cli/commands.h"
#include "run/run_files.h"
#include "report/page/page.h"

static enum status gather(
    struct report_input *input, const struct options *options, struct error *error)
{
    for (const char *at = options->paths; *at;) {
        char path[FILE_PATH_MAX];
        size_t length = strcspn(at, "\n");
        if (length >= sizeof path)
            return fail(error, STATUS_USAGE, "a path is longer than %zu bytes", sizeof path - 1);
        snprintf(path, sizeof path, "%.*s", (int)length, at);
        TRY(report_input_add(input, path, error));
        at += length + (at[length] == '\n');
    }
    return STATUS_OK;
}

static enum status write_page(
    const struct report_input *input, char **text, size_t *size, int *pictures, struct error *error)
{
    FILE *file = open_memstream(text, size);
    if (!file)
        return fail(error, STATUS_NO_RESOURCE, "no memory for the page");
    *pictures = page_write(file, input);
    bool whole = *pictures >= 0 && !ferror(file);
    if (fclose(file) != 0 || !whole)
        return fail(error, STATUS_NO_RESOURCE, "no memory for the page");
    return STATUS_OK;
}

/* Writes the page to --out. Without --out, writes report.html in the directory that was given, or
 * in the current directory if more than one path was given or the path is not a directory. */
static enum status publish(const struct options *options, const char *text, size_t size,
    char place[FILE_PATH_MAX], struct error *error)
{
    bool inside = !strchr(options->paths, '\n') && file_is_directory(options->paths);
    struct directory directory;
    struct output output;
    snprintf(place, FILE_PATH_MAX, "%s", options->out);
    if (options->out[0]) {
        TRY(out_refuse_file("out", options->out, NULL, 0, error));
        TRY(output_open(&output, options->out, error));
        return output_end(&output, output_write(&output, text, size, error), error);
    }
    TRY(directory_open(&directory, inside ? options->paths : ".", error));
    directory_path(place, &directory, RUN_REPORT);
    enum status status = output_write_whole(&directory, RUN_REPORT, text, size, error);
    directory_close(&directory);
    return status;
}

static enum status report(const struct options *options, struct error *error)
{
    struct report_input input = {0};
    int pictures = 0;
    char place[FILE_PATH_MAX], *text = NULL;
    size_t size = 0;
    enum status status = gather(&input, options, error);
    if (!status)
        status = write_page(&input, &text, &size, &pictures, error);
    if (!status)
        status = publish(options, text, size, place, error);
    if (!status && strcmp(place, "-") != 0)
        printf("%s: %d picture%s, %zu KiB\n", SHOWN(place), pictures, pictures == 1 ? "" : "s",
            (size + 1023) / 1024);
    free(text);
    report_input_clear(&input);
    return status;
}

static enum status run(const struct options *options, const struct invocation *invocation,
    struct comm *comm, struct error *error)
{
    (void)invocation;
    return comm_agree(comm, comm->rank == 0 ? report(options, error) : STATUS_OK, error);
}

const struct command_row command_report = {
    .arguments = "DIR|FILE... [--out FILE]",
    .summary = "one HTML page of runs, sweeps and measurements",
    .help =
        "  lockstep report runs/first                  into runs/first/report.html\n"
        "  lockstep report runs --out all.html         every run in runs/\n"
        "  lockstep bench scaling --json > scaling.json\n"
        "  lockstep report runs/sweep scaling.json\n"
        "\n"
        "The page is one self-contained file: no scripts, nothing fetched, in light and dark\n"
        "mode, for phones and for printing. A table below each figure lists its numbers. A run\n"
        "that is still running, or was killed, is shown up to the end of its log.\n",
    .run = run,
};
