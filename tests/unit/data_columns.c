/* Columns of a text table: numbers, categories, missing values, weights, groups, sort keys, ids. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "data/dataset_copy.h"
#include "data/formats/csv.h"
#include "support/damage.h"
#include "support/golden.h"
#include "support/idx_files.h"
#include "support/own_directory.h"
#include "support/unit.h"

static struct error error;
static struct dataset dataset;
static const struct source_request plain = {.threads = 1};

static enum status read_text(const char *text, const struct source_request *request)
{
    dataset_clear(&dataset);
    return csv_parse("t.csv", text, strlen(text), request, &dataset, &error);
}

static void parse(const char *text, const struct source_request *request)
{
    if (read_text(text, request))
        fail_msg("%s: \"%.200s\"", error.text, text);
}

static void assert_refused(
    const char *text, const struct source_request *request, enum status wanted, const char *says)
{
    enum status status = read_text(text, request);
    if (status != wanted || !strstr(error.text, says))
        fail_msg("status %d \"%s\"; wanted %d \"... %s ...\": \"%.200s\"", status, error.text,
            wanted, says, text);
    assert_null(dataset.values);
    assert_null(dataset.levels.first);
}

/* Compares values; NaN equals NaN, whose payload must be that of a missing value. */
static void assert_values(int64_t samples, int64_t features, const float *want)
{
    const float *value = dataset.values;
    assert_int_equal(dataset.samples, samples);
    assert_int_equal(dataset.features, features);
    for (int64_t i = 0; i < samples * features; i++) {
        uint32_t bits;
        memcpy(&bits, &value[i], sizeof bits);
        if (isnan(want[i]) ? bits != 0x7fc00000 : value[i] != want[i])
            fail_msg(
                "value %d is %g (%x), not %g", (int)i, (double)value[i], bits, (double)want[i]);
    }
}

static void assert_levels(int64_t column, int n, const char *const *name)
{
    assert_int_equal(levels_in(&dataset.levels, column), n);
    for (int i = 0; i < n; i++)
        assert_string_equal(levels_names(&dataset.levels, column)[i], name[i]);
}

static int end(void **state)
{
    (void)state;
    dataset_clear(&dataset);
    return 0;
}

static const char pets[] = "weight,colour,tame,age,kind\n"
                           "4.5,red,True,3,cat\n"
                           "NA,\"light \"\"blue\"\"\",False,,dog\n"
                           "6,red,,1,cat\n"
                           ",?,True,2,dog\n";

TEST(numbers_words_and_holes)
{
    parse(pets, &plain);
    const float want[] = {4.5F, 0, 0, 3, NAN, 1, 1, NAN, 6, 0, NAN, 1, NAN, NAN, 0, 2};
    assert_values(4, 4, want);
    assert_levels(0, 0, NULL);
    assert_levels(1, 2, (const char *const[]){"red", "light \"blue\""});
    assert_levels(2, 2, (const char *const[]){"True", "False"});
    assert_levels(3, 0, NULL);
    assert_string_equal(dataset.class_name[1], "dog");
}

TEST(no_words_no_levels)
{
    parse("a,b,c\n1,,0\n2,3,1\n", &plain);
    assert_int_equal(dataset.levels.columns, 0);
    assert_values(2, 2, (const float[]){1, NAN, 2, 3});
}

TEST(own_texts_for_missing)
{
    struct source_request request = plain;
    request.missing = "-,unknown";
    parse("a,b,c\n1,-,0\n2,unknown,1\n-,4,0\n", &request);
    assert_values(3, 2, (const float[]){1, NAN, 2, NAN, NAN, 4});
    request.missing = "-999,99";
    parse("a,b,c\n1,-999,0\n99,2,1\n \"99\",990,1\n9,-999,-999\n", &request);
    assert_values(3, 2, (const float[]){1, NAN, NAN, 2, NAN, 990});
    assert_int_equal(dataset.unlabelled, 1);
    /* Among numbers, the value counts; among words, the text. */
    request.missing = "-999,0.50,-";
    request.categorical = "3";
    parse("a,b,c,d\n-999.0,.5,-999.0,1.5\n-9.99e2,-0.5,x,-999.00\n1,\"-999.0\",-999,2\n", &request);
    assert_int_equal(dataset.unlabelled, 1);
    assert_values(2, 3, (const float[]){NAN, NAN, 0, 1, NAN, NAN});
    parse("a,b,c,d\n1,2,3,a\n2,3,3,-999.0\n3,4,4,b\n", &request);
    assert_int_equal(dataset.unlabelled, 1);
    request.decimal = ',';
    parse("a;b;c;d\n0,5;2;3;a\n-999,0;0,05;3;b\n", &request);
    assert_values(2, 3, (const float[]){NAN, 2, 0, NAN, 0.05F, 0});
}

TEST(forced_categories)
{
    struct source_request request = plain;
    request.categorical = "zip,3";
    parse("zip,a,b,c\n01,1,7,0\n1,2,8,1\n01,3,7,0\n", &request);
    assert_values(3, 3, (const float[]){0, 1, 0, 1, 2, 1, 0, 3, 0});
    assert_levels(0, 2, (const char *const[]){"01", "1"});
    assert_levels(2, 2, (const char *const[]){"7", "8"});
}

