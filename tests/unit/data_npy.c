#include "data/formats/npy.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/vector.h"
#include "data/scale.h"
#include "support/damage.h"
#include "support/idx_files.h"
#include "support/own_directory.h"
#include "support/unit.h"

static char inputs[IDX_FILES_PATH], labels[IDX_FILES_PATH];
static struct error error;
static struct dataset dataset;

/* An NPY file: magic, version, length, header padded by `pad` blanks, data. */
static size_t compose(unsigned char out[IDX_FILES_BYTES], int version, const char *header, int pad,
    const void *data, size_t size)
{
    size_t text = strlen(header), length = text + (size_t)pad + 1, at = version == 1 ? 10 : 12;
    memcpy(out, "\x93NUMPY", 6);
    out[6] = (unsigned char)version;
    out[7] = 0;
    for (size_t i = 8; i < at; i++)
        out[i] = (unsigned char)(length >> 8 * (i - 8));
    memcpy(out + at, header, text);
    memset(out + at + text, ' ', (size_t)pad);
    out[at + length - 1] = '\n';
    memcpy(out + at + length, data, size);
    return at + length + size;
}

static void write_array(
    char path[IDX_FILES_PATH], const char *name, const char *header, const void *data, size_t size)
{
    unsigned char file[IDX_FILES_BYTES];
    idx_files_write(path, name, file, compose(file, 1, header, 0, data, size));
}

static void header_of(char out[200], const char *descr, const char *shape)
{
    snprintf(out, 200, "{'descr': '%s', 'fortran_order': False, 'shape': %s, }", descr, shape);
}

static void write_labels(const char *descr, const char *shape, const void *data, size_t size)
{
    char header[200];
    header_of(header, descr, shape);
    write_array(labels, "y.npy", header, data, size);
}

static int end(void **state)
{
    dataset_clear(&dataset);
    return own_directory_leave(state);
}

static void assert_refused(enum status status, enum status wanted, const char *says)
{
    if (status != wanted || !strstr(error.text, says))
        fail_msg("status %d \"%s\"; wanted %d \"... %s ...\"", status, error.text, wanted, says);
    assert_null(dataset.values);
    assert_null(dataset.labels);
    assert_null(dataset.targets);
    assert_null(dataset.file.bytes);
}

/* --- what must be read --------------------------------------------------------------------- */

static const struct {
    const char *descr;
    enum value_type type;
    unsigned char data[24];
    size_t size;
    float want[3];
} typed[] = {
    {"|b1", VALUE_I8, {0, 1, 1}, 3, {0, 1, 1}},
    {"|u1", VALUE_U8, {0, 1, 255}, 3, {0, 1, 255}},
    {"|i1", VALUE_I8, {0, 127, 128}, 3, {0, 127, -128}},
    {"<u2", VALUE_U16, {1, 0, 0, 1, 255, 255}, 6, {1, 256, 65535}},
    {"<i2", VALUE_I16, {1, 0, 0, 1, 255, 255}, 6, {1, 256, -1}},
    {"<u4", VALUE_U32, {1, 0, 0, 0, 1, 0, 0, 1, 255, 255, 255, 255}, 12, {1, 0x1p24F, 0x1p32F}},
    {"<i4", VALUE_I32, {1, 0, 0, 0, 3, 0, 0, 1, 255, 255, 255, 255}, 12, {1, 0x1.000004p24F, -1}},
    {"<u8", VALUE_U64, {[0] = 7, [15] = 128, [16] = 1}, 24, {7, 0x1p63F, 1}},
    {"<i8", VALUE_I64, {[0] = 7, [15] = 128, [16] = 1}, 24, {7, -0x1p63F, 1}},
    {"<f4", VALUE_F32, {0, 0, 128, 63, 0, 0, 0, 192, 1, 0, 0, 0}, 12, {1, -2, 0x1p-149F}},
    {"<f8", VALUE_F64,
        {[6] = 240, [7] = 63, [15] = 192, [16] = 1, [19] = 16, [22] = 240, [23] = 63}, 24,
        {1, -2, 0x1.000002p0F}},
};
enum { TYPES = sizeof typed / sizeof *typed };

