/* layout.h: ranks x threads, and lists of them. Threads: any. */
#ifndef STUDY_LAYOUT_H
#define STUDY_LAYOUT_H

#include <stdbool.h>
#include <stdio.h>

enum { LAYOUTS_MAX = 32 };

struct layout {
    int ranks, threads; /* threads a rank */
};

struct layout_list {
    int n;
    struct layout item[LAYOUTS_MAX];
};

/* "1x1,2x4", or "" for the empty list; false, and the list untouched, for anything else. What is
 * not used of the list becomes 0. */
bool layouts_read(struct layout_list *list, const char *text);
void layouts_print(FILE *file, const struct layout_list *list);

#endif
