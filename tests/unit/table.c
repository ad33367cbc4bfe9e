/* Tables from rows of JSON: text, HTML and CSV have the same figures. */
#include "report/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/metrics.h"
#include "report/figure.h"
#include "support/unit.h"

static struct json *parsed(const char *text)
{
    struct json *json;
    struct error error;
    assert_int_equal(js_parse(text, strlen(text), "a test", &json, &error), STATUS_OK);
    return json;
}

enum form { TEXT, HTML, LIST, CSV };

static void assert_printed(enum form form, const char *columns, const char *json, const char *want)
{
    char *text = NULL;
    size_t size;
    struct json *array = parsed(json);
    struct rows rows = rows_of(array);
    FILE *file = open_memstream(&text, &size);
    assert_non_null(file);
    switch (form) {
    case TEXT:
        table_print(file, columns, &rows, TABLE_LINE);
        break;
    case HTML:
        table_html(file, "<caption>", columns, &rows);
        break;
    case LIST:
        table_html_list(file, columns, rows.row[0]);
        break;
    case CSV:
        table_csv(file, rows.row[0], array);
        break;
    }
    assert_int_equal(fclose(file), 0);
    assert_string_equal(text, want);
    free(text);
    js_destroy(array);
}

/* Numbers to the right, texts to the left; a heading that is wider than its cells is broken; what has
 * no value anywhere is omitted. */
TEST(as_text)
{
    assert_printed(TEXT, "name: batch, samples_seen, kind: a kind, gap, balance",
        "[{\"name\": \"32\", \"samples_seen\": 1000, \"kind\": \"long one\", \"balance\": 0.5},"
        " {\"name\": \"1,024\", \"samples_seen\": 1, \"kind\": null, \"balance\": 1}]",
        "       samples\n"
        "batch     seen  a kind    balance\n"
        "   32    1,000  long one      0.5\n"
        "1,024        1  -               1\n");
    assert_printed(TEXT, "name:, batch:   , gap:x", "[{\"name\": \"a\", \"batch\": 1, \"gap\": 2}]",
        "           x\na  1  2.0000\n");
    assert_printed(TEXT, "name, gap", "[{\"name\": \"b\\u00e4\\nr\"}, {\"name\": \"\"}]",
        "run\nb\xc3\xa4\\x0ar\n\n");
}

/* What is the same in all rows goes below when the table is too wide, the last first. */
TEST(too_wide)
{
    static const char columns[] =
        "name: n, a: a_heading_without_a_place_to_break_it, b: "
        "another_heading_without_a_place_to_break, c: third_one, d: fourth";
    assert_printed(TEXT, columns,
        "[{\"name\": \"x\", \"a\": 1, \"b\": 2, \"c\": 3, \"d\": 4},"
        " {\"name\": \"y\", \"a\": 1, \"b\": 3, \"c\": 3, \"d\": 5}]",
        "n  a_heading_without_a_place_to_break_it  another_heading_without_a_place_to_break  "
        "fourth\n"
        "x                                      1                                         2       "
        "4\n"
        "y                                      1                                         3       "
        "5\n"
        "the same for all: third_one 3\n");
    assert_printed(TEXT, columns,
        "[{\"name\": \"x\", \"a\": 1, \"b\": 2, \"c\": 3, \"d\": 4000000}]",
        "n  a_heading_without_a_place_to_break_it  another_heading_without_a_place_to_break  "
        "third_one\n"
        "x                                      1                                         2        "
        "  3\n"
        "also: fourth 4,000,000\n");
}

TEST(as_csv)
{
    static const char rows[] =
        "[{\"count\": 1000, \"rows\": {\"least\": 1, \"most\": 2}, \"truth\": true, \"x\": 0.1,"
        "  \"f\": {\"mean\": 2.5, \"least\": 2, \"most\": 3, \"n\": 2}, \"t\": \"text\"},"
        " {\"count\": 2000000.0, \"rows\": null, \"truth\": false, \"x\": null, \"f\": null, "
        "\"t\": null}]";
    assert_printed(CSV, "", rows,
        "count,rows_least,rows_most,truth,x,f,f_least,f_most,t\n"
        "1000,1,2,true,0.1,2.5,2,3,text\n"
        "2000000,,,false,,,,,\n");
    assert_printed(CSV, "",
        "[{\"count\": 1000, \"rows\": {\"least\": 1, \"most\": 2}, \"x\": 0.1, \"t\": \"a\"}]",
        "count,rows_least,rows_most,x,t\n1000,1,2,0.1,a\n");
    assert_printed(CSV, "", "[{\"a\": \"1, 2\", \"b\": \"the \\\"b\\\"\", \"c\": \"3 4\"}]",
        "a,b,c\n\"1, 2\",\"the \"\"b\"\"\",3 4\n");
}

