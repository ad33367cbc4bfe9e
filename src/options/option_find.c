#include "options/option_find.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

const char *option_group_name(enum option_group group)
{
    static const char *const name[N_GROUPS] = {"This command", "Data", "Network", "Training",
        "Optimizer", "Learning rate", "Machine", "Output"};
    return name[group];
}

const struct option *option_find(const char *name)
{
    for (int i = 0; i < option_count; i++)
        if (strcmp(option_table[i].name, name) == 0)
            return &option_table[i];
    return NULL;
}

const struct option *option_positional(enum command command)
{
    for (int i = 0; i < option_count; i++)
        if (option_table[i].positional & (unsigned)command)
            return &option_table[i];
    return NULL;
}

bool option_lists_meet(const char *one, const char *other)
{
    for (const char *at = one; *at; at += strcspn(at, ","), at += *at == ',') {
        size_t length = strcspn(at, ",");
        for (const char *to = other; *to; to += strcspn(to, ","), to += *to == ',')
            if (strcspn(to, ",") == length && strncmp(at, to, length) == 0)
                return true;
    }
    return false;
}

const char *option_alias(const char *name, enum command command)
{
    for (int i = 0; i < option_count; i++)
        if (option_table[i].aliases && option_lists_meet(name, option_table[i].aliases) &&
            option_serves(&option_table[i], command))
            return option_table[i].name;
    return NULL;
}

const char *option_nearest(const char *name, enum command command)
{
    const char *names[OPTION_COUNT_MAX], *meant = option_alias(name, command);
    int n = 0;
    for (int i = 0; i < option_count; i++)
        if (option_serves(&option_table[i], command))
            names[n++] = option_table[i].name;
    return meant ? meant : text_nearest(name, names, n);
}

const char *option_list_words(
    const char *const *words, unsigned bits, const char *last, char out[OPTION_LIST_TEXT])
{
    int left = __builtin_popcount(bits);
    out[0] = '\0';
    for (int i = 0; left > 0; i++)
        if (bits & 1U << i) {
            left--;
            text_append(out, OPTION_LIST_TEXT, "%s%s", words[i],
                left > 1    ? ", "
                : left == 1 ? last
                            : "");
        }
    return out;
}

const char *option_takers(const struct option *option, char out[OPTION_LIST_TEXT])
{
    return option_list_words(command_words, option->commands, " and ", out);
}

const char *option_measurements(const struct option *option, char out[OPTION_LIST_TEXT])
{
    return option_list_words(
        option_positional(COMMAND_BENCH)->words, option->measures, " and ", out);
}

const char *option_form(const struct option *option, char out[64])
{
    static const char *const number[N_KINDS] = {
        [KIND_INT] = "N", [KIND_REAL] = "X", [KIND_BYTES] = "SIZE", [KIND_SECONDS] = "TIME"};
    snprintf(out, 64, "%s", option->value ? option->value : "");
    for (int i = 0; !option->value && option->words && option->words[i]; i++)
        text_append(out, 64, "%s%s", i ? "|" : "", option->words[i]);
    if (!option->value && number[option->kind])
        text_append(out, 64, "%s%s", *out ? "|" : "", number[option->kind]);
    if (option->kind == KIND_SWITCH && !*out)
        text_append(out, 64, "on|off");
    return out;
}
