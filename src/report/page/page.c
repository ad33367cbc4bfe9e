#include "report/page/page.h"

#include <string.h>

#include "commit.h"
#include "report/page/page_parts.h"

static void print_head(struct page *page, const char *title)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
          "style-src 'unsafe-inline'\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<meta name=\"color-scheme\" content=\"light dark\">\n",
        page->file);
    html_element(page->file, "title", title);
    fputs("<style>\n", page->file);
    for (int i = 0; page_style[i]; i++)
        fputs(page_style[i], page->file);
    fputs("</style>\n</head>\n<body>\n<header>\n", page->file);
    html_element(page->file, "h1", title);
}

static void write_title(const struct report_input *input, char title[PAGE_TITLE])
{
    if (input->sweeps > 0) {
        const char *data = row_text(input->sweep[0].json, "data");
        const char *network = row_text(input->sweep[0].json, "network");
        snprintf(title, PAGE_TITLE, "Effects of the batch size: %.100s on %.100s",
            network ? network : "a network", data ? data : "its data");
    } else if (input->runs > 1)
        snprintf(title, PAGE_TITLE, "%d training runs", input->runs);
    else if (input->runs == 1) {
        snprintf(title, PAGE_TITLE, "Training run %.200s", row_text(input->run[0].facts, "name"));
    } else
        snprintf(title, PAGE_TITLE, "Measurements of a machine");
}

int page_write(FILE *file, const struct report_input *input)
{
    struct page page = {.file = file, .input = input};
    char title[PAGE_TITLE];
    for (int i = 0; i < input->runs; i++) {
        js_set_int(input->run[i].facts, "number", i + 1);
        js_set_text(input->run[i].facts, "directory", input->run[i].directory);
    }
    write_title(input, title);
    print_head(&page, title);
    page_summary(&page);
    fputs("</header>\n<main>\n", file);
    for (int i = 0; i < input->sweeps; i++)
        page_sweep(&page, &input->sweep[i]);
    page_runs(&page);
    for (int i = 0; i < input->benches; i++)
        page_bench(&page, &input->bench[i]);
    page_origins(&page);
    fprintf(file,
        "</main>\n<footer>Made by lockstep report, %s. Numbers are rounded for reading; the page's "
        "data-value attributes have the exact ones of the files.</footer>\n</body>\n</html>\n",
        LOCKSTEP_VERSION);
    return page.pictures;
}
