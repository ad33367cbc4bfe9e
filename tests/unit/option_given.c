/* option_given.c: what a command line and an environment ask for, to be compared between ranks. */
#include "options/option_given.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "options/option_reading.h"
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

static struct given *taken(struct line *line, const char *text, char *variable)
{
    char *const environment[] = {(char[]){"HOME=/"}, variable, NULL};
    struct given *given;
    struct error error;
    split(line, text);
    if (options_given(&given, line->argc, line->argv, environment, &error))
        fail_msg("%s: %s", text, error.text);
    return given;
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
    struct given *left = taken(&line_a, a, variable), *right = taken(&line_b, b, NULL);
    uint64_t first[OPTION_COUNT_MAX], second[OPTION_COUNT_MAX];
    struct error error;
    int found = -1;
    assert_int_equal(given_hashes(left, first, &error), STATUS_OK);
    assert_int_equal(given_hashes(right, second, &error), STATUS_OK);
    for (int i = 0; i < OPTION_COUNT_MAX; i++)
        if (first[i] != second[i]) {
            assert_int_equal(found, -1);
            found = i;
        }
    given_destroy(left);
    given_destroy(right);
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
        struct given *given = taken(&line, cases[i].line, NULL);
        struct options options = {.command = cases[i].command, .threads = 7};
        assert_int_equal(given_command(given), cases[i].command);
        assert_int_equal(given_take_own(given, &options, &error), STATUS_OK);
        assert_int_equal(options.threads, cases[i].threads);
        assert_int_equal(options.batch.n, 0);
        given_destroy(given);
    }
}

static void assert_described(const struct given *given, const char *name, const char *wanted)
{
    char text[GIVEN_TEXT];
    given_describe(given, place_of(name), text);
    assert_string_equal(text, wanted);
}

TEST(descriptions)
{
    struct line line;
    char variable[] = "LOCKSTEP_DROP_LAST=on";
    struct given *given = taken(&line, "train --batch=064 --config a.ini", variable);
    assert_described(given, "batch", "--batch 64");
    assert_described(given, "drop-last", "LOCKSTEP_DROP_LAST=on");
    assert_described(given, "config", "--config a.ini");
    assert_described(given, "epochs", "no --epochs");
    given_destroy(given);
    given = taken(&line, "report --out x.html one two", NULL);
    assert_described(given, "paths", "paths one two");
    assert_described(given, "out", "--out x.html");
    given_destroy(given);
}

TEST(refusals)
{
    char *const environment[] = {(char[]){"LOCKSTEP_BATHC=3"}, NULL};
    struct line line;
    struct given *given;
    struct error error;
    split(&line, "train --batch none");
    assert_int_equal(options_given(&given, line.argc, line.argv, NULL, &error), STATUS_USAGE);
    assert_null(given);
    split(&line, "train");
    assert_int_equal(
        options_given(&given, line.argc, line.argv, environment, &error), STATUS_USAGE);
    memory_inject_failure(1);
    assert_int_equal(options_given(&given, line.argc, line.argv, NULL, &error), STATUS_NO_RESOURCE);
    memory_inject_failure(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_values),
        cmocka_unit_test(other_values),
        cmocka_unit_test(own_threads),
        cmocka_unit_test(descriptions),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
