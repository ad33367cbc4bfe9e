#include "options/option_table.h"

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
        if (option_table[i].positional && option_serves(&option_table[i], command))
            return &option_table[i];
    return NULL;
}

/* What other programs call these options. */
static const char *const alias[][2] = {
    {"batch-size", "batch"},
    {"mini-batch", "batch"},
    {"minibatch", "batch"},
    {"bs", "batch"},
    {"global-batch", "batch"},
    {"global-batch-size", "batch"},
    {"local-batch", "batch"},
    {"learning-rate", "lr"},
    {"eta", "lr"},
    {"num-epochs", "epochs"},
    {"n-epochs", "epochs"},
    {"iterations", "max-steps"},
    {"steps", "max-steps"},
    {"num-steps", "max-steps"},
    {"wd", "weight-decay"},
    {"l2", "weight-decay"},
    {"dataset", "data"},
    {"label-column", "label"},
    {"target-column", "label"},
    {"y", "labels"},
    {"optim", "optimizer"},
    {"solver", "optimizer"},
    {"max-lr", "lr"},
    {"scheduler", "schedule"},
    {"lr-scheduler", "schedule"},
    {"lr-schedule", "schedule"},
    {"warmup-steps", "warmup"},
    {"warmup-epochs", "warmup"},
    {"min-lr", "lr-end"},
    {"end-lr", "lr-end"},
    {"grad-clip", "clip-norm"},
    {"clip-grad-norm", "clip-norm"},
    {"max-grad-norm", "clip-norm"},
    {"drop-rate", "dropout"},
    {"class-weight", "class-weights"},
    {"criterion", "loss"},
    {"layers", "hidden"},
    {"validation-split", "val-split"},
    {"workers", "threads"},
    {"num-workers", "threads"},
    {"num-threads", "threads"},
    {"micro-batch", "pass-rows"},
    {"micro-batch-size", "pass-rows"},
    {"memory-limit", "memory"},
    {"max-memory", "memory"},
    {"output", "out"},
    {"random-seed", "seed"},
    {"world-size", "ranks"},
    {"continue", "resume"},
    {"restart", "resume"},
    {"early-stopping", "early-stop"},
    {"save-every", "checkpoint-every"},
    {"time-limit", "max-time"},
    {"nproc", "ranks"},
};

const char *option_alias(const char *name, enum command command)
{
    for (size_t i = 0; i < sizeof alias / sizeof *alias; i++)
        if (strcmp(alias[i][0], name) == 0 && option_serves(option_find(alias[i][1]), command))
            return alias[i][1];
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

const char *const command_words[] = {"train", "plan", "info", "bench", "eval", "predict", "sweep",
    "report", "help", "version", "words"};
enum { N_WORDS = sizeof command_words / sizeof *command_words };

enum command command_find(const char *word)
{
    for (int i = 0; i < N_WORDS; i++)
        if (strcmp(command_words[i], word) == 0)
            return (enum command)(1 << i);
    return COMMAND_NONE;
}

const char *command_name(enum command command)
{
    for (int i = 0; i < N_WORDS; i++)
        if (command == (enum command)(1 << i))
            return command_words[i];
    return "";
}

/* The words whose bits are set, "a, b and c". */
static const char *list_words(const char *const *words, unsigned bits, char out[OPTION_LIST_TEXT])
{
    int left = __builtin_popcount(bits);
    out[0] = '\0';
    for (int i = 0; left > 0; i++)
        if (bits & 1U << i) {
            size_t used = strlen(out);
            left--;
            snprintf(out + used, OPTION_LIST_TEXT - used, "%s%s", words[i],
                left > 1    ? ", "
                : left == 1 ? " and "
                            : "");
        }
    return out;
}

const char *option_takers(const struct option *option, char out[OPTION_LIST_TEXT])
{
    return list_words(command_words, option->commands, out);
}

const char *option_measurements(const struct option *option, char out[OPTION_LIST_TEXT])
{
    return list_words(option_positional(COMMAND_BENCH)->words, option->measures, out);
}

const char *option_form(const struct option *option, char out[64])
{
    out[0] = '\0';
    if (option->value)
        snprintf(out, 64, "%s", option->value);
    for (int i = 0; !option->value && option->words && option->words[i]; i++) {
        size_t used = strlen(out);
        snprintf(out + used, 64 - used, "%s%s", i ? "|" : "", option->words[i]);
    }
    return out;
}
