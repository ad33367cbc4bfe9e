#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "options/option_item.h"

/* The next item of a list, "a,b,c", from *rest, which moves on: NULL behind the last. False: it is
 * too long to be one, and cut. */
static bool next_item(const char **rest, char item[64])
{
    size_t length = strcspn(*rest, ",");
    snprintf(item, 64, "%.*s", (int)(length < 64 ? length : 63), *rest);
    if (length >= 64)
        return false;
    *rest = (*rest)[length] ? *rest + length + 1 : NULL;
    return true;
}

/* Doubled rates as one would write them: 0.64 and no 0.6400000000000001. */
static double written(double value)
{
    char text[32];
    text_to_real(text_from_float((float)value, text), &value);
    return value;
}

/* "0.02", or of rates "0.01..0.64": 0.01, 0.02, 0.04 ... as long as they are not above the end. */
static bool append_reals(
    const struct option *option, struct real_list *list, char *item, char reason[OPTION_REASON_MAX])
{
    double first, last;
    char *dots = option->kind == KIND_RATES ? strstr(item, "..") : NULL;
    if (dots)
        *dots = '\0';
    if (!option_read_real(option, item, &first, reason))
        return false;
    last = first;
    if (dots && !option_read_real(option, dots + 2, &last, reason))
        return false;
    if ((float)last < (float)first)
        return option_refuse(reason, "a range goes upwards, as 0.01..0.64");
    while ((float)first <= (float)last) {
        if (list->n == OPTION_LIST_MAX)
            return option_refuse(reason, "more than %d numbers", OPTION_LIST_MAX);
        list->item[list->n++] = first;
        first = written(2 * first);
    }
    return true;
}

bool option_store_reals(const struct option *option, struct real_list *place, const char *text,
    char reason[OPTION_REASON_MAX])
{
    int word = option_find_word(option, text);
    struct real_list list = {.n = word > 0 ? -1 : 0};
    char item[64];
    for (const char *rest = word < 0 ? text : NULL; rest;) {
        if (!next_item(&rest, item))
            return option_refuse(reason, "must be numbers with commas between (%s)", option->unit);
        if (!append_reals(option, &list, item, reason))
            return false;
    }
    *place = list;
    return true;
}

bool option_store_words(const struct option *option, struct int_list *place, const char *text,
    char reason[OPTION_REASON_MAX])
{
    struct int_list list;
    char item[64];
    memset(&list, 0, sizeof list);
    for (const char *rest = text; rest;) {
        if (!next_item(&rest, item) || option_find_word(option, item) < 0)
            return option_refuse_word(option, item, reason);
        if (list.n == OPTION_LIST_MAX)
            return option_refuse(reason, "more than %d words", OPTION_LIST_MAX);
        list.item[list.n++] = option_find_word(option, item);
    }
    memcpy(place, &list, sizeof list);
    return true;
}

bool option_store_lengths(const struct option *option, struct length_list *place, const char *text,
    char reason[OPTION_REASON_MAX])
{
    struct length_list list = {0};
    char item[64];
    for (const char *rest = option_find_word(option, text) < 0 ? text : NULL; rest;) {
        if (list.n == OPTION_LIST_MAX)
            return option_refuse(reason, "more than %d numbers", OPTION_LIST_MAX);
        if (!next_item(&rest, item))
            return option_refuse(reason, "must be lengths with commas between (%s)", option->unit);
        if (!option_read_length(option, item, &list.item[list.n++], reason))
            return false;
    }
    *place = list;
    return true;
}

/* "128" at first, then "256@10ep" */
static bool read_stage(const struct option *option, char *item, bool first,
    struct batch_change *change, char reason[OPTION_REASON_MAX])
{
    const char *form = "must be a batch size and then some that begin after whole epochs, as "
                       "128,256@10ep,512@20ep";
    char *at = strchr(item, '@');
    bool epochs = true;
    if (first ? at != NULL : at == NULL)
        return option_refuse(reason, "%s", form);
    if (at)
        *at = '\0';
    *change = (struct batch_change){0};
    if (!option_read_int(option, item, &change->batch, reason))
        return false;
    if (at && !option_looks_counted(at + 1))
        return option_refuse(reason, "%s", form);
    if (at && !option_read_count(option, at + 1, &change->after_epochs, &epochs, reason))
        return false;
    return epochs || option_refuse(reason, "%s: %s@%sep?", form, item, at + 1);
}

bool option_store_stages(const struct option *option, struct stage_list *place, const char *text,
    char reason[OPTION_REASON_MAX])
{
    struct stage_list list;
    char item[64];
    memset(&list, 0, sizeof list);
    for (const char *rest = option_find_word(option, text) < 0 ? text : NULL; rest;) {
        if (list.n == PLAN_STAGES_MAX)
            return option_refuse(reason, "more than %d batch sizes", PLAN_STAGES_MAX);
        bool whole = next_item(&rest, item);
        if (!whole || !read_stage(option, item, list.n == 0, &list.item[list.n], reason))
            return whole ? false : option_refuse(reason, "an item of %zu characters", strlen(item));
        list.n++;
    }
    memcpy(place, &list, sizeof list);
    return true;
}

static bool append(struct int_list *list, int64_t value, char reason[OPTION_REASON_MAX])
{
    if (list->n == OPTION_LIST_MAX - 1)
        return option_refuse(reason, "more than %d numbers", OPTION_LIST_MAX - 1);
    list->item[list->n++] = value;
    return true;
}

/* "64", or "32..8192": 32, 64, 128, ... as long as they are not above the end. */
static bool append_item(
    const struct option *option, struct int_list *list, char *item, char reason[OPTION_REASON_MAX])
{
    int64_t first, last;
    char *dots = option->kind == KIND_BATCHES ? strstr(item, "..") : NULL;
    if (dots)
        *dots = '\0';
    if (!option_read_int(option, item, &first, reason))
        return false;
    if (!dots)
        return append(list, first, reason);
    if (!option_read_int(option, dots + 2, &last, reason))
        return false;
    if (last < first)
        return option_refuse(reason, "a range goes upwards, as 32..8192");
    for (; append(list, first, reason); first *= 2)
        if (first > last / 2)
            return true;
    return false;
}

bool option_store_ints(const struct option *option, struct int_list *place, const char *text,
    bool many, char reason[OPTION_REASON_MAX])
{
    struct int_list list;
    char item[64];
    memset(&list, 0, sizeof list);
    if (option_find_word(option, text) == 0) {
        memcpy(place, &list, sizeof list);
        return true;
    }
    for (const char *rest = text; rest;) {
        if (!next_item(&rest, item))
            return option_refuse(
                reason, "must be whole numbers with commas between (%s)", option->unit);
        if (!append_item(option, &list, item, reason))
            return false;
    }
    if (list.n > 1 && !many)
        return option_refuse(reason,
            "train takes one batch size (%s); plan, bench and sweep take several", option->unit);
    memcpy(place, &list, sizeof list); /* padding too */
    return true;
}