TEST(words_with_some_numbers)
{
    parse("a,c\nx,0\n1,1\ny,0\n1,1\nx,0\n", &plain);
    assert_levels(0, 3, (const char *const[]){"x", "1", "y"});
    assert_values(5, 1, (const float[]){0, 1, 2, 1, 0});
}

TEST(given_levels)
{
    parse(pets, &plain);
    struct dataset train = dataset;
    dataset = (struct dataset){0};
    struct source_request request = plain;
    request.feature_name = train.feature_name;
    request.features = train.features;
    request.levels = &train.levels;
    request.label_name = train.label_name;
    request.label_columns = 1;
    parse("tame,colour,age,kind,weight,more\n"
          "False,green,1,cat,1,x\nmaybe,red,2,dog,2,y\n,\"light \"\"blue\"\"\",NA,dog,3,z\n",
        &request);
    assert_values(3, 4, (const float[]){1, 2, 1, 1, 2, 0, 2, 2, 3, 1, NAN, NAN});
    assert_levels(1, 2, (const char *const[]){"red", "light \"blue\""});
    assert_non_null(strstr(dataset.note, "more is not among the inputs"));
    assert_refused("tame,colour,age,kind,weight\nFalse,red,old,cat,1\n", &request, STATUS_BAD_DATA,
        "line 2, column 3 (\"age\"): \"old\" is not a number");
    /* Inputs of the model may be the ids too, numbers and words alike. */
    request.id = "weight";
    parse("tame,colour,age,kind,weight\nFalse,red,1,cat,4.50\nTrue,red,1,cat,7\n", &request);
    assert_values(2, 4, (const float[]){4.5F, 0, 1, 1, 7, 0, 0, 1});
    assert_string_equal(dataset.id[0], "4.50");
    request.id = "2";
    parse("tame,colour,age,kind,weight\nFalse,\"light \"\"blue\"\"\",1,cat,4\nTrue,,1,cat,7\n",
        &request);
    assert_values(2, 4, (const float[]){4, 1, 1, 1, 7, NAN, 0, 1});
    assert_string_equal(dataset.id[0], "light \"blue\"");
    assert_string_equal(dataset.id[1], "");
    request.ignore = "age";
    assert_refused("tame,colour,age,kind,weight\nFalse,red,1,cat,4.50\n", &request, STATUS_BAD_DATA,
        "the column \"age\" is an input in the training data, so it cannot be");
    dataset_clear(&train);
}

TEST(other_columns)
{
    struct source_request request = plain;
    request.ignore = "note";
    request.weight = "w";
    request.group = "house";
    request.when = "day";
    request.id = "id";
    parse("id,w,house,day,note,x,y\n"
          "p1,1,b,2024-02-01,free text,1,0\n"
          "\"p\"\"2\",0.5,a,2023-12-31,more,2,1\n"
          "p3,0,b,2024-01-01,\"a, b\",3,0\n",
        &request);
    assert_values(3, 1, (const float[]){1, 2, 3});
    assert_memory_equal(dataset.weight, ((const float[]){1, 0.5F, 0}), 3 * sizeof(float));
    assert_memory_equal(dataset.group, ((const int32_t[]){0, 1, 0}), 3 * sizeof(int32_t));
    assert_int_equal(dataset.groups, 2);
    assert_memory_equal(dataset.when, ((const double[]){2, 0, 1}), 3 * sizeof(double));
    assert_string_equal(dataset.id[1], "p\"2");
    assert_string_equal(dataset.feature_name[0], "x");
    request.when = "x";
    request.ignore = "note,day";
    request.id = NULL;
    request.group = "1";
    assert_refused("id,w,house,day,note,x,y\na,-1,b,1,2,3,0\n", &request, STATUS_BAD_DATA,
        "line 2, column 2 (\"w\"): \"-1\" is not a weight");
    assert_refused("id,w,house,day,note,x,y\na,3e38,b,1,2,3,0\n", &request, STATUS_BAD_DATA,
        "line 2, column 2 (\"w\"): \"3e38\" is too large for a weight, at most 1e30; only the "
        "ratios");
    assert_refused("id,w,house,day,note,x,y\n,1,b,1,2,3,0\n", &request, STATUS_BAD_DATA,
        "column 1 (\"id\"): \"\" is a missing value, but every sample needs a group");
    request.ignore = "note,w";
    assert_refused("id,w,house,day,note,x,y\na,1,b,1,2,3,0\n", &request, STATUS_USAGE,
        "--ignore and --weight: both name column 2 of t.csv; omit it from one of them");
    request.ignore = "note";
    request.weight = "w,day";
    assert_refused("id,w,house,day,note,x,y\na,1,b,1,2,3,0\n", &request, STATUS_USAGE,
        "--weight names several columns; one is possible");
    request.ignore = "nota";
    assert_refused("id,w,house,day,note,x,y\na,1,b,1,2,3,0\n", &request, STATUS_USAGE,
        "--ignore nota: t.csv has no such column (did you mean \"note\"?)");
}

