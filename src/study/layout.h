/* layout.h: ranks x threads, and lists of them. Threads: any. */
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

/* Reads "1x1,2x4", or "" as the empty list. Unused entries become 0. Returns false for anything
 * else, with the list unchanged. */
bool layouts_read(struct layout_list *list, const char *text);
void layouts_print(FILE *file, const struct layout_list *list);

#endif