/* The exact number stands beside the rounded one, and no text is taken for a tag. */
TEST(as_html)
{
    assert_printed(HTML, "name, val_loss, f: <b>, gap, batch",
        "[{\"name\": \"<i>\", \"val_loss\": 0.86416666666666664, \"batch\": 9007199254740993,"
        "  \"f\": {\"mean\": 2.5, \"least\": 2, \"most\": 3}},"
        " {\"name\": null, \"val_loss\": null, \"batch\": 54000, \"f\": {\"median\": 2, \"least\": "
        "2, \"most\": 2}}]",
        "<div class=\"table\"><table>\n<caption>&lt;caption&gt;</caption>\n<thead><tr>"
        "<th scope=\"col\" class=\"t\">run</th><th scope=\"col\" class=\"n\">validation loss</th>"
        "<th scope=\"col\" class=\"n\">&lt;b&gt;</th><th scope=\"col\" class=\"n\">B (samples)</th>"
        "</tr></thead>\n<tbody>\n<tr><th scope=\"row\" class=\"t\">&lt;i&gt;</th>"
        "<td class=\"n\" data-value=\"0.8641666666666666\">0.8642</td>"
        "<td class=\"n\" data-value=\"2.5\" data-least=\"2\" data-most=\"3\">2.5"
        "<small>2 \xe2\x80\xa6 3</small></td>"
        "<td class=\"n\" data-value=\"9007199254740993\">9.01e+15</td></tr>\n"
        "<tr><th scope=\"row\" class=\"t\">\xe2\x80\x93</th><td class=\"n\">\xe2\x80\x93</td>"
        "<td class=\"n\" data-value=\"2\" data-least=\"2\" data-most=\"2\">2</td>"
        "<td class=\"n\" data-value=\"54000\">54,000</td></tr>\n</tbody></table></div>\n");
    assert_printed(LIST, "cpu, cores, gap", "[{\"cpu\": \"<x>\", \"cores\": 2000}]",
        "<dl>\n<dt>CPU</dt><dd>&lt;x&gt;</dd>\n<dt>cores</dt><dd>2,000</dd>\n</dl>\n");
}

static void assert_value(const char *json, enum number_form form, const char *want)
{
    char text[FIGURE_TEXT], list[100];
    snprintf(list, sizeof list, "[%s]", json);
    struct json *array = parsed(list);
    assert_string_equal(figure_text(js_item(array, 0), form, text), want);
    js_destroy(array);
}

TEST(values)
{
    assert_value("1234567", NUMBER_COUNT, "1,234,567");
    assert_value("{\"least\": 7, \"most\": 7}", NUMBER_COUNT, "7");
    assert_value("{\"least\": 1000, \"most\": 2000}", NUMBER_COUNT, "1,000-2,000");
    assert_value("{\"median\": 2.5, \"least\": 2, \"most\": 3}", NUMBER_PLAIN, "2.5 [2, 3]");
    assert_value("{\"median\": 2, \"least\": 2, \"most\": 2}", NUMBER_PLAIN, "2");
    assert_value("1536", NUMBER_BYTES, "1.5 KiB");
    assert_value("false", NUMBER_PLAIN, "no");
    assert_value("null", NUMBER_PLAIN, "");
    assert_value("\"\\u001b[0m\"", NUMBER_PLAIN, "\\x1b[0m");
}

/* The last known part of a path names the figure. */
TEST(figures)
{
    assert_string_equal(figure_of("machine.hosts.threads").heading, "threads per rank");
    assert_string_equal(figure_of("phases.load.mean").heading, "load");
    assert_int_equal(figure_of("tiles.0.share_of_peak").form, NUMBER_SHARE);
    assert_string_equal(figure_of("no.such_thing").heading, "such thing");
    for (int metric = 0; metric < N_METRICS; metric++) { /* F1 was shown as a count, 1.0 */
        char name[METRIC_NAME_MAX];
        metric_choice_name((struct metric_choice){METRIC_TEST, (enum metric)metric}, name);
        if (figure_of(name).form == NUMBER_COUNT)
            fail_msg("%s has the form of a count", name);
    }
}

TEST(rows)
{
    struct json *array =
        parsed("[{\"a\": 1, \"kind\": \"x\"}, {\"a\": {\"mean\": 3}}, 5, {\"b\": [{\"c\": 7}], "
               "\"kind\": \"x\"}]");
    struct rows rows = rows_of(array), some = rows_with(&rows, "kind", "x");
    const char *kinds[ROWS_KINDS];
    assert_int_equal(rows.n, 4);
    assert_int_equal(some.n, 2);
    assert_ptr_equal(rows_most(&rows, "a"), rows.row[1]);
    assert_ptr_equal(rows_least(&rows, "a"), rows.row[0]);
    assert_null(rows_most(&rows, "none"));
    assert_true(row_number(rows.row[3], "b.0.c") == 7 && isnan(row_number(NULL, "b")));
    assert_int_equal(rows_kinds(&rows, "kind", kinds), 2);
    assert_string_equal(kinds[1], "");
    js_destroy(array);
}

TEST(sentences)
{
    struct json *row =
        parsed("{\"lr\": {\"mean\": 0.125, \"least\": 0.1, \"most\": 0.2}, \"seeds\": 1,"
               " \"data\": \"{lr}\", \"batches\": [{\"batch\": 32}, {\"batch\": 8192}],"
               " \"share_of_peak\": 0.5, \"last\": 7}");
    char text[SENTENCE] = "1", longest[2 * SENTENCE];
    assert_string_equal(FILLED("{batches} size{batches:s} to {batches.last.batch} on {data}, "
                               "{seeds} seed{seeds:s}, {share_of_peak} of {lr} ({lr:1})",
                            row),
        "2 sizes to 8,192 on {lr}, 1 seed, 50.0 % of 0.125 (0.1)");
    assert_string_equal(FILLED("{none} of {seeds", NULL), "\xe2\x80\x93 of \xe2\x80\x93");
    assert_string_equal(FILLED("", row), "");
    assert_string_equal(FILLED("{last}", row), "7");
    assert_string_equal(sentence_append(text, "{last}", row), "17");
    memset(longest, 'x', sizeof longest);
    strcpy(longest + SENTENCE - 3, "{batches.last.batch}");
    assert_string_equal(FILLED(longest, row) + SENTENCE - 4, "x8,");
    js_destroy(row);
}
