#include "data/formats/csv.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "support/damage.h"
#include "support/idx_files.h"
#include "support/own_directory.h"
#include "support/unit.h"

static struct error error;
static struct dataset dataset;
static const struct source_request plain = {.threads = 1};

/* Parses a copy that ends where the text ends. */
static enum status parse_bytes(const void *bytes, size_t size, const struct source_request *options)
{
    char *copy = malloc(size > 0 ? size : 1);
    memcpy(copy, bytes, size);
    dataset_clear(&dataset);
    enum status status = csv_parse("t.csv", copy, size, options, &dataset, &error);
    free(copy);
    return status;
}

static void parse(const char *text, const struct source_request *options)
{
    if (parse_bytes(text, strlen(text), options))
        fail_msg("\"%s\": %s", text, error.text);
}

static void assert_refused(
    const char *text, const struct source_request *options, enum status wanted, const char *says)
{
    enum status status = parse_bytes(text, strlen(text), options);
    if (status != wanted || !strstr(error.text, says))
        fail_msg("status %d \"%s\"; wanted %d \"... %s ...\": \"%.200s\"", status, error.text,
            wanted, says, text);
    assert_null(dataset.values);
    assert_null(dataset.labels);
    assert_null(dataset.targets);
    assert_null(dataset.class_name);
}

static void assert_values(int samples, int features, const float *want)
{
    assert_int_equal(dataset.samples, samples);
    assert_int_equal(dataset.features, features);
    assert_int_equal(dataset.type, VALUE_F32);
    assert_compare(compare_bits(dataset.values, want, samples * features, why));
}

static void assert_labels(int classes, const int32_t *want)
{
    assert_int_equal(dataset.classes, classes);
    assert_int_equal(dataset.outputs, 0);
    assert_null(dataset.targets);
    assert_memory_equal(dataset.labels, want, (size_t)dataset.samples * sizeof *want);
}

static int end(void **state)
{
    (void)state;
    dataset_clear(&dataset);
    return 0;
}

/* --- what must be read --------------------------------------------------------------------- */

static const float six[] = {1, 2, 3, 4, 5, 6};

TEST(the_same_table_in_many_spellings)
{
    static const char *const text[] = {"1,2,0\n3,4,1\n5,6,0\n", "1,2,0\n3,4,1\n5,6,0",
        "1,2,0\r\n3,4,1\r\n5,6,0\r\n", "1,2,0\n3,4,1\n5,6,0\n\n\r\n", "1;2;0\n3;4;1\n5;6;0\n",
        "1\t2\t0\n3\t4\t1\n5\t6\t0\n", "\xef\xbb\xbf\61,2,0\n3,4,1\n5,6,0\n",
        " 1, 2 ,0\n3 ,\t4,1 \n5,6,0\n", "a,b,c\n1,2,0\n3,4,1\n5,6,0\n",
        "\"a\",\"b\",c\n\"1\",2,0\n3, \"4\" ,\"1\"\n+5.0,600e-2,+0\n"};
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        parse(text[i], &plain);
        assert_values(3, 2, six);
        assert_labels(2, (int32_t[]){0, 1, 0});
        assert_null(dataset.class_name);
        bool header = strstr(text[i], "b") != NULL;
        assert_int_equal(dataset.first_line, header ? 2 : 1);
        assert_true((dataset.feature_name != NULL) == header);
    }
    assert_string_equal(dataset.feature_name[1], "b");
    assert_string_equal(dataset.name, "t.csv");
}

TEST(label_columns)
{
    static const char text[] = "w,\"x, \"\"y\"\"\",3\n7,1,2\n8,3,4\n";
    struct source_request options = plain;
    static const struct {
        const char *label;
        float values[4];
        int32_t first; /* name of the first class */
    } cases[] = {{"w", {1, 2, 3, 4}, 7}, {"1", {1, 2, 3, 4}, 7}, {"2", {7, 2, 8, 4}, 1},
        {"3", {7, 1, 8, 3}, 2}, {NULL, {7, 1, 8, 3}, 2}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        options.label = cases[i].label;
        options.header = HEADER_ON;
        parse(text, &options);
        assert_values(2, 2, cases[i].values);
        assert_labels(2, (int32_t[]){0, 1});
        assert_int_equal(strtol(dataset.class_name[0], NULL, 10), cases[i].first);
    }
    assert_string_equal(dataset.feature_name[1], "x, \"y\"");

    options.label = "3,1";
    parse(text, &options);
    assert_values(2, 1, (float[]){1, 3});
    assert_int_equal(dataset.outputs, 2);
    assert_compare(compare_bits(dataset.targets, (float[]){2, 7, 4, 8}, 4, why));
    assert_null(dataset.labels);
}