/* Ids may be the groups, sort keys or weights as well, but not the labels. */
TEST(ids_with_another_purpose)
{
    static const char text[] = "house,x,kind\nb,1,cat\na,2,dog\nb,3,dog\n";
    char name[] = "kind", *kind[] = {name};
    struct source_request request = plain;
    request.group = request.id = "house";
    parse(text, &request);
    assert_values(3, 1, (const float[]){1, 2, 3});
    assert_memory_equal(dataset.group, ((const int32_t[]){0, 1, 0}), 3 * sizeof(int32_t));
    assert_string_equal(dataset.id[1], "a");
    assert_int_equal(dataset.others, 1);
    assert_string_equal(dataset.other[0], "group and id");
    request.group = NULL;
    request.when = request.id = "x";
    parse(text, &request);
    assert_memory_equal(dataset.when, ((const double[]){1, 2, 3}), 3 * sizeof(double));
    assert_string_equal(dataset.id[2], "3");
    request.when = NULL;
    request.ignore = "x";
    assert_refused(text, &request, STATUS_USAGE,
        "--ignore and --id: both name column 2 of t.csv; omit it from one of them");
    request.ignore = "x,2";
    assert_refused(text, &request, STATUS_USAGE, "--ignore names column 2 of t.csv twice");
    request.ignore = NULL;
    request.id = request.label = "kind";
    static const char refused[] = "column 3 of t.csv has the labels, so it cannot be that of --id";
    assert_refused(text, &request, STATUS_USAGE, refused);
    request.label = NULL; /* those of a model */
    request.label_name = kind;
    request.label_columns = 1;
    assert_refused(text, &request, STATUS_USAGE, refused);
    request.task = TASK_NONE; /* predict writes them beside its predictions */
    parse(text, &request);
    assert_string_equal(dataset.id[0], "cat");
}

TEST(sort_keys)
{
    struct source_request request = plain;
    request.when = "1";
    parse("t,x,y\n20240132,1,0\n20240131,2,1\n1e3,3,1\n", &request);
    assert_memory_equal(
        dataset.when, ((const double[]){20240132, 20240131, 1000}), 3 * sizeof(double));
    assert_refused("t,x,y\n3,1,0\n20,2,1\nlate,3,1\n", &request, STATUS_BAD_DATA,
        "the column of --split-by has numbers (\"20\") and words (\"late\")");
    assert_refused("t,x,y\n3,1,0\n1e999,2,1\n", &request, STATUS_BAD_DATA, "(\"1e999\")");
    assert_refused("t,x,y\n9007199254740993,1,0\n3,1,1\n9007199254740992,2,1\n", &request,
        STATUS_BAD_DATA, "has 9007199254740993 and 9007199254740992, which are the same number");
    parse("t,x,y\n9007199254740993,1,0\n9007199254740993,1,1\n9007199254740996,2,1\n", &request);
    request.decimal = ',';
    parse("t;x;y\n10,5;1;0\n9,5;2;1\n", &request);
    assert_memory_equal(dataset.when, ((const double[]){10.5, 9.5}), 2 * sizeof(double));
}

static void parse_times(const char *first, const char *second, const struct source_request *request)
{
    char text[120];
    snprintf(text, sizeof text, "t,x,y\n%s,1,0\n%s,2,1\n", first, second);
    parse(text, request);
    assert_memory_equal(dataset.when, ((const double[]){1, 0}), 2 * sizeof(double));
    assert_string_equal(dataset.note, "");
}

TEST(sort_keys_of_texts)
{
    static const char *const other[] = {"1/31/2024", "31.1.2024", "31-01-24", "2024-1-5",
        "2024-01-31 9:05", "2024/1/05", "2024-31-01", "05-Jan-2024", "Jan 2024", "05 January 2024",
        "01/2024", "Q1 2024", "Mon 2024-01-05", "01:20 PM", "2024-01-31 01:20 PM", "9:15",
        "2024-W9", "run9", "week 1", "2024-01-31T10", "2024-01-31 10:00+1"};
    struct source_request request = plain;
    request.when = "1";
    parse_times("2024-02", "2024-01", &request);
    parse_times("2024-01-31", "2024-01-05", &request);
    parse_times("2024/01/31 10:00", "2024/01/31 09:59", &request);
    parse_times("2024-01-31T10:00:00.25Z", "2023-12-31T10:00:00.50Z", &request);
    parse_times("2024-01-31 10:00+01:00", "2023-12-31 10:00+01:00", &request);
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
        char text[120], says[120];
        snprintf(text, sizeof text, "t,x,y\n%s,1,0\n2024-01-31,2,1\n", other[i]);
        snprintf(says, sizeof says, "has the text \"%s\", whose place", other[i]);
        assert_refused(text, &request, STATUS_BAD_DATA, says);
    }
    assert_refused("t,x,y\n2024-01-31 10:00,1,0\n2024-01-31,2,1\n", &request, STATUS_BAD_DATA,
        "has \"2024-01-31 10:00\" and \"2024-01-31\", which do not have the same form");
    assert_refused("t,x,y\n2024-01-31 10:00+01:00,1,0\n2024-01-31 10:00+02:00,2,1\n", &request,
        STATUS_BAD_DATA, "which do not have the same form");
}

TEST(last_column_that_is_left_is_the_label)
{
    struct source_request request = plain;
    request.ignore = "4";
    request.weight = "3";
    parse("a,y,w,more\n1,0,2,x\n2,1,1,y\n", &request);
    assert_string_equal(dataset.label_name[0], "y");
    assert_values(2, 1, (const float[]){1, 2});
}

