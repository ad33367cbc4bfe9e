#include "study/layout.h"

#include <string.h>

#include "base/text.h"

enum { MOST = 1 << 16 };

/* Parses the number in text[0 ... length-1]. */
static bool read_count(int *count, const char *text, size_t length)
{
    char digits[16];
    int64_t number;
    if (length >= sizeof digits)
        return false;
    snprintf(digits, sizeof digits, "%.*s", (int)length, text);
    if (!text_to_int(digits, &number) || number < 1 || number > MOST)
        return false;
    *count = (int)number;
    return true;
}

bool layouts_read(struct layout_list *place, const char *text)
{
    struct layout_list list;
    memset(&list, 0, sizeof list);
    for (const char *at = text, *end = text; *text && at; at = *end ? end + 1 : NULL, list.n++) {
        size_t ranks = strcspn(at, "x,");
        end = at + strcspn(at, ",");
        if (list.n == LAYOUTS_MAX || at[ranks] != 'x' ||
            !read_count(&list.item[list.n].ranks, at, ranks) ||
            !read_count(&list.item[list.n].threads, at + ranks + 1, (size_t)(end - at) - ranks - 1))
            return false;
    }
    memcpy(place, &list, sizeof list);
    return true;
}

void layouts_print(FILE *file, const struct layout_list *list)
{
    for (int i = 0; i < list->n; i++)
        fprintf(file, "%s%dx%d", i ? "," : "", list->item[i].ranks, list->item[i].threads);
}