TEST(headers)
{
    struct source_request options = plain;
    parse("a,b,1\n1,2,1\n3,4,0\n", &options); /* the label's name does not count */
    assert_int_equal(dataset.samples, 2);
    options.header = HEADER_OFF;
    parse("1,2,a\n3,4,b\n", &options);
    assert_int_equal(dataset.samples, 2);
    options.header = HEADER_ON;
    parse("1,2,3\n3,4,0\n", &options);
    assert_int_equal(dataset.samples, 1);
    assert_string_equal(dataset.feature_name[0], "1");
    options = (struct source_request){.label = "y", .threads = 1};
    parse("2019,y,x\n1,0,2\n3,1,4\n", &options); /* named, so it is one */
    assert_values(2, 2, (float[]){1, 2, 3, 4});
}

TEST(classes_by_name)
{
    static const struct {
        const char *text;
        enum task task;
        int classes;
        const char *name[4]; /* NULL: none */
        int32_t labels[4];
    } cases[] = {
        {"1,pear\n2,apple\n3,\"pear\"\n4,fig\n", TASK_AUTO, 3, {"apple", "fig", "pear"},
            {2, 0, 2, 1}},
        {"1,3\n2,1\n3,2\n4,3\n", TASK_AUTO, 3, {"1", "2", "3"}, {2, 0, 1, 2}},
        {"1,1\n2,-1\n3,+1\n4,-1\n", TASK_AUTO, 2, {"-1", "1"}, {1, 0, 1, 0}},
        {"1,10\n2,9\n3,-10\n4,-9\n", TASK_AUTO, 4, {"-10", "-9", "9", "10"}, {3, 2, 0, 1}},
        {"1,2\n2,1\n3,0\n4,1\n", TASK_AUTO, 3, {NULL}, {2, 1, 0, 1}},
        {"1,0\n2,0\n3,0\n4,0\n", TASK_AUTO, 2, {NULL}, {0, 0, 0, 0}},
        {"1,0\n2,2\n3,0\n4,2\n", TASK_AUTO, 2, {"0", "2"}, {0, 1, 0, 1}},
        {"1,02\n2,01\n3,01\n4,10\n", TASK_AUTO, 3, {"01", "02", "10"}, {1, 0, 0, 2}},
        {"1,1\n2,x\n3,none\n4,10\n", TASK_AUTO, 4, {"1", "10", "none", "x"}, {0, 3, 2, 1}},
        {"1,1.0\n2,0.\n3,1\n4,+1.00\n", TASK_CLASSES, 2, {NULL}, {1, 0, 1, 1}},
        {"1,1.0\n2,0.\n3,2\n4,+1.00\n", TASK_AUTO, 3, {NULL}, {1, 0, 2, 1}},
        {"1,3e0\n2,-0.0\n3,1.0e+01\n4,300E-2\n", TASK_AUTO, 3, {"0", "3", "10"}, {1, 0, 2, 1}},
        {"1,.0\n2,-1.0\n3,\"1.0\"\n4,-1\n", TASK_AUTO, 3, {"-1", "0", "1"}, {1, 0, 2, 0}},
        {"1,0.0\n2,0.0\n3,0.0\n4,0.0\n", TASK_AUTO, 2, {NULL}, {0, 0, 0, 0}},
        {"1,1.000000000000000000e+00\n2,0.000000000000000000e+00\n3,1e0\n4,0e9\n", TASK_AUTO, 2,
            {NULL}, {1, 0, 1, 0}},
        {"1,\"a\"\"b\"\n2,\" a\"\n3,\"a,b\"\n4,a\n", TASK_AUTO, 4, {" a", "a", "a\"b", "a,b"},
            {2, 0, 3, 1}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct source_request options = {.task = cases[i].task, .threads = 1};
        parse(cases[i].text, &options);
        assert_labels(cases[i].classes, cases[i].labels);
        assert_true((dataset.class_name != NULL) == (cases[i].name[0] != NULL));
        for (int c = 0; c < 4 && cases[i].name[c]; c++)
            assert_string_equal(dataset.class_name[c], cases[i].name[c]);
    }
}

TEST(targets)
{
    struct source_request options = plain;
    parse("1,0.5\n2,3\n3,-1e3\n", &options);
    assert_int_equal(dataset.outputs, 1);
    assert_int_equal(dataset.classes, 0);
    assert_compare(compare_bits(dataset.targets, (float[]){0.5F, 3, -1000}, 3, why));
    options.task = TASK_VALUES;
    parse("1,0\n2,1\n3,007\n", &options);
    assert_compare(compare_bits(dataset.targets, (float[]){0, 1, 7}, 3, why));
}

/* At most 20 different whole numbers with a decimal point are classes, with a note. */
TEST(whole_numbers_with_a_point)
{
    static const struct source_request values = {.task = TASK_VALUES, .threads = 1},
                                       classes = {.task = TASK_CLASSES, .threads = 1};
    for (int kinds = 19; kinds <= 22; kinds++) {
        char text[4000];
        int at = 0;
        for (int i = 0; i < 100; i++)
            at += sprintf(text + at, "%d,%d.0\n", i, 5 * (i % kinds));
        parse(text, &plain);
        assert_int_equal(dataset.classes, kinds <= 20 ? kinds : 0);
        assert_int_equal(dataset.outputs, kinds <= 20 ? 0 : 1);
        assert_true((dataset.note[0] != '\0') == (kinds <= 20));
        parse(text, &values);
        assert_int_equal(dataset.outputs, 1);
        assert_string_equal(dataset.note, "");
        parse(text, &classes);
        assert_int_equal(dataset.classes, kinds);
        assert_string_equal(dataset.note, "");
    }
    parse("a,b\n1,0\n2,2.0\n3,0\n4,2.0\n", &plain);
    assert_string_equal(dataset.note,
        "the labels are whole numbers, such as 2.0 in line 3, and are "
        "read as 2 classes; --loss mse reads them as targets");
    parse("1,0\n2,2\n3,0\n", &plain);
    assert_string_equal(dataset.note, "");
    static const char *const fractions[] = {"1,1.0\n2,2.5\n", "1,1.0\n2,1e-1\n", "1,1.0\n2,15e-1\n",
        "1,1.0\n2,16777216.0\n", "1,1.0\n2,1.00000001\n", "1,1.0\n2,1e20\n",
        "1,1.0\n2,1e-999999999999\n"};
    for (size_t i = 0; i < sizeof fractions / sizeof *fractions; i++) {
        parse(fractions[i], &plain);
        assert_int_equal(dataset.outputs, 1);
    }
}

TEST(columns_by_name)
{
    char *features[] = {(char[]){"x"}, (char[]){"y"}, (char[]){"x"}}, *label[] = {(char[]){"kind"}};
    struct source_request named = {.threads = 1,
        .feature_name = features,
        .features = 2,
        .label_name = label,
        .label_columns = 1};
    parse("kind,y,id,x\nb,2,?,1\na,4,?,3\nb,6,?,5\n", &named);
    assert_values(3, 2, six);
    assert_labels(2, (int32_t[]){1, 0, 1});
    assert_string_equal(dataset.feature_name[1], "y");
    assert_string_equal(dataset.label_name[0], "kind");
    assert_string_equal(
        dataset.note, "id is not among the inputs of the training data and is ignored");
    parse("x,y,kind\n1,2,b\n3,4,a\n5,6,b\n", &named);
    assert_values(3, 2, six);
    assert_string_equal(dataset.note, "");
    parse("1,2,b\n3,4,a\n5,6,b\n", &named); /* no header: by position */
    assert_values(3, 2, six);
    parse("a8,x,a1,a2,a3,a4,a5,a6,a7,y,kind\n0,1,0,0,0,0,0,0,0,2,b\n", &named);
    assert_string_equal(dataset.note,
        "a8, a1, a2, a3, a4 and 3 more are not among the inputs of the "
        "training data and are ignored");
    assert_refused("x,y,sort\n1,2,b\n", &named, STATUS_BAD_DATA,
        "t.csv has no column \"kind\", which had the labels in the training data");
    assert_refused("x,kind\n1,b\n", &named, STATUS_BAD_DATA, "no column \"y\", which is an input");
    assert_refused("x,yy,kind\n1,2,b\n", &named, STATUS_BAD_DATA, "(did you mean \"yy\"?)");
    parse(
        "x,kind,y,kind\n1,u,2,b\n3,v,4,a\n5,u,6,b\n", &named); /* the last one, as without a name */
    assert_labels(2, (int32_t[]){1, 0, 1});
    assert_refused("x,x,y,kind\n1,1,2,b\n", &named, STATUS_BAD_DATA, "more columns \"x\" than");
    named.label = "sort";
    parse("x,y,sort\n1,2,b\n3,4,a\n5,6,b\n", &named);
    assert_labels(2, (int32_t[]){1, 0, 1});
    named.label = NULL;
    named.task = TASK_NONE;
    parse("kind,y,x\nb,2,1\na,4,3\nb,6,5\n", &named);
    assert_values(3, 2, six);
    assert_string_equal(dataset.note, "");
    named.features = 3; /* two inputs of the same name */
    parse("x,x,y\n1,3,2\n4,6,5\n", &named);
    assert_values(2, 3, six);
}

/* eval --label y2,y1 compared the outputs y1 and y2 with the swapped columns. */
TEST(targets_in_the_order_of_the_model)
{
    char *label[] = {(char[]){"t"}, (char[]){"u"}, (char[]){"v"}};
    const char *table = "x,v,t,u,w\n1,4,2,3,5\n";
    static const float ordered[] = {2, 3, 4};
    static const char *const lists[] = {"t,u,v", "v,u,t", "u,v,t", "v,t,u", "2,3,4"};
    struct source_request named = {
        .task = TASK_VALUES, .threads = 1, .label_name = label, .label_columns = 3};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        named.label = lists[i];
        parse(table, &named);
        assert_memory_equal(dataset.targets, ordered, sizeof ordered);
        assert_string_equal(dataset.label_name[1], "u");
    }
    named.label = "t,w,v"; /* w stands for u, since the others are in their places */
    parse(table, &named);
    assert_memory_equal(dataset.targets, ((float[]){2, 5, 4}), sizeof ordered);
    named.label = "w,v,t";
    assert_refused(table, &named, STATUS_USAGE,
        "--label w,v,t: \"v\" of t.csv is target 3 of the training data");
    named.label = "v,t,u";
    parse("1,4,2,3\n", &(struct source_request){.task = TASK_VALUES,
                           .threads = 1,
                           .label = "3,2,4",
                           .label_name = label,
                           .label_columns = 3}); /* no header: as given */
    assert_memory_equal(dataset.targets, ((float[]){2, 4, 3}), sizeof ordered);
    named.label_name = NULL;
    parse(table, &named);
    assert_memory_equal(dataset.targets, ((float[]){4, 2, 3}), sizeof ordered);
}

