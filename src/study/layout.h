/* layout.h: layouts of workers as ranks x threads, and lists of layouts. Threads: any. */
#ifndef STUDY_LAYOUT_H
#define STUDY_LAYOUT_H

#include <stdbool.h>
#include <stdio.h>

enum { LAYOUTS_MAX = 32 };

struct layout {
    int ranks, threads; /* threads per rank */
};

struct layout_list {
    int n;
    struct layout item[LAYOUTS_MAX];
};

/* Parses a list like "1x1,2x4"; "" is the empty list. Sets unused entries to 0. Returns false for
 * any other text and leaves the list unchanged. */
bool layouts_read(struct layout_list *list, const char *text);
void layouts_print(FILE *file, const struct layout_list *list);

#endif