TEST(rows_without_a_label)
{
    struct source_request request = plain;
    request.id = "id";
    parse("id,x,y\na,1,yes\nb,2,\nc,3,no\nd,4,NA\ne,5,yes\n", &request);
    assert_values(3, 1, (const float[]){1, 3, 5});
    assert_memory_equal(dataset.labels, ((const int32_t[]){1, 0, 1}), 3 * sizeof(int32_t));
    assert_int_equal(dataset.unlabelled, 2);
    assert_int_equal(dataset.line[1], 4);
    assert_string_equal(dataset.id[2], "e");
    /* The others follow in their order. */
    assert_int_equal(dataset.line[3], 3);
    assert_int_equal(dataset.line[4], 5);
    assert_string_equal(dataset.id[3], "b");
    assert_string_equal(dataset.id[4], "d");
    assert_memory_equal((float *)dataset.values + 3, ((const float[]){2, 4}), 2 * sizeof(float));
    assert_non_null(strstr(dataset.note, "2 rows without a label are left out"));
    parse("x,y\n1,0.5\n2,\n3,1.5\n", &plain);
    assert_memory_equal(dataset.targets, ((const float[]){0.5F, 1.5F}), 2 * sizeof(float));
    parse("x,y\n1,2.0\n2,\n3,3.0\n", &plain);
    assert_int_equal(dataset.classes, 2);
    assert_memory_equal(dataset.labels, ((const int32_t[]){0, 1}), 2 * sizeof(int32_t));
    request = plain;
    request.label = "y,z";
    request.task = TASK_VALUES;
    parse("x,y,z\n1,0.5,\n2,1,2\n3,,1.5\n", &request);
    assert_memory_equal(dataset.targets, ((const float[]){1, 2}), 2 * sizeof(float));
    assert_refused(
        "x,y\n1,\n2,NA\n", &plain, STATUS_BAD_DATA, "the label of every sample is missing");
}

/* Those of a sample of rows became an input, and told the label if the rows were sorted by it. */
TEST(names_of_rows_are_ignored)
{
    static const char *const table[] = {
        "\"\",\"x\",\"y\"\n\"1\",5,\"a\"\n\"2\",6,\"b\"\n\"3\",7,\"a\"\n",
        ",x,y\n20,5,a\n1,6,b\n3,7,a\n", "Unnamed: 0,x,y\n20,5,a\nsix,6,b\n,7,a\n",
        ",x,y\n100000001,5,a\n100000002,6,b\n100000003,7,a\n"};
    struct source_request request = plain;
    for (int missing = 0; missing < 2; missing++, request.missing = "1,6,six")
        for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
            parse(table[i], &request);
            assert_values(3, 1, (const float[]){5, missing ? NAN : 6, 7});
            assert_non_null(strstr(dataset.note,
                "column 1 has no name and a different value in every row, so it is taken for row "
                "names, and is ignored"));
        }
    parse(",Unnamed: 0,x,y\n7,0,5,a\n8,1,6,b\n9,2,7,a\n", &plain);
    assert_values(3, 1, (const float[]){5, 6, 7});
    assert_refused(",Unnamed: 0,x,y\n7,3,5,a\n8,1,6,b\n9,2,7,a\n", &plain, STATUS_BAD_DATA,
        "column 2 has no name either");
    request = plain;
    request.ignore = "2";
    parse(",Unnamed: 0,x,y\n7,3,5,a\n8,1,6,b\n9,2,7,a\n", &request);
    assert_values(3, 1, (const float[]){5, 6, 7});
}

TEST(other_first_columns_without_a_name)
{
    static const char repeats[] = ",x,y\n1,5,a\n2,6,b\n3,7,b\n2,7,a\n";
    struct source_request request = plain;
    assert_refused(repeats, &plain, STATUS_BAD_DATA,
        "t.csv, line 5: column 1 has no name, and \"2\" occurs in it again, so it may have row "
        "names "
        "or be an input; give it a name, or omit it (--ignore 1)");
    request.categorical = "1";
    parse(repeats, &request);
    assert_int_equal(dataset.features, 2);
    request = plain;
    request.ignore = "1";
    parse(repeats, &request);
    assert_int_equal(dataset.features, 1);
    parse("n,x,y\n0,5,a\n1,6,b\n2,7,a\n", &plain);
    assert_int_equal(dataset.features, 2);
    parse(",y\n5,a\n1,b\n2,a\n", &plain);
    assert_int_equal(dataset.features, 1);
}

/* 60 times in milliseconds were one value, without a word. */
TEST(numbers_that_are_equal_in_float32)
{
    static const char note[] =
        "column 1 (\"t\"): 60 different values are 1 in float32; subtract an "
        "offset, or use --ignore 1, --categorical 1 or --split-by 1";
    char text[4000] = "t,x,y\n", far[4000] = "t,x,y\n";
    for (int i = 0; i < 60; i++) {
        size_t used = strlen(text), more = strlen(far);
        snprintf(
            text + used, sizeof text - used, "%lld,\"%d\",%d\n", 1732924800000LL + i, i, i % 2);
        snprintf(far + more, sizeof far - more, "%lld,%d,%d\n", 1732924800000LL + i * 131072LL, i,
            i % 2);
    }
    parse(text, &plain);
    assert_string_equal(dataset.note, note);
    parse(text, &(struct source_request){.threads = 3});
    assert_string_equal(dataset.note, note);
    parse(far, &plain);
    assert_string_equal(dataset.note, "");
    parse("t,x,y\n17000000001,1,0\n17000000001,2,1\n17000000001,3,0\n", &plain);
    assert_string_equal(dataset.note, "");
}