TEST(no_labels)
{
    struct source_request options = {.task = TASK_NONE, .threads = 1};
    parse("1,2\n3,4\n5,6\n", &options);
    assert_values(3, 2, six);
    assert_int_equal(dataset.classes + dataset.outputs, 0);
    options.label = "kind";
    parse("a,kind,b\n1,?,2\n3,\"x,y\",4\n5,,6\n", &options);
    assert_values(3, 2, six);
    assert_string_equal(dataset.feature_name[1], "b");
}

/* --- any number of threads ----------------------------------------------------------------- */

/* A table of some hundred kilobytes, so that it is cut into many parts; as many words as `kinds`.
 */
static char *make_table(int lines, int kinds, bool fractions)
{
    struct random_stream stream = {.seed = 3, .purpose = RANDOM_LABELS};
    char *text = malloc((size_t)lines * 100 + 1);
    int at = 0;
    for (int i = 0; i < lines; i++) {
        uint32_t word[4];
        random_block(stream, (uint64_t)i, 0, word);
        at += sprintf(text + at, "%.*f,%u,%s%u%s\n", (int)(word[0] % 12), word[1] * 0x1p-20,
            word[2] >> word[2] % 32, kinds > 0 ? "k" : "",
            kinds > 0 ? word[3] % (unsigned)kinds : word[3] % 50,
            fractions && i == lines / 2 ? ".5" : "");
    }
    return text;
}

