#include "report/page/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define DASH "\xe2\x80\x93" /* an en dash in UTF-8 */

/* Digits with commas, or, of a number beyond integers, with an exponent. */
static void print_whole(double value, char out[NUMBER_TEXT])
{
    char grouped[32];
    if (fabs(value) < 1e15)
        snprintf(out, NUMBER_TEXT, "%s", text_grouped(llround(value), grouped));
    else
        snprintf(out, NUMBER_TEXT, "%.3g", value);
}

static void print_significant(double value, int digits, char out[NUMBER_TEXT])
{
    if (fabs(value) >= pow(10, digits))
        print_whole(value, out);
    else
        snprintf(out, NUMBER_TEXT, "%.*g", digits, value);
}

/* So that columns of figures have their digits below each other. */
static void print_measured(double value, char out[NUMBER_TEXT])
{
    double size = fabs(value);
    if (size == 0)
        snprintf(out, NUMBER_TEXT, "0");
    else if (size < 1e-4)
        snprintf(out, NUMBER_TEXT, "%.2e", value);
    else if (size >= 99.95)
        print_whole(value, out);
    else
        snprintf(out, NUMBER_TEXT, "%.*f", 2 - (int)floor(log10(size)), value);
}

static void print_time(double seconds, char out[NUMBER_TEXT])
{
    char number[NUMBER_TEXT];
    double size = fabs(seconds);
    int unit = size >= 1 || size == 0 ? 0 : size >= 1e-3 ? 1 : 2;
    static const double units[] = {1, 1e3, 1e6};
    static const char *const name[] = {"s", "ms", "\xc2\xb5s"};
    print_measured(seconds * units[unit], number);
    snprintf(out, NUMBER_TEXT, "%.40s %s", number, name[unit]);
}

static void print_short(double value, char out[NUMBER_TEXT])
{
    static const struct {
        double size;
        const char *name;
    } unit[] = {{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}};
    for (size_t i = 0; i < sizeof unit / sizeof *unit; i++)
        if (fabs(value) >= unit[i].size && fabs(value) < 1e15) {
            snprintf(out, NUMBER_TEXT, "%.4g%s", value / unit[i].size, unit[i].name);
            return;
        }
    snprintf(out, NUMBER_TEXT, "%.4g", value);
}

const char *number_text(double value, enum number_form form, char out[NUMBER_TEXT])
{
    if (!isfinite(value)) {
        snprintf(out, NUMBER_TEXT, DASH);
        return out;
    }
    value += 0.0; /* no -0 */
    switch (form) {
    case NUMBER_PLAIN:
        print_significant(value, 4, out);
        break;
    case NUMBER_COUNT:
        if (fabs(value) < 100 && value != rint(value))
            snprintf(out, NUMBER_TEXT, "%.1f", value);
        else
            print_whole(value, out);
        break;
    case NUMBER_FRACTION:
        if (fabs(value) < 100)
            snprintf(out, NUMBER_TEXT, "%.4f", value);
        else
            print_significant(value, 5, out);
        break;
    case NUMBER_SHARE:
        snprintf(out, NUMBER_TEXT, "%.1f %%", 100 * value);
        break;
    case NUMBER_MEASURED:
        print_measured(value, out);
        break;
    case NUMBER_TIME:
        print_time(value, out);
        break;
    case NUMBER_BYTES: {
        char bytes[32];
        snprintf(out, NUMBER_TEXT, "%s", text_bytes(value, bytes));
        break;
    }
    case NUMBER_SHORT:
        print_short(value, out);
        break;
    }
    return out;
}

const char *number_duration(double seconds, char out[NUMBER_TEXT])
{
    char number[NUMBER_TEXT];
    if (!isfinite(seconds))
        return number_text(seconds, NUMBER_PLAIN, out);
    if (seconds < 60)
        snprintf(out, NUMBER_TEXT, "%.40s s", number_text(seconds, NUMBER_MEASURED, number));
    else if (seconds < 3600)
        snprintf(out, NUMBER_TEXT, "%d min %d s", (int)seconds / 60, (int)seconds % 60);
    else
        snprintf(
            out, NUMBER_TEXT, "%.0f h %d min", floor(seconds / 3600), (int)fmod(seconds / 60, 60));
    return out;
}