/* A copy freed the names of the other columns of its original, and had no rows without a label. */
TEST(copies)
{
    struct source_request request = plain;
    request.id = "id";
    request.ignore = "note";
    parse("id,x,note,y\na,1,n,yes\nb,2,n,\nc,3,n,no\n", &request);
    for (int i = 0; i < 2; i++) {
        struct dataset copy;
        assert_int_equal(
            i ? dataset_copy(&copy, &dataset, &error) : dataset_borrow(&copy, &dataset, &error),
            STATUS_OK);
        assert_ptr_not_equal(copy.other, dataset.other);
        assert_string_equal(copy.other[1], "id");
        assert_string_equal(copy.other[3], "note");
        assert_string_equal(copy.id[2], "b");
        assert_int_equal(copy.line[2], 3);
        assert_true(((const float *)copy.values)[2] == 2);
        dataset_clear(&copy);
    }
}

TEST(row_names_without_a_name)
{
    struct source_request request = plain;
    parse("\"x\",\"y\"\n\"Mazda RX4\",5,\"a\"\n\"Datsun, 710\",6,\"b\"\n",
        &plain); /* R's write.table */
    assert_values(2, 1, (const float[]){5, 6});
    assert_string_equal(dataset.feature_name[0], "x");
    assert_string_equal(dataset.label_name[0], "y");
    assert_string_equal(dataset.note, "column 1 has the names of the rows, since the header has "
                                      "one field less than the lines, and "
                                      "is ignored");
    parse("x;y\n1;5;a\n2;6;b\n", &plain);
    assert_values(2, 1, (const float[]){5, 6});
    request.id = "1";
    parse("\"x\",\"y\"\n\"r1\",5,\"a\"\n\"r2\",6,\"b\"\n", &request);
    assert_string_equal(dataset.id[1], "r2");
    assert_string_equal(dataset.note, "");
    assert_refused("x,y\n\"r1\",5,a\n\"r2\",6\n", &plain, STATUS_BAD_DATA,
        "line 2 has more fields than line 1, which has 2; a number such as 1,000 must be written "
        "1000, a text with commas needs double quotes, and row names need a name in the header");
    assert_refused(
        "x,y\nfoo,1,000\nbar,2,000\n", &plain, STATUS_BAD_DATA, "line 2 has more fields");
    char text[200] = "x,y\n";
    for (int i = 1; i <= 12; i++)
        snprintf(text + strlen(text), 20, "%d,5,a%s\n", i, i == 12 ? ",1" : "");
    assert_refused(
        text, &plain, STATUS_BAD_DATA, "line 13 has more fields than line 2, which has 3");
}

/* As write.table of R, savetxt of NumPy and many old files have them. */
TEST(blanks_between_fields)
{
    static const char *const colours[] = {"light red", "a \"b\""};
    struct source_request request = plain;
    parse("\"x\" \"dark colour\" \"y\"\n\"row 1\" 5.5 \"light red\" \"u\"\n\"2\" NA \"a "
          "\"\"b\"\"\" \"v\"\n",
        &plain);
    assert_values(2, 2, (const float[]){5.5F, 0, NAN, 1});
    assert_levels(1, 2, colours);
    assert_string_equal(dataset.feature_name[1], "dark colour");
    assert_string_equal(dataset.label_name[0], "y");
    assert_string_equal(dataset.note,
        "column 1 has the names of the rows, since the header has one "
        "field less than the lines, and is ignored");
    parse("x y\n1 5 u\n2 6 v\n", &plain); /* quote = FALSE */
    assert_values(2, 1, (const float[]){5, 6});
    for (int threads = 1; threads <= 3; threads++) { /* aligned, and with blanks at the ends */
        request.threads = threads;
        parse("  5.50   -1.0  0 \n 16.25   2.0  1\n  7.00\t 30.5  1   \r\n", &request);
        assert_values(3, 2, (const float[]){5.5F, -1, 16.25F, 2, 7, 30.5F});
    }
    request.task = TASK_NONE;
    parse("1 2 \n3 4  \n", &request);
    assert_values(2, 2, (const float[]){1, 2, 3, 4});
    request.task = TASK_AUTO;
    request.decimal = ',';
    parse("x y z\n1,5 2,5 0\n3,5 4,5 1\n", &request);
    assert_values(2, 2, (const float[]){1.5F, 2.5F, 3.5F, 4.5F});
    assert_refused("x y\n5 u\n6 light blue\n", &plain, STATUS_BAD_DATA,
        "line 3 has more fields than line 1, which has 2; a text with blanks needs double quotes");
    assert_refused("x y\n5 u\n6\n", &plain, STATUS_BAD_DATA, "line 3 has fewer fields");
    assert_refused(
        "x y\n5 u\n\"6\"7 v\n", &plain, STATUS_BAD_DATA, "line 3, column 1 (\"x\"): \"\"6\"7\"");
    request = plain;
    request.task = TASK_NONE; /* names and texts of several words are not a table with blanks */
    parse("colour\nlight red\ndark red\n", &request);
    assert_int_equal(dataset.features, 1);
    parse("colour\nred\ndark red\n", &request);
    parse("leaf width\n5\n6\n", &request);
    assert_string_equal(dataset.feature_name[0], "leaf width");
}