TEST(threads_do_not_show)
{
    enum { LINES = 20000 };
    for (int kind = 0; kind < 3; kind++) {
        char *text = make_table(LINES, kind == 0 ? 100 : 0, kind == 2);
        uint64_t first = 0;
        for (int threads = 1; threads <= 4; threads++) {
            struct source_request options = {.threads = threads};
            parse(text, &options);
            assert_int_equal(dataset.samples, LINES);
            assert_true((dataset.class_name != NULL) == (kind == 0));
            assert_true((dataset.outputs == 1) == (kind == 2));
            uint64_t hash = dataset_fingerprint(&dataset);
            first = threads == 1 ? hash : first;
            assert_int_equal(hash, first);
        }
        free(text);
    }
}

/* Each field against strtof. */
TEST(values_are_those_of_strtof)
{
    char *text = make_table(20000, 0, true);
    struct source_request options = {.threads = 3};
    parse(text, &options);
    const float *value = dataset.values;
    char *at = text;
    for (int64_t i = 0; i < dataset.samples; i++) {
        float want[3];
        for (int c = 0; c < 3; c++, at++)
            want[c] = strtof(at, &at);
        assert_true(value[2 * i] == want[0] && value[2 * i + 1] == want[1]);
        assert_true(dataset.targets[i] == want[2]);
    }
    free(text);
}

