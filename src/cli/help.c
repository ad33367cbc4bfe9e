#include "cli/help.h"

#include <string.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/help_topics.h"
#include "options/option_find.h"

enum { WIDTH = 96, OPTION_INDENT = 26, SUMMARY_INDENT = 30 };

const char help_about[] =
    "lockstep trains multilayer perceptrons on CPUs, data-parallel over MPI ranks and threads:\n"
    "for given data, options and seed, the weights are bit-identical on any number of them.\n";

/* Prints words, starting at column `indent`. Wraps lines at WIDTH, but not inside brackets.
 * `column`: the length of the current line. */
static void print_wrapped(FILE *file, const char *text, int indent, int column)
{
    while (*text) {
        size_t bracket = *text == '[' ? strcspn(text, "]") : 0;
        int length = (int)(bracket + strcspn(text + bracket, " "));
        if (column > indent && column + 1 + length > WIDTH) {
            fputc('\n', file);
            column = 0;
        }
        int blanks = column < indent ? indent - column : column > indent;
        fprintf(file, "%*s%.*s", blanks, "", length, text);
        column += blanks + length;
        text += length;
        text += strspn(text, " ");
    }
    fputc('\n', file);
}

/* --- options ---------------------------------------------------------------------------------- */

static void append_note(char *out, size_t size, const char *before, const char *note)
{
    if (note && *note)
        text_append(out, size, "%s%s%s", *out ? "; " : " [", before, note);
}

/* Writes the option's unit, its default and the measurements that use it, e.g.
 * " [units; default 4; for step]". */
static void bracket_text(char *out, size_t size, const struct option *option, enum command command)
{
    char list[OPTION_LIST_TEXT];
    out[0] = '\0';
    append_note(out, size, "", option->unit);
    if (option->needed_by & (unsigned)command)
        append_note(out, size, "", "required");
    else
        append_note(out, size, "default ", option->fallback);
    if (command == COMMAND_BENCH)
        append_note(out, size, "for ", option_measurements(option, list));
    if (*out)
        text_append(out, size, "]");
}

const char *help_option_text(
    const struct option *option, enum command command, char out[HELP_OPTION_TEXT])
{
    char with[128] = "", bracket[128];
    bracket_text(bracket, sizeof bracket, option, command);
    if (option->with)
        snprintf(with, sizeof with, " (with --%s%s%s)", option->with, option->when ? " " : "",
            option->when ? option->when : "");
    snprintf(out, HELP_OPTION_TEXT, "%s%s%s", option->help, with, bracket);
    return out;
}

static void print_option(FILE *file, const struct option *option, enum command command)
{
    char form[64], text[HELP_OPTION_TEXT];
    option_form(option, form);
    int column = option->positional & (unsigned)command
                     ? fprintf(file, "  %s", form)
                     : fprintf(file, "  --%s%s%s", option->name, *form ? " " : "", form);
    if (column >= OPTION_INDENT) {
        fputc('\n', file);
        column = 0;
    }
    print_wrapped(file, help_option_text(option, command, text), OPTION_INDENT, column);
}

static bool is_shown(const struct option *option, enum command command, bool all)
{
    return option_serves(option, command) && (all || option->common & (unsigned)command);
}

static void print_group(FILE *file, enum option_group group, enum command command, bool all)
{
    bool titled = false;
    for (int i = 0; i < option_count; i++) {
        const struct option *option = &option_table[i];
        if (option->group != group || !is_shown(option, command, all))
            continue;
        if (!titled)
            fprintf(file, "\n%s\n", option_group_name(group));
        titled = true;
        print_option(file, option, command);
    }
}

/* Counts the options that the command's short page omits. */
static int count_omitted(enum command command)
{
    int n = 0;
    for (int i = 0; i < option_count; i++)
        n += is_shown(&option_table[i], command, true) &&
             !is_shown(&option_table[i], command, false);
    return n;
}

static void print_command(FILE *file, enum command command, bool all)
{
    const struct command_row *row = command_row(command);
    const char *name = command_name(command);
    int omitted = all ? 0 : count_omitted(command);
    fprintf(file, "lockstep %s %s\n%s\n\n%s", name, row->arguments, row->summary, row->help);
    for (int group = 0; group < N_GROUPS; group++)
        print_group(file, (enum option_group)group, command, all);
    if (omitted > 0)
        fprintf(file, "\n%d more options: lockstep help %s all\n", omitted, name);
    if (option_serves(option_find("config"), command))
        fputs("Options in the environment and in files: lockstep help config\n"
              "Exit codes: lockstep help exit-codes\n",
            file);
}

/* --- the program ------------------------------------------------------------------------------ */

static void print_program(FILE *file)
{
    fprintf(file, "%s\n", help_about);
    for (int i = 0; i < COMMAND_COUNT; i++) {
        const struct command_row *row = command_row((enum command)(1 << i));
        int column = fprintf(file, "  lockstep %s %s", command_words[i], row->arguments);
        if (column >= SUMMARY_INDENT)
            fputc('\n', file);
        print_wrapped(file, row->summary, SUMMARY_INDENT, column < SUMMARY_INDENT ? column : 0);
    }
    fputs("\nHelp topics:\n", file);
    for (int i = 0; i < help_topics_count; i++)
        print_wrapped(file, help_topics[i].summary, SUMMARY_INDENT,
            fprintf(file, "  lockstep help %s", help_topics[i].name));
    fputs("\nA first example, 784-256-128-10 on Fashion-MNIST:\n\n"
          "  lockstep plan --batch 32..8192 --epochs 5\n"
          "  mpirun -n 2 lockstep train --batch 128 --epochs 5\n",
        file);
}

/* --- pages ------------------------------------------------------------------------------------ */

enum { PAGES_MAX = 64 };

static enum status refuse(const char *topic, struct error *error)
{
    const char *page[PAGES_MAX];
    char list[400] = "";
    int n = 0;
    for (int i = 0; i < NUMBER_OF_HELP; i++)
        page[n++] = command_words[i];
    for (int i = 0; i < help_topics_count; i++)
        page[n++] = help_topics[i].name;
    for (int i = 0; i < n; i++)
        text_append(list, sizeof list, "%s%s", i ? ", " : "", page[i]);
    const char *nearest = text_nearest(topic, page, n);
    if (nearest)
        return fail(error, STATUS_USAGE, "no help on %s; did you mean %s? There is help on %s",
            topic, nearest, list);
    return fail(error, STATUS_USAGE, "no help on %s; there is help on %s", topic, list);
}

enum status help_print(FILE *file, const char *topic, struct error *error)
{
    char word[64];
    size_t length = strcspn(topic, " ");
    bool all = strcmp(topic + length, " all") == 0;
    snprintf(word, sizeof word, "%.*s", (int)length, topic);
    enum command command = command_find(word);
    for (int i = 0; i < help_topics_count; i++)
        if (strcmp(topic, help_topics[i].name) == 0) {
            fputs(help_topics[i].text, file);
            return STATUS_OK;
        }
    if (command == COMMAND_HELP || command == COMMAND_VERSION || !*topic)
        print_program(file);
    else if (command != COMMAND_NONE && (all || !topic[length]))
        print_command(file, command, all);
    else
        return refuse(topic, error);
    return STATUS_OK;
}