TEST(separators_at_the_ends_of_lines)
{
    static const char *const same[] = {"x,y,\n5,a,\n6,b,\n", "x,y\n5,a,\n6,b,\n"};
    struct source_request request = plain;
    for (int i = 0; i < 2; i++) {
        parse(same[i], &plain);
        assert_values(2, 1, (const float[]){5, 6});
        assert_string_equal(dataset.label_name[0], "y");
        assert_string_equal(dataset.note, "column 3 has neither a name nor values, since the lines "
                                          "end with a separator, and is ignored");
    }
    char text[200] = "x,y,\n";
    for (int i = 1; i <= 12; i++)
        snprintf(text + strlen(text), 20, "%d,a,%s\n", i, i == 12 ? "b" : "");
    assert_refused(text, &plain, STATUS_BAD_DATA,
        "line 13, column 3 (\"\"): \"b\" is behind the last separator, where the lines before "
        "have");
    assert_refused("5,1,\n6,2,\n", &plain, STATUS_BAD_DATA,
        "--ignore omits one that is empty because the lines end with a separator");
    request.ignore = "3";
    parse("5,1,\n6,2,\n", &request);
    assert_values(2, 1, (const float[]){5, 6});
    parse("x,y,\n5,a,\n6,b,\n", &request);
    assert_string_equal(dataset.note, "");
}

/* Spreadsheets export them; the message named the number of the input, not that of the column. */
TEST(columns_without_name_and_values)
{
    for (int threads = 1; threads <= 3; threads++) {
        const struct source_request request = {.threads = threads};
        parse("w;;x;Unnamed: 3;y\nu;;5;;a\nv;;6;NA;b\nu;;7;;a\n", &request);
        assert_values(3, 2, (const float[]){0, 5, 1, 6, 0, 7});
        assert_string_equal(dataset.note, "column 2 has neither a name nor values, and is ignored; "
                                          "column 4 has neither a name nor values, and is ignored");
        parse("w;;x;y\nu;;5;a\nv;1;6;b\nu;;7;a\n", &request);
        assert_int_equal(dataset.features, 3);
        parse("w;z;x;y\nu;;5;a\nv;;6;b\nu;;7;a\n", &request);
        assert_int_equal(dataset.features, 3);
    }
}

TEST(what_is_no_table)
{
    struct source_request request = plain;
    assert_refused(
        "x,y\r1,2\r3,4\r", &plain, STATUS_BAD_DATA, "lines that end with CR only; convert");
    assert_refused("\x1f\x8b\x08", &plain, STATUS_BAD_DATA, "compressed with gzip");
    assert_refused("BZh91AY&SY", &plain, STATUS_BAD_DATA, "bzip2; decompress it: bunzip2 FILE");
    assert_refused("\xfd"
                   "7zXZ",
        &plain, STATUS_BAD_DATA, "xz; decompress it: unxz FILE");
    assert_refused("PK\x03\x04", &plain, STATUS_BAD_DATA, "a zip archive or an Excel file");
    assert_refused("[{\"a\": 1}]", &plain, STATUS_BAD_DATA, "JSON, not a table");
    assert_refused("<!doctype html>\n", &plain, STATUS_BAD_DATA, "a web page, not a table");
    parse("<DATE>,[x]\n1,0\n2,1\n", &plain);
    assert_refused("# a b y\n1 2 u\n", &plain, STATUS_BAD_DATA,
        "has 1 column, which leaves none for inputs (columns are separated by commas, tabs, "
        "semicolons or, if its first lines have as many words, blanks; --separator names");
    request.ignore = "x";
    assert_refused(
        "x,y\n1,2\n", &request, STATUS_BAD_DATA, "--id) take all, which leaves none for");
    assert_refused("x\n1\n", &plain, STATUS_BAD_DATA, "columns are separated by commas");
    request.ignore = "x,y";
    assert_refused("x,y\n1,2\n", &request, STATUS_USAGE, "which leaves none for the label");
}

TEST(mistyped_numbers)
{
    assert_refused("a,y\n1,0\n2,1\nx,0\n4,1\no,1\n6,0\n7,1\nI,0\nl,1\n10,1\n", &plain,
        STATUS_BAD_DATA,
        "t.csv, column 1 (\"a\"): 4 of its 10 values are not numbers: \"x\" in line 4, \"o\" in "
        "line 6, \"I\" in line 9 ...; correct them, or list them with --missing");
    assert_refused("a,y\n$5,0\n$6,1\n", &plain, STATUS_BAD_DATA,
        "line 2, column 1 (\"a\"): \"$5\" is not a number: remove the currency");
    parse("a,y\n0%,0\n1 - 10%,1\nmore,1\n", &plain);
    assert_int_equal(levels_in(&dataset.levels, 0), 3);
}