/* Of every type, wherever in the file the data begin, through the loops of every level. */
TEST(types_and_addresses)
{
    const float shift[3] = {0}, factor[3] = {1, 1, 1};
    write_labels("|u1", "(1,)", "\1", 1);
    for (size_t t = 0; t < TYPES; t++)
        for (int pad = 0; pad < 8; pad++) {
            unsigned char file[IDX_FILES_BYTES];
            char header[200];
            header_of(header, typed[t].descr, "(1, 3)");
            idx_files_write(inputs, "x.npy", file,
                compose(file, 1 + pad % 3, header, pad, typed[t].data, typed[t].size));
            assert_int_equal(
                npy_read(inputs, labels, TASK_AUTO, NULL, &dataset, &error), STATUS_OK);
            assert_int_equal(dataset.samples, 1);
            assert_int_equal(dataset.features, 3);
            assert_int_equal(dataset.type, typed[t].type);
            assert_memory_equal(dataset.values, typed[t].data, typed[t].size);
            struct scale scale = {.features = 3,
                .shift = (float *)(uintptr_t)shift,
                .factor = (float *)(uintptr_t)factor};
            for (int level = 0; level < N_LEVELS; level++) {
                float x[3];
                if (!level_runs((enum level)level))
                    continue;
                scale_row(&scale, vector_of((enum level)level), &dataset, 0, x);
                assert_compare(compare_bits(x, typed[t].want, 3, why));
            }
            dataset_clear(&dataset);
        }
}

TEST(shapes_and_spellings)
{
    static const struct {
        const char *header;
        int samples, features;
    } cases[] = {
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (6,), }", 6, 1},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (6, 1), }", 6, 1},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (1, 2, 3), }", 1, 6},
        {"{'descr': '|u1', 'fortran_order': True, 'shape': (6,), }", 6, 1},
        {"{\"shape\":(2L,3L),\"descr\":\"|u1\",\"fortran_order\":False}", 2, 3},
        {"{ 'fortran_order' : False , 'descr' : '<u1' , 'shape' : ( 3 , 2 , ) } ", 3, 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_array(inputs, "x.npy", cases[i].header, "\1\2\3\4\5\6", 6);
        assert_int_equal(npy_read(inputs, NULL, TASK_NONE, NULL, &dataset, &error), STATUS_OK);
        assert_int_equal(dataset.samples, cases[i].samples);
        assert_int_equal(dataset.features, cases[i].features);
        assert_int_equal(dataset.classes + dataset.outputs, 0);
        assert_string_equal(dataset.path, inputs);
        dataset_clear(&dataset);
    }
}

static void write_three_inputs(void)
{
    char header[200];
    header_of(header, "|u1", "(3, 2)");
    write_array(inputs, "x.npy", header, "\1\2\3\4\5\6", 6);
}

TEST(labels_as_the_task_wants_them)
{
    static const struct {
        const char *descr, *shape;
        enum task task;
        unsigned char data[24];
        size_t size;
        int classes, outputs;
    } cases[] = {
        {"|u1", "(3,)", TASK_AUTO, {0, 2, 1}, 3, 3, 0},
        {"|b1", "(3, 1)", TASK_AUTO, {0, 1, 1}, 3, 2, 0},
        {"<i8", "(3,)", TASK_CLASSES, {[8] = 4}, 24, 5, 0},
        {"|i1", "(3,)", TASK_VALUES, {0, 2, 255}, 3, 0, 1},
        {"|u1", "(3, 2)", TASK_AUTO, {0, 1, 1, 0, 0, 0}, 6, 0, 2},
        {"<f4", "(3,)", TASK_AUTO, {[2] = 128, [3] = 63}, 12, 2, 0},  /* 1, 0, 0 */
        {"<f4", "(3, 1)", TASK_AUTO, {[3] = 64}, 12, 0, 1},           /* 2, 0, 0: 1 is missing */
        {"<f4", "(3,)", TASK_AUTO, {[2] = 128, [3] = 191}, 12, 0, 1}, /* -1, 0, 0 */
        {"<f4", "(3,)", TASK_AUTO, {[3] = 63}, 12, 0, 1},             /* 0.5, 0, 0 */
        {"<f4", "(3,)", TASK_AUTO, {0}, 12, 0, 1},                    /* one value */
        {"<f8", "(3,)", TASK_AUTO, {[6] = 240, [7] = 63, [15] = 64}, 24, 3, 0}, /* 1, 2, 0 */
        {"<f4", "(3,)", TASK_CLASSES, {[2] = 128, [3] = 63}, 12, 2, 0},
        {"<f8", "(3, 1)", TASK_VALUES, {[6] = 240, [7] = 63}, 24, 0, 1},
    };
    write_three_inputs();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_labels(cases[i].descr, cases[i].shape, cases[i].data, cases[i].size);
        assert_int_equal(
            npy_read(inputs, labels, cases[i].task, NULL, &dataset, &error), STATUS_OK);
        assert_int_equal(dataset.classes, cases[i].classes);
        assert_int_equal(dataset.outputs, cases[i].outputs);
        assert_true((dataset.labels != NULL) == (cases[i].classes > 0));
        assert_true((dataset.targets != NULL) == (cases[i].outputs > 0));
        dataset_clear(&dataset);
    }
    assert_int_equal(npy_read(inputs, labels, TASK_VALUES, NULL, &dataset, &error), STATUS_OK);
    assert_true(dataset.targets[0] == 1 && dataset.targets[1] == 0);
    dataset_clear(&dataset);
}