/* Of two wrong lines in different parts the first is told, whichever thread finds its own first. */
TEST(the_first_wrong_line_is_told)
{
    enum { LINES = 20000 };
    static const int wrong[][2] = {{19999, 3}, {15000, 9000}, {10000, 9999}, {1, 20000}};
    for (int threads = 1; threads <= 4; threads++)
        for (int w = 0; w < 4; w++) {
            char *text = make_table(LINES, 5, false), *at = text, says[60];
            struct source_request options = {.threads = threads, .header = HEADER_OFF};
            int first = wrong[w][0] < wrong[w][1] ? wrong[w][0] : wrong[w][1];
            for (int line = 1; line <= LINES; line++) {
                if (line == wrong[w][0] || line == wrong[w][1])
                    *at = '"';
                at = strchr(at, '\n') + 1;
            }
            snprintf(says, sizeof says, "t.csv, line %d, column 1: \"\"", first);
            assert_refused(text, &options, STATUS_BAD_DATA, says);
            free(text);
        }
}

/* --- what must be refused ------------------------------------------------------------------ */

TEST(wrong_tables)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", "t.csv is empty"},
        {"\xef\xbb\xbf", "t.csv is empty"}, /* only a byte order mark */
        {"\n\r\n\n", "t.csv is empty"},
        {"a,b\n", "a header, but no samples"},
        {"1\n2\n", "1 column, which leaves none"},
        {"\xff\xfe\61", "UTF-16"},
        {"1,2,0\n\"1,000\",4,1\n", "\"1,000\" is not a number: use --decimal ,"},
        {"1;2;0\n1,5;4;1\n", "\"1,5\" is not a number: use --decimal ,"},
        {"1,2,0\n$5,4,1\n", "\"$5\" is not a number: remove the currency or percent sign"},
        {"1,2,0\n-3.5 %,4,1\n", "\"-3.5 %\" is not a number: remove the currency or percent sign"},
        {"1,2,0\n\xe2\x82\xac 5,4,1\n", "is not a number: remove the currency or percent sign"},
        {"1,2,0\n5 kg,4,1\n", "not numbers: \"5 kg\" in line 2"},
        {"1,2,0\n3,4\n5,6,0\n", "line 2 has fewer fields than line 1, which has 3"},
        {"1,2,0\n3,4,1,5\n",
            "line 2 has more fields than line 1, which has 3; a number such as 1,000 "
            "must be written 1000"},
        {"1;2;0\n3;4;1;5\n", "line 2 has more fields than line 1, which has 3"},
        {"1,2,$5\n3,4,$6\n", "column 3: \"$5\" is not a number: remove the currency"},
        {"1,2,\"1,000\"\n3,4,\"2,000\"\n", "column 3: \"1,000\" is not a number: use --decimal ,"},
        {"1,a\n2,1.0\n", "label \"a\" in line 1 is a word, but 1.0 in line 2 is a decimal number"},
        {"1,2,0\n\n3,4,1\n", "line 2 is empty"},
        {"a,b,c\n1,2,0\n3,x,1\n",
            "column 2 (\"b\"): 1 of its 2 values are not numbers: \"x\" in line 3"},
        {"1,2,0\ninf,4,1\n", "not numbers: \"inf\" in line 2"},
        {"1,2,0\n1e39,4,1\n", "\"1e39\" is too large for float32"},
        {"1,2,0\n-3.5e38,4,1\n", "too large"},
        {"1,2,0\n3,4,1e999\n", "line 2, column 3: \"1e999\" is too large"},
        {"1,2,0\n0x10,4,1\n", "not numbers: \"0x10\" in line 2"},
        {"1,2,0\n1_000,4,1\n", "not numbers: \"1_000\" in line 2"},
        {"1,2,0\n3 4,4,1\n", "not numbers: \"3 4\" in line 2"},
        {"1,2,0\n\"3,4,1\n", "line 2, column 1: \"\"3\" has wrong quotes"},
        {"1,2,0\n\"3\"x,4,1\n", "wrong quotes"},
        {"1,2,0\n3,4,a\"b\n", "line 2, column 3: \"a\"b\" has wrong quotes"},
        {"1,x,0\n3,4,1\n", "is it a header? Column 1 is the number 1, but column 2 is \"x\""},
        {"a,\"b,c\n3,4,1\n", "line 1, column 2: \"\"b\" has wrong quotes"},
        {"1,a\n2,1.5\n3,b\n", "label \"a\" in line 1 is a word, but 1.5 in line 2"},
        {"1,2,0\n# 3,4,1\n", "not numbers: \"# 3\" in line 2"},
        {"1;2,5;0\n", "is it a header?"},
        {"1,k\344fer\n2,b\n", "line 1, column 2: \"k\\xe4fer\" is not UTF-8 text"},
        {"1,b\n2,b\n3,\377\n", "line 3, column 2: \"\\xff\" is not UTF-8 text"},
        {"w,gr\366\n1,2\n",
            "line 1, column 2: \"gr\\xf6\" is not UTF-8 text; save the file as UTF-8"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_refused(cases[i].text, &plain, STATUS_BAD_DATA, cases[i].says);
    assert_int_equal(parse_bytes("1,2\n3,4\0\n", 9, &plain), STATUS_BAD_DATA);
    assert_int_equal(parse_bytes("1,2\n3,a\0\n", 9, &plain), STATUS_BAD_DATA);
    assert_int_equal(parse_bytes("a,b\0\n3,4\n", 9, &plain), STATUS_BAD_DATA);
}