TEST(free_text)
{
    char text[4096] = "when,y\n";
    for (int i = 0; i < 30; i++)
        snprintf(text + strlen(text), 40, "2024-01-%02d,%d\n", i + 1, i % 2);
    assert_refused(text, &plain, STATUS_BAD_DATA,
        "its 30 words include 30 different ones: \"2024-01-01\" in line 2");
    struct source_request request = plain;
    request.categorical = "when";
    parse(text, &request);
    assert_int_equal(levels_in(&dataset.levels, 0), 30);
    request = plain;
    request.ignore = "when";
    assert_refused(text, &request, STATUS_BAD_DATA, "leaves none for inputs");
}

TEST(dates_as_a_category)
{
    parse("x,day,y\n1,1/31/2024,0\n2,2/28/2024,1\n3,1/31/2024,1\n", &plain);
    assert_int_equal(levels_in(&dataset.levels, 1), 2);
    assert_string_equal(dataset.note,
        "column 2 (\"day\") has dates, and is a category with 2 levels; --ignore 2 omits it, "
        "--split-by 2 splits the samples by it");
    /* Once, though the rows are read again because of the other column. */
    parse("x,day,y\na,2024-01,0\nb,2024-02,1\n1,2024-01,1\n", &plain);
    assert_int_equal(levels_in(&dataset.levels, 0), 3);
    assert_null(strstr(strstr(dataset.note, "has dates") + 1, "has dates"));
    parse("x,day,y\n1,1.2.3,0\n2,10:30,1\n3,90-91,1\n", &plain);
    assert_string_equal(dataset.note, "");
}

TEST(tables_without_a_header)
{
    parse("M,0.5,1,0\nF,0.25,2,1\nM,,3,0\n", &plain);
    assert_values(3, 3, (const float[]){0, 0.5F, 1, 1, 0.25F, 2, 0, NAN, 3});
    assert_null(dataset.feature_name);
    assert_refused("age,2010,y\n1,2,0\n", &plain, STATUS_BAD_DATA, "is it a header?");
}

TEST(line_ends_in_fields)
{
    struct source_request request = plain;
    request.id = "note";
    parse("x,\"a\nnote\",y\n1,\"one\ntwo\",0\n2,\"\n\n\",1\n3,,0\n", &plain);
    assert_refused("x,\"note\",y\n1,\"one\ntwo\",0\n2,\"\n\n\",1\n$3,,0\n", &request,
        STATUS_BAD_DATA, "line 7, column 1 (\"x\"): \"$3\" is not a number");
    parse("x,note,y\n1,\"one\ntwo\",0\n2,\"\n\n\",1\n3,,0\n", &request);
    assert_values(3, 1, (const float[]){1, 2, 3});
    assert_string_equal(dataset.id[0], "one\ntwo");
    assert_memory_equal(dataset.line, ((const int64_t[]){2, 4, 7}), 3 * sizeof(int64_t));
    assert_refused("x,y\n1,\"0\n2,1\n", &plain, STATUS_BAD_DATA, "line 2, column 2");
}

TEST(separators_and_decimal_commas)
{
    struct source_request request = plain;
    request.decimal = ',';
    parse("a;b;y\n1,5;,25;2,5\n-2;1e-1;3\n", &request);
    assert_values(2, 2, (const float[]){1.5F, 0.25F, -2, 0.1F});
    assert_memory_equal(dataset.targets, ((const float[]){2.5F, 3}), 2 * sizeof(float));
    assert_refused("a;b;y\n1.5;2;0\n2;x;1\n3;4;0\n", &request, STATUS_BAD_DATA,
        "not numbers: \"1.5\" in line 2");
    assert_refused("a,b,y\n1,2,0\n", &request, STATUS_USAGE, "--separator names another");
    assert_refused("a;b;y\n1,5;2;0\n", &plain, STATUS_BAD_DATA, "use --decimal ,");
    assert_refused("a|b|y\n1|2|0\n", &plain, STATUS_BAD_DATA, "use --separator '|'");
    request.separator = '|';
    request.decimal = 0;
    parse("a|b|y\n1|2|0\n3|x,y|1\n3|x,y|1\n", &request);
    assert_int_equal(dataset.features, 2);
}

static void compare_column(const struct json *column, int64_t feature)
{
    const struct json *values = js_get(column, "values"), *levels = js_get(column, "levels");
    assert_string_equal(dataset.feature_name[feature], golden_text(column, "name"));
    assert_int_equal(levels_in(&dataset.levels, feature), js_size(levels));
    for (size_t l = 0; l < js_size(levels); l++)
        assert_string_equal(
            levels_names(&dataset.levels, feature)[l], js_as_text(js_item(levels, l)));
    for (int64_t i = 0; i < dataset.samples; i++) {
        double want = (double)NAN;
        js_as_real(js_item(values, (size_t)i), &want);
        float got = ((const float *)dataset.values)[i * dataset.features + feature];
        if (isnan(want) ? !isnan(got) : got != (float)want)
            fail_msg("%s, sample %d: %g, not %g", golden_text(column, "name"), (int)i, (double)got,
                want);
    }
}

