#include "report/bench_progress.h"

enum { BAR_CELLS = 20, LINE_MAX_LENGTH = 400 };

static void draw_bar(struct bench_progress *progress, double done, const char *next)
{
    int cells = (int)(done * BAR_CELLS);
    char line[LINE_MAX_LENGTH];
    snprintf(line, sizeof line, "%3.0f%% |%.*s%.*s| bench %s: %s", 100 * done, cells,
        "####################", BAR_CELLS - cells, "                    ", progress->what, next);
    bench_progress_end(progress);
    /* A line that wraps could not be erased. */
    fprintf(progress->file, "%.*s", progress->columns - 1, line);
    progress->drawn = true;
}

void bench_progress_hear(void *context, int64_t done, int64_t total, const char *next)
{
    struct bench_progress *progress = context;
    if (progress->bar)
        draw_bar(progress, (double)done / (double)total, next);
    else if (progress->lines)
        fprintf(progress->file, "bench %s: %s\n", progress->what, next);
    fflush(progress->file);
}

void bench_progress_end(struct bench_progress *progress)
{
    if (progress->drawn)
        fprintf(progress->file, "\r\033[K");
    progress->drawn = false;
}