TEST(wrong_options)
{
    static const char text[] = "width,height,width,kind\n1,2,3,0\n4,5,6,1\n";
    static const struct {
        const char *label;
        enum header_choice header;
        enum task task;
        const char *says;
    } cases[] = {
        {"heigth", HEADER_AUTO, TASK_AUTO, "did you mean \"height\"?"},
        {"5", HEADER_AUTO, TASK_AUTO, "a number from 1 to 4"},
        {"0", HEADER_AUTO, TASK_AUTO, "no such column"},
        {"width", HEADER_AUTO, TASK_AUTO, "several columns with that name"},
        {"height", HEADER_OFF, TASK_AUTO, "no such column"},
        {"kind,4", HEADER_AUTO, TASK_AUTO, "--label names column 4 of t.csv twice"},
        {"kind,height", HEADER_AUTO, TASK_CLASSES, "names 2 columns"},
        {"kind,", HEADER_AUTO, TASK_AUTO, "no such column"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct source_request options = {.label = cases[i].label,
            .header = cases[i].header,
            .task = cases[i].task,
            .threads = 1};
        assert_refused(text, &options, STATUS_USAGE, cases[i].says);
    }
    struct source_request all = {.label = "1,2,3,4", .threads = 1};
    assert_refused(text, &all, STATUS_BAD_DATA, "leaves none for inputs");
    struct source_request classes = {.task = TASK_CLASSES, .threads = 1};
    assert_refused(
        "1,2\n2,2.5\n", &classes, STATUS_BAD_DATA, "line 2: the label 2.5 is not a class");
    struct source_request values = {.task = TASK_VALUES, .threads = 1};
    assert_refused("1,2\n2,x\n", &values, STATUS_BAD_DATA, "column 2: \"x\" is not a number");
}

TEST(too_many_classes)
{
    char text[40000];
    int at = 0;
    for (int i = 0; i < 2000; i++)
        at += sprintf(text + at, "%d,%d\n", i, 3 * i);
    assert_refused(text, &plain, STATUS_BAD_DATA, "2000 samples have 2000 different labels");

    struct source_request options = {.task = TASK_CLASSES, .threads = 1};
    *(strstr(text, "\n400,") + 1) = '\0';
    assert_refused(text, &plain, STATUS_BAD_DATA, "400 different whole numbers as labels");
    parse(text, &options);
    assert_int_equal(dataset.classes, 400);
    options.task = TASK_VALUES;
    parse(text, &options);
    assert_int_equal(dataset.outputs, 1);
}

/* A wide first line and many short ones: refused without room for lines times columns. */
TEST(a_wide_line_and_many_short_ones)
{
    enum { COLUMNS = 20000, LINES = 100000 };
    char *text = malloc(2 * COLUMNS + 2 * LINES + 1), *at = text;
    for (int c = 0; c < COLUMNS; c++, at += 2)
        memcpy(at, c + 1 < COLUMNS ? "1," : "1\n", 2);
    for (int i = 0; i < LINES; i++, at += 2)
        memcpy(at, "1\n", 2);
    *at = '\0';
    for (int threads = 1; threads <= 4; threads++) {
        struct source_request options = {.threads = threads};
        assert_refused(text, &options, STATUS_BAD_DATA, "line 2 has fewer fields");
    }
    free(text);
}

/* Whichever allocation fails, nothing is left behind (leaks show under AddressSanitizer). */
TEST(no_memory)
{
    int refused = 0;
    for (int nth = 1;; nth++) {
        dataset_clear(&dataset);
        memory_inject_failure(nth);
        enum status status = parse_bytes("a,b\n1,x\n2,y\n", 12, &plain);
        bool came = memory_inject_failure(0) == 0;
        if (status == STATUS_OK && !came)
            break;
        assert_int_equal(status, STATUS_NO_RESOURCE);
        assert_null(dataset.values);
        refused++;
    }
    dataset_clear(&dataset);
    assert_true(refused > 10);
}

TEST_IN_OWN_DIRECTORY(files)
{
    char path[IDX_FILES_PATH];
    idx_files_write(path, "t.csv", "1,2,0\n3,4,1\n5,6,0\n", 18);
    assert_int_equal(csv_read(path, &plain, &dataset, &error), STATUS_OK);
    assert_values(3, 2, six);
    assert_string_equal(dataset.name, path);
    dataset_clear(&dataset);
    idx_files_write(path, "empty.csv", "", 0);
    assert_int_equal(csv_read(path, &plain, &dataset, &error), STATUS_BAD_DATA);
    assert_int_equal(csv_read(".", &plain, &dataset, &error), STATUS_NO_INPUT);
    assert_int_equal(csv_read("/nonexistent", &plain, &dataset, &error), STATUS_NO_INPUT);
}

static void attempt(void *context, const unsigned char *bytes, size_t size)
{
    enum status status = csv_parse("t.csv", (const char *)bytes, size, context, &dataset, &error);
    if (status != STATUS_OK && status != STATUS_BAD_DATA)
        fail_msg("status %d: %s", status, error.text);
    if (status == STATUS_OK)
        dataset_fingerprint(&dataset);
    dataset_clear(&dataset);
}

TEST(every_damage)
{
    static const char *const text[] = {
        "\xef\xbb\xbf\141,\"b\"\"c\",kind\r\n1.5,-2e-3,\"x\"\r\n12345678901234567890, 4,y\r\n",
        "1\t2\t0\n3\t4\t1\n5\t6\t-12\n", "1;2;0.5\n3;4;+1.25e2\n"};
    for (int task = TASK_AUTO; task <= TASK_NONE; task++)
        for (int i = 0; i < 3; i++) {
            struct source_request options = {.task = (enum task)task, .threads = 1};
            assert_true(damage_everywhere(text[i], strlen(text[i]), attempt, &options) > 500);
        }
}

int main(void)
{
    return unit_run(NULL, end);
}
