#include "cli/completion.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "cli/help_topics.h"
#include "model/metrics.h"
#include "options/option_find.h"

/* For bash, --name=value is three words. Values of a list are completed after the last comma. */
static const char function[] =
    "_lockstep() {\n"
    "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} "
    "command=${COMP_WORDS[1]}\n"
    "    local words='' files='' prefix=''\n"
    "    COMPREPLY=()\n"
    "    if [[ $word == = ]]; then\n"
    "        word=''\n"
    "    elif [[ $before == = ]]; then\n"
    "        before=${COMP_WORDS[COMP_CWORD - 2]}\n"
    "    fi\n"
    "    if ((COMP_CWORD == 1)); then\n"
    "        words=\"$_lockstep_commands --help --version\"\n"
    "    elif [[ $command == help ]]; then\n"
    "        ((COMP_CWORD > 2)) && words=all || words=\"$_lockstep_commands $_lockstep_topics\"\n"
    "    elif ! _lockstep_value \"$before\"; then\n"
    "        _lockstep_command \"$command\" \"$word\"\n"
    "    fi\n"
    "    if [[ $files ]]; then\n"
    "        compopt -o filenames 2>/dev/null\n"
    "        mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
    "    fi\n"
    "    mapfile -t -O \"${#COMPREPLY[@]}\" COMPREPLY < <(compgen -P \"$prefix\" -W \"$words\" -- "
    "\"$word\")\n"
    "}\n"
    "complete -F _lockstep lockstep\n";

/* Prints a value for compgen -W, which removes one level of quoting, as it is typed in a command line:
 * ; and | need a backslash there. */
static void print_word(FILE *file, const char *word)
{
    fputc(' ', file);
    for (; *word; word++)
        fprintf(file, "%s%c",
            isalnum((unsigned char)*word) || strchr("-_.,:", *word) ? "" : "\\\\\\", *word);
}

static bool names_files(const struct option *option)
{
    const char *value = option->value ? option->value : "";
    return strstr(value, "FILE") || strstr(value, "DIR") || strstr(value, "SOURCE") ||
           strstr(value, "MODEL");
}

static void print_metrics(FILE *file)
{
    char name[METRIC_NAME_MAX];
    for (int s = METRIC_VALIDATION; s < N_METRIC_SETS; s++)
        for (int m = 0; m < N_METRICS; m++)
            fprintf(file, " %s",
                metric_choice_name(
                    (struct metric_choice){(enum metric_set)s, (enum metric)m}, name));
}

/* Prints what can be the value of an option, as commands of a shell function. */
static void print_value(FILE *file, const struct option *option)
{
    if (names_files(option))
        fputs(" files=1", file);
    fputs(" words='", file);
    if (strcmp(option->name, "data") == 0)
        fputs("fashion-mnist", file);
    for (const char *const *word = option->words; word && *word; word++)
        print_word(file, *word);
    if (option->kind == KIND_SWITCH && !option->words)
        fputs("on off", file);
    if (option->kind == KIND_METRIC)
        print_metrics(file);
    fputs("'", file);
    if (option->list)
        fputs("\n        [[ $word != *,* ]] || { prefix=${word%,*}, word=${word##*,}; }", file);
}

/* A function that fails unless the word before is an option with a value, and sets what completes it. */
static void print_values(FILE *file)
{
    fputs("_lockstep_value() {\n    case $1 in\n", file);
    for (int i = 0; i < option_count; i++) {
        const struct option *option = &option_table[i];
        char form[64];
        if (!(option->commands & ~option->positional) || !*option_form(option, form))
            continue;
        fprintf(file, "    --%s)\n       ", option->name);
        print_value(file, option);
        fputs("\n        ;;\n", file);
    }
    fputs("    *) return 1 ;;\n    esac\n}\n", file);
}

/* Prints the options of a command, and what its positional option completes to unless the word begins with -. */
static void print_command(FILE *file, enum command command)
{
    const struct option *positional = option_positional(command);
    fprintf(file, "    %s)\n        words='", command_name(command));
    for (int i = 0; i < option_count; i++) {
        const struct option *option = &option_table[i];
        if (option->positional & (unsigned)command || !option_serves(option, command))
            continue;
        fprintf(file, " --%s", option->name);
        if (option->kind == KIND_FLAG)
            fprintf(file, " --no-%s", option->name);
    }
    fputs("'\n", file);
    if (positional) {
        fputs("        [[ $2 == -* ]] || {", file);
        print_value(file, positional);
        fputs("; }\n", file);
    }
    fputs("        ;;\n", file);
}

void completion_print(FILE *file)
{
    fputs("# Completes the command line of lockstep in bash; made from its tables of commands and "
          "options.\n"
          "_lockstep_commands='",
        file);
    for (int i = 0; i < COMMAND_COUNT; i++)
        fprintf(file, "%s%s", i ? " " : "", command_words[i]);
    fputs("'\n_lockstep_topics='", file);
    for (int i = 0; i < help_topics_count; i++)
        fprintf(file, "%s%s", i ? " " : "", help_topics[i].name);
    fputs("'\n", file);
    print_values(file);
    fputs("_lockstep_command() {\n    case $1 in\n", file);
    for (int i = 0; i < NUMBER_OF_HELP; i++)
        print_command(file, (enum command)(1 << i));
    fputs("    esac\n}\n", file);
    fputs(function, file);
}
