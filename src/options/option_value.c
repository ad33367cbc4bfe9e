#include "options/option_value.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* --- lists, "a,b,c" --------------------------------------------------------------------------- */

/* The layout of all lists in struct options. */
struct list {
    int n; /* 0: the option's first word; -1: its second word */
    _Alignas(8) char item[];
};
#define IS_LIST(type)                                                                              \
    _Static_assert(offsetof(struct type, n) == 0 &&                                                \
                       offsetof(struct type, item) == offsetof(struct list, item),                 \
        #type " is not laid out as a list")
IS_LIST(int_list);
IS_LIST(real_list);
IS_LIST(word_list);
IS_LIST(length_list);
IS_LIST(stage_list);
IS_LIST(layout_list);

enum { ITEM_TEXT = 256 };

/* Copies the next item of *rest and moves *rest to the item after it, or sets *rest to NULL if that
 * was the last item. */
static bool next_text(const char **rest, char item[ITEM_TEXT], char *reason)
{
    size_t length = strcspn(*rest, ",");
    if (length >= ITEM_TEXT)
        return option_refuse(reason, "an item of %zu characters is too long", length);
    snprintf(item, ITEM_TEXT, "%.*s", (int)length, *rest);
    *rest = (*rest)[length] ? *rest + length + 1 : NULL;
    return true;
}

/* Returns the place for one more item; NULL: the list is full. */
static void *next_place(const struct option *option, struct list *list, char *reason)
{
    if (list->n < option->list)
        return list->item + (size_t)list->n++ * option_kinds[option->kind].size;
    option_refuse(reason, "more than %d items", option->list);
    return NULL;
}

/* Appends a range: "32..8192" is 32, 64, 128 ... up to 8192. */
static bool read_range(const struct option *option, struct list *list, const char *first,
    const char *last, char *reason)
{
    const struct option_kind_rules *kind = &option_kinds[option->kind];
    _Alignas(8) char value[8], end[8];
    if (!kind->read(option, value, first, reason) || !kind->read(option, end, last, reason))
        return false;
    if (kind->is_above(value, end))
        return option_refuse(reason, "a range must ascend, as in %s", option->ranges);
    for (; !kind->is_above(value, end); kind->twice(value)) {
        void *place = next_place(option, list, reason);
        if (!place)
            return false;
        memcpy(place, value, kind->size);
    }
    return true;
}

static bool read_list(
    const struct option *option, struct list *list, const char *text, char *reason)
{
    char item[ITEM_TEXT];
    int word = option->kind == KIND_CHOICE ? -1 : option_find_word(option, text);
    list->n = word > 0 ? -1 : 0;
    for (const char *rest = word < 0 ? text : NULL; rest;) {
        if (!next_text(&rest, item, reason))
            return false;
        char *dots = option->ranges ? strstr(item, "..") : NULL;
        if (dots) {
            *dots = '\0';
            if (!read_range(option, list, item, dots + 2, reason))
                return false;
            continue;
        }
        if (option->kind != KIND_CHOICE && option_find_word(option, item) >= 0)
            return option_refuse(reason, "%s cannot be one of several values", item);
        void *place = next_place(option, list, reason);
        if (!place || !option_kinds[option->kind].read(option, place, item, reason))
            return false;
    }
    return true;
}

static void print_list(FILE *file, const struct option *option, const struct list *list)
{
    const struct option_kind_rules *kind = &option_kinds[option->kind];
    if (list->n <= 0)
        fputs(option->words[-list->n], file);
    for (int i = 0; i < list->n; i++) {
        fputs(i ? "," : "", file);
        kind->print(file, option, list->item + (size_t)i * kind->size);
    }
}

/* --- values ----------------------------------------------------------------------------------- */

bool option_store(
    const struct option *option, struct options *options, const char *text, char *reason)
{
    void *place = (char *)options + option->offset;
    if (!*text && (option->fallback || option->list))
        return option_refuse(reason, "needs a value");
    if (!option_is_stored(option))
        return option_refuse(reason, "is not allowed here");
    if (option_is_text(option))
        text = options_keep(options, text);
    if (!text)
        return option_refuse(reason, "no memory for the value");
    if (!option->list)
        return option_kinds[option->kind].read(option, place, text, reason);
    struct list *list = place;
    if (!read_list(option, list, text, reason))
        return false;
    if (list->n > 1 && (option->one_for & (unsigned)options->command))
        return option_refuse(
            reason, "%s takes one value (%s)", command_name(options->command), option->unit);
    return true;
}

void option_print(FILE *file, const struct option *option, const struct options *options)
{
    const void *place = (const char *)options + option->offset;
    if (option->list)
        print_list(file, option, place);
    else if (option_is_stored(option))
        option_kinds[option->kind].print(file, option, place);
}

enum status option_text(
    char **text, const struct option *option, const struct options *options, struct error *error)
{
    size_t size;
    *text = NULL;
    FILE *file = open_memstream(text, &size);
    if (file)
        option_print(file, option, options);
    if (file && fclose(file) == 0)
        return STATUS_OK;
    free(*text);
    *text = NULL;
    return fail(error, STATUS_NO_RESOURCE, "no memory for the text of --%s", option->name);
}

bool option_same_value(const struct option *option, const char *one, const char *other)
{
    struct options first = {.texts = NULL}, second = {.texts = NULL};
    char reason[OPTION_REASON_MAX], *value = NULL, *wanted = NULL;
    struct error ignored;
    if (option_is_text(option) || strcmp(one, other) == 0)
        return strcmp(one, other) == 0;
    bool same = option_store(option, &first, one, reason) &&
                option_store(option, &second, other, reason) &&
                !option_text(&value, option, &first, &ignored) &&
                !option_text(&wanted, option, &second, &ignored) && strcmp(value, wanted) == 0;
    free(value);
    free(wanted);
    return same;
}