/* --- what must be refused ------------------------------------------------------------------ */

TEST(wrong_headers)
{
    static const struct {
        const char *header, *says;
    } cases[] = {
        {"{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }", "astype('<f4')"},
        {"{'descr': '<f2', 'fortran_order': False, 'shape': (1,), }", "type '<f2'"},
        {"{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }", "type '<c8'"},
        {"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", "type '|O'"},
        {"{'descr': '', 'fortran_order': False, 'shape': (1,), }", "type ''"},
        {"{'descr': '|f4', 'fortran_order': False, 'shape': (1,), }", "little-endian"},
        {"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", "wrong at byte"},
        {"{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }", "ascontiguousarray"},
        {"{'descr': '<f4', 'fortran_order': 0, 'shape': (1,), }", "wrong at byte"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (), }", "single number"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1), }", "wrong at byte"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (0,), }", "no samples"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (4, 0), }", "no features"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", "wrong at byte"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,,), }", "wrong at byte"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }", "wrong"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2147483648), }", "2,147,483,647"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 65536, 65536), }", "2,147,483,647"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (9223372036854775807, 3), }",
            "machine"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (2305843009213693951,), }", "machine"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", "declares"},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }", "declares"},
        {"{'descr': '<f4', 'fortran_order': False}", "wrong at byte"},
        {"{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", "wrong"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'more': 1}", "wrong at byte"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,), } x", "wrong at byte"},
        {"{'descr': '<f4' 'fortran_order': False, 'shape': (1,), }", "wrong at byte"},
        {"{", "wrong at byte"},
        {"", "wrong at byte"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_array(inputs, "x.npy", cases[i].header, "\0\0\200\77", 4);
        memory_inject_failure(1); /* no memory may be asked for before the header is believed */
        enum status status = npy_read(inputs, NULL, TASK_NONE, NULL, &dataset, &error);
        memory_inject_failure(0);
        assert_refused(status, STATUS_BAD_DATA, cases[i].says);
    }
}

TEST(wrong_beginnings)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *says;
    } cases[] = {
        {"", 0, "not an NPY file"},
        {"\x93NUMP", 5, "not an NPY file"},
        {"\x93NUMPY", 6, "not an NPY file"},
        {"PK\3\4\0\0\0\0", 8, ".npz"},
        {"\x93NUMPY\4\0\0\0", 10, "version 4.0"},
        {"\x93NUMPY\0\0\0\0", 10, "version 0.0"},
        {"\x93NUMPY\1\1\0\0", 10, "version 1.1"},
        {"\x93NUMPY\1\0\1", 9, "within its header"},
        {"\x93NUMPY\1\0\1\0", 10, "within its header"},
        {"\x93NUMPY\2\0\377\377\377\377", 12, "within its header"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        idx_files_write(inputs, "x.npy", cases[i].bytes, cases[i].size);
        assert_refused(npy_read(inputs, NULL, TASK_NONE, NULL, &dataset, &error), STATUS_BAD_DATA,
            cases[i].says);
    }
}