TEST(reads_as_pandas_does)
{
    char path[FILE_PATH_MAX];
    assert_int_equal(file_path(path, golden_directory(), "tables.json", &error), STATUS_OK);
    struct json *root = golden_parse(path);
    const struct json *cases = js_get(root, "cases");
    assert_int_equal(js_size(cases), 4);
    for (size_t i = 0; i < js_size(cases); i++) {
        const struct json *test = js_item(cases, i), *columns = js_get(test, "columns");
        struct source_request request = plain;
        request.decimal = golden_text(test, "decimal")[0];
        parse(golden_text(test, "text"), &request);
        assert_int_equal(dataset.samples, golden_int(test, "samples"));
        assert_int_equal(dataset.features, js_size(columns));
        for (size_t c = 0; c < js_size(columns); c++)
            compare_column(js_item(columns, c), (int64_t)c);
    }
    js_destroy(root);
}

/* A table of words, numbers and holes is the same dataset for any number of threads. */
TEST(threads)
{
    enum { ROWS = 20000 };
    static const char *const colour[] = {
        "red", "green", "", "a b", "\"q\"\"\nq\"", "7", "NA", "blue"};
    char *text = malloc(ROWS * 64 + 64);
    char *at = stpcpy(text, "x,c,g,y\n");
    for (uint32_t i = 0; i < ROWS; i++) {
        uint32_t random = i * 2654435761U >> 7;
        at += sprintf(at, "%s%u,%s%s,g%u,%s\n", random % 11 ? "" : "?", random % 1000,
            colour[random / 16 % 8], random / 16 % 8 > 6 ? colour[random % 4] : "", random % 97,
            random % 13 ? (random % 2 ? "yes" : "no") : "");
    }
    struct source_request request = plain;
    request.group = "g";
    request.missing = "?0";
    assert_refused(text, &request, STATUS_BAD_DATA, "are not numbers: \"?");
    for (char *q = text; (q = strchr(q, '?')); q++)
        *q = '0';
    parse(text, &request);
    uint64_t one = dataset_fingerprint(&dataset);
    assert_int_equal(levels_in(&dataset.levels, 1), 9);
    assert_true(dataset.unlabelled > 0);
    for (request.threads = 2; request.threads < 9; request.threads += 3) {
        parse(text, &request);
        assert_int_equal(dataset_fingerprint(&dataset), one);
    }
    free(text);
}

TEST_IN_OWN_DIRECTORY(gzipped_files)
{
    char path[IDX_FILES_PATH], bytes[2048];
    dataset_clear(&dataset);
    idx_files_write(path, "t.csv.gz", pets, strlen(pets));
    assert_int_equal(csv_read(path, &plain, &dataset, &error), STATUS_OK);
    assert_levels(2, 2, (const char *const[]){"True", "False"});
    dataset_clear(&dataset);
    FILE *file = fopen(path, "r+b");
    size_t size = fread(bytes, 1, sizeof bytes, file);
    assert_int_equal(fwrite(bytes, 1, size, file), size); /* again: two packed parts */
    fclose(file);
    assert_int_equal(csv_read(path, &plain, &dataset, &error), STATUS_BAD_DATA); /* two headers */
    assert_non_null(strstr(error.text, "line 6"));
    for (size_t kept = 3; kept < size; kept++) {
        assert_int_equal(truncate(path, (off_t)kept), 0);
        assert_int_equal(csv_read(path, &plain, &dataset, &error), STATUS_BAD_DATA);
        assert_non_null(strstr(error.text, "is a truncated gzip file"));
        file = fopen(path, "wb");
        fwrite(bytes, 1, size, file);
        fclose(file);
    }
}

/* Whichever allocation fails, nothing is left behind (leaks show under AddressSanitizer). */
TEST(no_memory)
{
    static const char text[] =
        ",id,w,c,d,y\n1,a,1,x,5,u\n2,b,1,\"y\"\"\",,v\n3,c,1,x,2,\n4,d,1,7,2,u\n";
    struct source_request request = plain;
    request.id = "id";
    request.weight = "w";
    int refused = 0;
    for (int nth = 1;; nth++) {
        memory_inject_failure(nth);
        enum status status = read_text(text, &request);
        bool came = memory_inject_failure(0) == 0;
        if (status == STATUS_OK && !came)
            break;
        assert_int_equal(status, STATUS_NO_RESOURCE);
        assert_null(dataset.values);
        refused++;
    }
    assert_int_equal(dataset.samples, 3);
    assert_true(refused > 40);
}

static void attempt(void *context, const unsigned char *bytes, size_t size)
{
    enum status status = csv_parse("t.csv", (const char *)bytes, size, context, &dataset, &error);
    if (status != STATUS_OK && status != STATUS_BAD_DATA && status != STATUS_USAGE)
        fail_msg("status %d: %s", status, error.text);
    if (status == STATUS_OK)
        dataset_fingerprint(&dataset);
    dataset_clear(&dataset);
}

TEST(every_damage)
{
    struct source_request request = plain;
    dataset_clear(&dataset);
    static const char blanks[] = "x \"a b\" y\n\"1\" 5 \"r  s\" u\n\"2\"  6 t v \n";
    assert_true(damage_everywhere(pets, strlen(pets), attempt, &request) > 500);
    assert_true(damage_everywhere(blanks, strlen(blanks), attempt, &request) > 200);
    request.id = "1";
    request.when = "2";
    request.group = "3";
    assert_true(damage_everywhere(pets, strlen(pets), attempt, &request) > 500);
}

int main(void)
{
    return unit_run(NULL, end);
}
