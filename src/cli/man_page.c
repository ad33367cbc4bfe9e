#include "cli/man_page.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/help.h"
#include "cli/help_topics.h"
#include "commit.h"
#include "options/option_find.h"

enum { WIDTH = 66 };

/* --- roff ------------------------------------------------------------------------------------ */

/* Prints `n` characters as they are meant: roff would make a hyphen, an accent or a quotation mark of some, and
 * a command of a line that begins with a dot. */
static void print_escaped(FILE *file, const char *text, size_t n, bool begins_line)
{
    static const char special[] = "\\-'`^~";
    static const char *const escape[] = {"\\e", "\\-", "\\(aq", "\\(ga", "\\(ha", "\\(ti"};
    if (begins_line && n > 0 && text[0] == '.')
        fputs("\\&", file);
    for (size_t i = 0; i < n; i++) {
        const char *found = strchr(special, text[i]);
        if (found)
            fputs(escape[found - special], file);
        else
            fputc(text[i], file);
    }
}

/* Prints words in lines of the source that are not too long; roff fills them again. */
static void print_filled(FILE *file, const char *text, size_t size)
{
    size_t column = 0, length;
    for (size_t at = 0; at < size; at += length) {
        length = strspn(text + at, " ");
        at += length;
        length = strcspn(text + at, " ");
        if (at + length > size)
            length = size - at;
        bool fits = column > 0 && column + 1 + length <= WIDTH;
        if (column > 0)
            fputc(fits ? ' ' : '\n', file);
        print_escaped(file, text + at, length, !fits);
        column = (fits ? column + 1 : 0) + length;
    }
    fputc('\n', file);
}

/* Prints a text of several lines: indented ones as they are, others filled; an empty line separates
 * paragraphs. `paragraph`: the text follows another one. */
static void print_lines(FILE *file, const char *text, bool paragraph)
{
    bool as_is = false, first = !paragraph;
    while (*text) {
        size_t length = strcspn(text, "\n");
        bool indented = *text == ' ';
        if (as_is && length > 0 && !indented)
            fputs(".fi\n", file);
        if (length > 0 && (paragraph || indented != as_is) && !first)
            fputs(as_is && indented ? "\n" : ".PP\n", file);
        if (indented && !as_is)
            fputs(".nf\n", file);
        if (indented) {
            print_escaped(file, text, length, true);
            fputc('\n', file);
        } else if (length > 0) {
            print_filled(file, text, length);
        }
        as_is = length > 0 ? indented : as_is;
        paragraph = length == 0;
        first = false;
        text += length + (text[length] == '\n');
    }
    if (as_is)
        fputs(".fi\n", file);
}

static void print_upper(FILE *file, const char *text)
{
    for (; *text; text++)
        fputc(*text == '-' ? ' ' : toupper((unsigned char)*text), file);
}

static void print_title(FILE *file, const char *command, const char *summary)
{
    fputs(".TH LOCKSTEP", file);
    if (*command)
        fputs("\\-", file);
    print_upper(file, command);
    fprintf(file,
        " 1 %s \"lockstep %s\" \"User Commands\"\n.nh\n.ad l\n.SH NAME\nlockstep%s%s \\-\n",
        LOCKSTEP_DATE, LOCKSTEP_VERSION, *command ? "\\-" : "", command);
    print_filled(file, summary, strlen(summary));
    fputs(".SH SYNOPSIS\n", file);
}

/* --- commands -------------------------------------------------------------------------------- */

static void print_option(FILE *file, const struct option *option, enum command command)
{
    char form[64], text[HELP_OPTION_TEXT];
    option_form(option, form);
    fputs(".TP\n", file);
    if (!(option->positional & (unsigned)command)) {
        fputs("\\fB\\-\\-", file);
        print_escaped(file, option->name, strlen(option->name), false);
        fputs(*form ? "\\fR " : "\\fR", file);
    }
    if (*form) {
        fputs("\\fI", file);
        print_escaped(file, form, strlen(form), false);
        fputs("\\fR", file);
    }
    fputc('\n', file);
    help_option_text(option, command, text);
    print_filled(file, text, strlen(text));
}

static void print_options(FILE *file, enum command command)
{
    fputs(".SH OPTIONS\n", file);
    for (int group = 0; group < N_GROUPS; group++) {
        bool titled = false;
        for (int i = 0; i < option_count; i++) {
            const struct option *option = &option_table[i];
            if ((int)option->group != group || !option_serves(option, command))
                continue;
            if (!titled)
                fprintf(file, ".SS \"%s\"\n", option_group_name((enum option_group)group));
            titled = true;
            print_option(file, option, command);
        }
    }
}

void man_page_print_command(FILE *file, enum command command)
{
    const struct command_row *row = command_row(command);
    print_title(file, command_name(command), row->summary);
    fprintf(file, "\\fBlockstep %s\\fR\n", command_name(command));
    print_filled(file, row->arguments, strlen(row->arguments));
    fputs(".SH DESCRIPTION\n", file);
    print_filled(file, row->summary, strlen(row->summary));
    print_lines(file, row->help, true);
    print_options(file, command);
    fputs(".SH SEE ALSO\n.BR lockstep (1),\nwhich has the help topics,\n"
          "the environment, config files and exit codes\n",
        file);
}

/* --- the program ----------------------------------------------------------------------------- */

static void print_commands(FILE *file)
{
    fputs(".SH COMMANDS\n", file);
    for (int i = 0; i < COMMAND_COUNT; i++) {
        const struct command_row *row = command_row((enum command)(1 << i));
        if (i < NUMBER_OF_HELP)
            fprintf(file, ".TP\n.BR lockstep\\-%s (1)\n", command_words[i]);
        else
            fprintf(file, ".TP\n.B lockstep %s\n", command_words[i]);
        print_filled(file, row->summary, strlen(row->summary));
    }
}

void man_page_print_program(FILE *file)
{
    print_title(file, "", "data-parallel training of multilayer perceptrons on CPUs");
    fputs("\\fBlockstep\\fR \\fICOMMAND\\fR [options]\n.br\n"
          "\\fBmpirun \\-n\\fR \\fIRANKS\\fR \\fBlockstep\\fR \\fICOMMAND\\fR [options]\n.SH "
          "DESCRIPTION\n",
        file);
    print_lines(file, help_about, false);
    print_commands(file);
    for (int i = 0; i < help_topics_count; i++) {
        fputs(".SH \"", file);
        print_upper(file, help_topics[i].name);
        fputs("\"\n", file);
        print_lines(file, help_topics[i].text, false);
    }
    fputs(".SH SEE ALSO\n", file);
    for (int i = 0; i < NUMBER_OF_HELP; i++)
        fprintf(
            file, ".BR lockstep\\-%s (1)%s\n", command_words[i], i + 1 < NUMBER_OF_HELP ? "," : "");
}