TEST(wrong_labels)
{
    static const struct {
        const char *descr, *shape;
        enum task task;
        unsigned char data[24];
        size_t size;
        const char *says;
    } cases[] = {
        {"|u1", "(2,)", TASK_AUTO, {0}, 2, "has 3 samples, but"},
        {"|i1", "(3,)", TASK_AUTO, {0, 0, 255}, 3, "label of sample 2 (from 0) is -1"},
        {"<u8", "(3,)", TASK_AUTO, {[15] = 1}, 24, "sample 1 (from 0) is 72057594037927936"},
        {"<u4", "(3,)", TASK_AUTO, {[1] = 8}, 12, "sample 0 (from 0) is 2048, which implies 2049"},
        {"|u1", "(3, 2)", TASK_CLASSES, {0}, 6, "2 numbers per sample"},
        {"|u1", "(3, 2, 1)", TASK_VALUES, {0}, 6, "3 dimensions"},
        {"<f4", "(3,)", TASK_CLASSES, {[6] = 0, [7] = 63}, 12, "sample 1 (from 0) is 0.5"},
        {"<f4", "(3,)", TASK_CLASSES, {[10] = 192, [11] = 127}, 12, "sample 2 (from 0) is nan"},
        {"<f4", "(3, 2)", TASK_AUTO, {[22] = 192, [23] = 127}, 24,
            "target 1 of sample 2 (both from 0) is nan"},
        {"<f8", "(3,)", TASK_AUTO, {[14] = 239, [15] = 127}, 24,
            "target 0 of sample 1 (both from 0) is inf as float32"},
    };
    write_three_inputs();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_labels(cases[i].descr, cases[i].shape, cases[i].data, cases[i].size);
        assert_refused(npy_read(inputs, labels, cases[i].task, NULL, &dataset, &error),
            STATUS_BAD_DATA, cases[i].says);
    }
}

TEST(inputs_that_are_not_finite)
{
    unsigned char data[24] = {[22] = 128, [23] = 255};
    char header[200];
    header_of(header, "<f4", "(3, 2)");
    write_array(inputs, "x.npy", header, data, sizeof data);
    assert_refused(npy_read(inputs, NULL, TASK_NONE, NULL, &dataset, &error), STATUS_BAD_DATA,
        "feature 1 of sample 2 (both from 0) is -inf");
}

TEST(files_that_are_not_there)
{
    assert_refused(npy_read("/nonexistent/x.npy", NULL, TASK_NONE, NULL, &dataset, &error),
        STATUS_NO_INPUT, "cannot open /nonexistent/x.npy: No such file");
    assert_refused(npy_read(".", NULL, TASK_NONE, NULL, &dataset, &error), STATUS_NO_INPUT,
        "not a regular file");
    write_three_inputs();
    assert_refused(npy_read(inputs, "/nonexistent/y.npy", TASK_AUTO, NULL, &dataset, &error),
        STATUS_NO_INPUT, "cannot open /nonexistent/y.npy");
}

TEST(no_memory)
{
    write_three_inputs();
    for (int task = TASK_AUTO; task <= TASK_VALUES; task++) {
        write_labels("|u1", "(3,)", "\0\1\2", 3);
        memory_inject_failure(1);
        enum status status = npy_read(inputs, labels, (enum task)task, NULL, &dataset, &error);
        memory_inject_failure(0);
        assert_refused(status, STATUS_NO_RESOURCE, "y.npy");
    }
}

/* Whatever is done to a file, it is read or refused. */
static void attempt(void *context, const unsigned char *bytes, size_t size)
{
    bool as_labels = *(bool *)context;
    char path[IDX_FILES_PATH];
    idx_files_write(path, "damaged.npy", bytes, size);
    enum status status = as_labels ? npy_read(inputs, path, TASK_AUTO, NULL, &dataset, &error)
                                   : npy_read(path, NULL, TASK_NONE, NULL, &dataset, &error);
    if (status != STATUS_OK && status != STATUS_BAD_DATA)
        fail_msg("status %d: %s", status, error.text);
    if (status == STATUS_OK)
        dataset_fingerprint(&dataset); /* reads all of it */
    dataset_clear(&dataset);
}

TEST(every_damage)
{
    unsigned char file[IDX_FILES_BYTES];
    char header[200];
    const float data[] = {1, 2, 3};
    bool as_labels = false;
    header_of(header, "<f4", "(3,)");
    size_t size = compose(file, 1, header, 3, data, sizeof data);
    write_three_inputs();
    assert_true(damage_everywhere(file, size, attempt, &as_labels) > 2000);
    as_labels = true;
    header_of(header, "|u1", "(3,)");
    size = compose(file, 2, header, 0, "\0\1\2", 3);
    assert_true(damage_everywhere(file, size, attempt, &as_labels) > 2000);
}

int main(void)
{
    return unit_run(own_directory_enter, end);
}
