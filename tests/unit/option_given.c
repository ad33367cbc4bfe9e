/* option_given.c: what a command line and an environment ask for, to be compared between ranks. */
#include "options/option_given.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options/option_arguments.h"
#include "support/unit.h"

/* A command line as main() gets it; it must live as long as what was read from it. */
struct line {
    char text[100];
    char *argv[10];
    int argc;
};

static void split(struct line *line, const char *text)
{
    char *save = NULL;
    *line = (struct line){.argc = 0};
    snprintf(line->text, sizeof line->text, "lockstep %s", text);
    for (char *at = strtok_r(line->text, " ", &save); at; at = strtok_r(NULL, " ", &save))
        line->argv[line->argc++] = at;
}

/* The options of a command line, and where they were given. */
struct given {
    struct options options;
    struct reading reading;
};

static enum status read(
    struct given *given, struct line *line, const char *text, char *variable, struct error *error)
{
    char *const environment[] = {(char[]){"HOME=/"}, variable, NULL};
    *given = (struct given){.reading.options = &given->options};
    split(line, text);
    return reading_begin(&given->reading, line->argc, line->argv, environment, error);
}

static void take(struct given *given, struct line *line, const char *text, char *variable)
{
    struct error error;
    if (read(given, line, text, variable, &error))
        fail_msg("%s: %s", text, error.text);
}

static int place_of(const char *name)
{
    return (int)option_index(option_find(name));
}

/* The option in which two lines differ, of which the first may have a variable: one at most; -1:
 * none. */
static int difference(const char *a, char *variable, const char *b)
{
    struct line line_a, line_b;
    struct given left, right;
    uint64_t first[OPTION_COUNT_MAX], second[OPTION_COUNT_MAX];
    struct error error;
    int found = -1;
    take(&left, &line_a, a, variable);
    take(&right, &line_b, b, NULL);
    assert_int_equal(given_hashes(&left.reading, first, &error), STATUS_OK);
    assert_int_equal(given_hashes(&right.reading, second, &error), STATUS_OK);
    for (int i = 0; i < OPTION_COUNT_MAX; i++)
        if (first[i] != second[i]) {
            assert_int_equal(found, -1);
            found = i;
        }
    options_clear(&left.options);
    options_clear(&right.options);
    return found;
}

TEST(equal_values)
{
    const char *plain = "train --batch 64 --lr 0.1";
    assert_int_equal(difference(plain, NULL, "train --lr=1e-1 --batch=064"), -1);
    assert_int_equal(difference("train --lr .1", (char[]){"LOCKSTEP_BATCH=64"}, plain), -1);
    assert_int_equal(difference(plain, (char[]){"LOCKSTEP_LR=7"}, plain), -1);
    /* A file is known by its name; nobody looks for it. */
    assert_int_equal(difference("train", (char[]){"LOCKSTEP_CONFIG=a"}, "train --config a"), -1);
}

TEST(other_values)
{
    const char *plain = "train --batch 64";
    assert_int_equal(difference(plain, NULL, "train --batch 65"), place_of("batch"));
    assert_int_equal(difference(plain, NULL, "train"), place_of("batch"));
    assert_int_equal(difference(plain, (char[]){"LOCKSTEP_LR=7"}, plain), place_of("lr"));
    assert_int_equal(difference("train --config a", NULL, "train --config b"), place_of("config"));
    assert_int_equal(difference("report a b", NULL, "report a"), place_of("paths"));
}

TEST(own_threads)
{
    static const struct {
        const char *line;
        enum command command;
        int64_t threads; /* where rank 0 has 7 */
    } cases[] = {{"train --threads 2", COMMAND_TRAIN, 2},
        {"train --threads auto", COMMAND_TRAIN, 0}, {"train", COMMAND_TRAIN, 7},
        {"plan --threads 2", COMMAND_PLAN, 7}, {"train --batch 3", COMMAND_TRAIN, 7},
        {"--version", COMMAND_VERSION, 7}, {"train --help", COMMAND_HELP, 7}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct line line;
        struct error error;
        struct given given;
        take(&given, &line, cases[i].line, NULL);
        struct options options = {.command = cases[i].command, .threads = 7};
        assert_int_equal(given.options.command, cases[i].command);
        assert_int_equal(given_take_own(&given.reading, &options, &error), STATUS_OK);
        assert_int_equal(options.threads, cases[i].threads);
        assert_int_equal(options.batch.n, 0);
        options_clear(&given.options);
    }
}

static void assert_described(const struct reading *given, const char *name, const char *wanted)
{
    char text[GIVEN_TEXT];
    given_describe(given, place_of(name), text);
    assert_string_equal(text, wanted);
}

TEST(descriptions)
{
    struct line line;
    char variable[] = "LOCKSTEP_DROP_LAST=on";
    struct given given;
    take(&given, &line, "train --batch=064 --config a.ini", variable);
    assert_described(&given.reading, "batch", "--batch 64");
    assert_described(&given.reading, "drop-last", "LOCKSTEP_DROP_LAST=on");
    assert_described(&given.reading, "config", "--config a.ini");
    assert_described(&given.reading, "epochs", "no --epochs");
    options_clear(&given.options);
    take(&given, &line, "report --out x.html one two", NULL);
    assert_described(&given.reading, "paths", "paths one two");
    assert_described(&given.reading, "out", "--out x.html");
    options_clear(&given.options);
}

TEST(refusals)
{
    struct line line;
    struct given given;
    struct error error;
    assert_int_equal(read(&given, &line, "train --batch none", NULL, &error), STATUS_USAGE);
    options_clear(&given.options);
    assert_int_equal(
        read(&given, &line, "train", (char[]){"LOCKSTEP_BATHC=3"}, &error), STATUS_USAGE);
    options_clear(&given.options);
}
