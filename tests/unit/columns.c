/* Tables of named columns: people, CSV and JSON are told the same. */
#include "report/columns.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/unit.h"

enum { NAME, COUNT, BYTES, SPAN, SHARE, SECRET, FOLDED, N };

static const struct column column[N] = {
    [NAME] = {NULL, "", "batch", CELL_TEXT, false, false},
    [COUNT] = {"count", "of", "them", CELL_COUNT, false, false},
    [BYTES] = {"bytes", "", "memory", CELL_BYTES, false, false},
    [SPAN] = {"rows", "", "rows", CELL_SPAN, false, false},
    [SHARE] = {"share", "", "share", CELL_SHARE, true, false},
    [SECRET] = {"secret", NULL, NULL, CELL_TRUTH, false, false},
    [FOLDED] = {"folded", "the", "folded", CELL_REAL, false, true},
};

static void fill(struct cell *cell, const char *name, int64_t count, double folded)
{
    cell[NAME] = cell_text(name);
    cell[COUNT] = cell_count(count);
    cell[BYTES] = cell_none();
    cell[SPAN] = cell_span(count, 2 * count);
    cell[SHARE] = cell_real(0.125);
    cell[SECRET] = cell_truth(true);
    cell[FOLDED] = cell_real(folded);
}

static char *printed(const struct cell *cell, int rows, bool *says)
{
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    assert_non_null(file);
    *says = columns_print(file, column, N, cell, rows);
    assert_int_equal(fclose(file), 0);
    return text;
}

TEST(for_people)
{
    struct cell cell[2 * N];
    bool says;
    fill(cell, "32", 1000, 0.5);
    fill(cell + N, "1,024", 1, 0.5);
    char *text = printed(cell, 2, &says);
    assert_string_equal(text, "          of\n"
                              "batch   them         rows  share\n"
                              "   32  1,000  1,000-2,000  12.5 %\n"
                              "1,024      1          1-2  12.5 %\n"
                              "the same for all: the folded 0.5\n");
    assert_true(says);
    free(text);
}

/* One that differs is in the table; what is silent is not told, nor what nobody knows. */
TEST(what_folds)
{
    struct cell cell[2 * N];
    bool says;
    fill(cell, "1", 1, 0.5);
    fill(cell + N, "2", 1, 0.25);
    char *text = printed(cell, 2, &says);
    assert_non_null(strstr(text, "share   folded\n"));
    assert_non_null(strstr(text, "12.5 %    0.25\n"));
    assert_null(strstr(text, "same"));
    free(text);
    text = printed(cell, 1, &says);
    assert_non_null(strstr(text, "12.5 %     0.5\n"));
    free(text);
    cell[FOLDED].silent = cell[N + FOLDED].silent = true;
    text = printed(cell, 2, &says);
    assert_null(strstr(text, "folded"));
    free(text);
    for (int c = 1; c < N; c++)
        cell[c] = cell[N + c] = cell_none();
    text = printed(cell, 2, &says);
    assert_string_equal(text, "");
    assert_false(says);
    free(text);
}

TEST(for_programs)
{
    struct cell cell[N];
    char *text = NULL;
    size_t size;
    fill(cell, "32", 1000, 0.1);
    FILE *file = open_memstream(&text, &size);
    columns_csv_head(file, column, N);
    fputc('\n', file);
    columns_csv_row(file, column, N, cell);
    assert_int_equal(fclose(file), 0);
    assert_string_equal(text, "count,bytes,rows_least,rows_most,share,secret,folded\n"
                              "1000,,1000,2000,0.125,true,0.1");
    free(text);
    struct json *object = js_object();
    columns_set_json(object, column, N, cell);
    text = js_text(object, false);
    assert_string_equal(text,
        "{\"count\":1000,\"bytes\":null,\"rows\":{\"least\":1000,\"most\":2000},\"share\":0.125,"
        "\"secret\":true,\"folded\":0.10000000000000001}");
    free(text);
    js_destroy(object);
}

static void assert_cell(enum cell_kind kind, struct cell cell, const char *wanted)
{
    char text[CELL_TEXT_MAX];
    assert_string_equal(cell_print(text, kind, cell), wanted);
}

TEST(kinds)
{
    assert_cell(CELL_COUNT, cell_count(1234567), "1,234,567");
    assert_cell(CELL_SPAN, cell_span(7, 7), "7");
    assert_cell(CELL_BYTES, cell_count(1536), "1.5 KiB");
    assert_cell(CELL_FLOPS, cell_real(64.5e6), "64.5 M");
    assert_cell(CELL_FLOPS, cell_real(999), "999");
    assert_cell(CELL_FLOPS, cell_real(999.99e3), "1 M");
    assert_cell(CELL_SECONDS, cell_real(1.5e-6), "1.5 us");
    assert_cell(CELL_SECONDS, cell_real(0.0125), "12.5 ms");
    assert_cell(CELL_SECONDS, cell_real(0.9999), "1 s");
    assert_cell(CELL_SECONDS, cell_real(59.2), "59.2 s");
    assert_cell(CELL_SECONDS, cell_real(59.99), "1 min 0 s");
    assert_cell(CELL_SECONDS, cell_real(3599.9), "1 h 0 min");
    assert_cell(CELL_SECONDS, cell_real(2 * 86400 + 3 * 3600), "2 d 3 h");
    assert_cell(CELL_REAL, cell_real((double)NAN), "");
    assert_cell(CELL_TRUTH, cell_truth(false), "no");
    assert_cell(CELL_TEXT, cell_text(NULL), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(for_people),
        cmocka_unit_test(what_folds),
        cmocka_unit_test(for_programs),
        cmocka_unit_test(kinds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
