#include "report/html.h"

#include <stdlib.h>
#include <string.h>

#include "base/shown.h"

static const char *entity(char character)
{
    switch (character) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void html_text(FILE *file, const char *text)
{
    for (size_t left = strlen(text), taken; left > 0; text += taken, left -= taken) {
        const char *name = entity(*text);
        char shown[SHOWN_MOST];
        taken = 1;
        if (name)
            fputs(name, file);
        else if (*text == '\n' || *text == '\t')
            fputc(*text, file);
        else {
            taken = shown_character(text, left, shown);
            fputs(shown, file);
        }
    }
}

void html_element(FILE *file, const char *element, const char *text)
{
    fprintf(file, "<%s>", element);
    html_text(file, text);
    fprintf(file, "</%.*s>", (int)strcspn(element, " "), element);
}

void html_vprint(FILE *file, const char *format, va_list arguments)
{
    char *text = NULL;
    if (vasprintf(&text, format, arguments) < 0)
        return;
    html_text(file, text);
    free(text);
}

void html_print(FILE *file, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    html_vprint(file, format, arguments);
    va_end(arguments);
}
