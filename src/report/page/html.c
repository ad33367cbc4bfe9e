#include "report/page/html.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/shown.h"
#include "base/text.h"

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

static const struct json *middle_of(const struct json *value)
{
    const struct json *mean = js_get(value, "mean");
    return mean ? mean : js_get(value, "median");
}

double html_number(const struct json *value)
{
    double number;
    if (js_as_real(value, &number) || js_as_real(middle_of(value), &number))
        return number;
    return (double)NAN;
}

/* The same number as the JSON has. */
static void print_exact(FILE *file, const char *attribute, const struct json *value)
{
    char text[32];
    int64_t whole;
    double real;
    if (js_as_int(value, &whole))
        fprintf(file, " %s=\"%" PRId64 "\"", attribute, whole);
    else if (js_as_real(value, &real))
        fprintf(file, " %s=\"%s\"", attribute, text_from_real(real, text));
}

static void print_spread(FILE *file, const struct json *value, enum number_form form)
{
    double least = html_number(js_get(value, "least")), most = html_number(js_get(value, "most"));
    char one[NUMBER_TEXT], other[NUMBER_TEXT];
    if (isfinite(least) && isfinite(most) && least < most)
        fprintf(file, "<small>%s \xe2\x80\xa6 %s</small>", number_text(least, form, one),
            number_text(most, form, other));
}

void html_cell(FILE *file, const char *element, const struct json *value, enum number_form form)
{
    char shown[NUMBER_TEXT];
    const char *text = js_as_text(value);
    bool truth, is_truth = js_as_bool(value, &truth);
    bool is_text = text || is_truth;
    fprintf(file, "<%s%s class=\"%s\"", element, strcmp(element, "th") == 0 ? " scope=\"row\"" : "",
        is_text ? "t" : "n");
    if (!is_text) {
        print_exact(file, "data-value", middle_of(value) ? middle_of(value) : value);
        print_exact(file, "data-least", js_get(value, "least"));
        print_exact(file, "data-most", js_get(value, "most"));
    }
    fputc('>', file);
    if (is_text)
        html_text(file, text ? text : truth ? "yes" : "no");
    else {
        fputs(number_text(html_number(value), form, shown), file);
        print_spread(file, value, form);
    }
    fprintf(file, "</%s>", element);
}
