#include "report/number.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/text.h"

#define DASH "\xe2\x80\x93" /* an en dash in UTF-8 */

/* Formats a whole number with commas, or with an exponent if it is too large to be exact. */
static void print_whole(double value, char out[NUMBER_TEXT])
{
    if (fabs(value) < 1e15)
        snprintf(out, NUMBER_TEXT, "%s", GROUPED(llround(value)));
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

/* Formats a time: "63.5 us", "1.22 ms", "4.10 s", or, from one minute on, "5 min 3 s", "2 h 5 min",
 * "3 d 4 h". */
static void print_time(double seconds, char out[NUMBER_TEXT])
{
    static const struct {
        double s, part;
        const char *name, *part_name;
    } unit[] = {{86400, 3600, "d", "h"}, {3600, 60, "h", "min"}, {60, 1, "min", "s"}};
    for (int i = 0; i < 3; i++) {
        double parts = round(seconds / unit[i].part),
               whole = floor(parts * unit[i].part / unit[i].s);
        if (whole < 1)
            continue;
        snprintf(out, NUMBER_TEXT, "%.0f %s %.0f %s", whole, unit[i].name,
            parts - whole * unit[i].s / unit[i].part, unit[i].part_name);
        return;
    }
    char number[32];
    double size = fabs(seconds);
    bool whole = size >= 0.9995, milli = size >= 0.9995e-3;
    text_significant(seconds * (whole ? 1 : milli ? 1e3 : 1e6), 3, number);
    snprintf(out, NUMBER_TEXT, "%s %s", size > 0 ? number : "0",
        whole || size == 0 ? "s"
        : milli            ? "ms"
                           : "\xc2\xb5s");
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
    case NUMBER_TIME:
        print_time(value, out);
        break;
    case NUMBER_BYTES:
        snprintf(out, NUMBER_TEXT, "%s", BYTES(value));
        break;
    case NUMBER_SHORT:
        print_short(value, out);
        break;
    }
    return out;
}
