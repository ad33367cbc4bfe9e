#include "report/page/plot.h"

#include <stdlib.h>
#include <string.h>

#include "base/shown.h"

/* What is passed over, from its beginning to its end. */
static const char *after_junk(const char *at)
{
    static const char *const junk[][2] = {{"<title>", "</title>"}, {"<desc>", "</desc>"},
        {" id=\"gnuplot", "\""}, {"<filter", "</filter>"}};
    for (size_t i = 0; i < sizeof junk / sizeof *junk; i++) {
        if (strncmp(at, junk[i][0], strlen(junk[i][0])) != 0)
            continue;
        const char *end = strstr(at + strlen(junk[i][0]), junk[i][1]);
        return end ? end + strlen(junk[i][1]) : NULL;
    }
    return NULL;
}

/* rgb(1, 1, number), as plot.c gave it to gnuplot. */
static const char *print_colour(FILE *file, const char *at)
{
    long part[3];
    at += strlen("rgb(");
    for (int i = 0; i < 3; i++) {
        char *end;
        part[i] = strtol(at, &end, 10);
        if (end == at || *end != (i < 2 ? ',' : ')'))
            return NULL;
        at = end + 1;
    }
    if (part[0] != 1 || part[1] != 1)
        return NULL;
    if (part[2] == PLOT_CODE_INK || part[2] == PLOT_CODE_GRID)
        fputs(part[2] == PLOT_CODE_INK ? "var(--ink)" : "var(--grid)", file);
    else
        fprintf(file, "var(--s%ld)", part[2] - PLOT_CODE_SERIES);
    return at;
}

static const char *print_replaced(FILE *file, const char *at, const char *id)
{
    if (strncmp(at, "gpPt", 4) == 0 || strncmp(at, "gpDot", 5) == 0) {
        fprintf(file, "%s-", id);
        return NULL;
    }
    if (strncmp(at, "xlink:href", 10) == 0) {
        fputs("href", file);
        return at + 10;
    }
    if (strncmp(at, "'white'", 7) == 0) { /* what gnuplot clears behind markers */
        fputs("'var(--card)'", file);
        return at + 7;
    }
    return strncmp(at, "rgb(", 4) == 0 ? print_colour(file, at) : NULL;
}

static const char *begin_of(const char *svg)
{
    return strstr(svg, "<g id=\"gnuplot_canvas\"");
}

bool plot_svg_is_whole(const char *svg)
{
    return begin_of(svg) && strstr(begin_of(svg), "</svg>");
}

void plot_svg_body(FILE *file, const char *svg, const char *id)
{
    const char *at = begin_of(svg);
    const char *end = at ? strstr(at, "</svg>") : NULL;
    while (at && end && at < end) {
        const char *next = after_junk(at);
        if (!next)
            next = print_replaced(file, at, id);
        if (!next && *at != '\n' && *at != '\t') {
            char shown[SHOWN_MOST];
            next = at + shown_character(at, (size_t)(end - at), shown);
            fputs(shown, file);
        } else if (!next) {
            fputc(*at, file);
            next = at + 1;
        }
        at = next;
    }
}
