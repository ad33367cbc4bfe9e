#include "data/formats/idx.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "support/damage.h"
#include "support/idx_files.h"
#include "support/own_directory.h"
#include "support/unit.h"

static struct error error;

/* Writes the bytes as `name` and reads them with the labels 0, 1, 2. */
static enum status read_images(
    struct dataset *dataset, const char *name, const void *bytes, size_t size)
{
    unsigned char file[IDX_FILES_BYTES];
    char images[IDX_FILES_PATH], labels[IDX_FILES_PATH];
    idx_files_write(labels, "labels", file,
        idx_files_compose(file, 0x08, 1, (uint32_t[]){3}, (unsigned char[]){0, 1, 2}, 3));
    idx_files_write_raw(images, name, bytes, size);
    return idx_read(images, labels, TASK_AUTO, NULL, dataset, &error);
}

/* Writes three images of one feature and these labels, and reads them. */
static enum status read_labels(struct dataset *dataset, const void *bytes, size_t size)
{
    unsigned char file[IDX_FILES_BYTES];
    char images[IDX_FILES_PATH], labels[IDX_FILES_PATH];
    idx_files_write(images, "images", file,
        idx_files_compose(file, 0x08, 1, (uint32_t[]){3}, (unsigned char[]){7, 8, 9}, 3));
    idx_files_write_raw(labels, "labels", bytes, size);
    return idx_read(images, labels, TASK_AUTO, NULL, dataset, &error);
}

static void assert_refused(
    enum status status, enum status wanted, const struct dataset *dataset, const char *says)
{
    if (status != wanted || !strstr(error.text, says))
        fail_msg("status %d \"%s\"; wanted %d \"... %s ...\"", status, error.text, wanted, says);
    assert_null(dataset->values);
    assert_null(dataset->labels);
    assert_null(dataset->targets);
    assert_int_equal(dataset->samples, 0);
}

/* --- what can be read ---------------------------------------------------------------------- */

struct typed {
    int type, size;
    unsigned char data[3 * 8];
    float want[3];
};

/* The encodings are written out by hand, from the format's description. */
static const struct typed typed[] = {
    {0x08, 1, {0, 128, 255}, {0, 128, 255}},
    {0x09, 1, {0, 0x80, 0xff}, {0, -128, -1}},
    {0x0b, 2, {0x80, 0, 0xff, 0xfe, 0x12, 0x34}, {-32768, -2, 0x1234}},
    {0x0c, 4, {0x80, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x01, 0, 0, 0x01},
        {-0x1p31F, -1, 0x1p24F}}, /* 2^24 + 1, rounded to even */
    {0x0d, 4, {0x3f, 0xc0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 1}, {1.5F, -2, 0x1p-149F}},
    {0x0e, 8,
        {0x3f, 0xf8, 0, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0x3f, 0xd5, 0x55, 0x55, 0x55,
            0x55, 0x55, 0x55},
        {1.5F, -2, 1 / 3.0F}},
};
enum { N_TYPED = sizeof typed / sizeof *typed };

TEST(every_type_plain_and_gzipped)
{
    for (int t = 0; t < N_TYPED; t++)
        for (int gzipped = 0; gzipped < 2; gzipped++) {
            unsigned char file[IDX_FILES_BYTES];
            char path[IDX_FILES_PATH];
            struct dataset dataset;
            size_t size = idx_files_compose(file, typed[t].type, 3, (uint32_t[]){3, 1, 1},
                typed[t].data, 3 * (size_t)typed[t].size);
            if (gzipped) {
                idx_files_write(path, "images.gz", file, size);
                size = idx_files_read_raw(path, file);
            }
            assert_int_equal(read_images(&dataset, "images", file, size), STATUS_OK);
            assert_int_equal(dataset.samples, 3);
            assert_int_equal(dataset.features, 1);
            assert_int_equal(dataset.classes, 3);
            assert_int_equal(dataset.type, t == 0 ? VALUE_U8 : VALUE_F32);
            if (t == 0)
                assert_memory_equal(dataset.values, typed[0].data, 3);
            else
                assert_compare(compare_bits(dataset.values, typed[t].want, 3, why));
            dataset_clear(&dataset);
        }
}

/* More data than one block and one chunk of the reader: 3 x 30,000 numbers of 4 bytes. */
TEST(many_blocks)
{
    enum { FEATURES = 30000 };
    static unsigned char file[16 + 12 * FEATURES];
    const uint32_t dimension[] = {3, 100, FEATURES / 100};
    char path[IDX_FILES_PATH], labels[IDX_FILES_PATH];
    size_t header = idx_files_compose(file, 0x0c, 3, dimension, NULL, 0);
    for (int i = 0; i < 3 * FEATURES; i++)
        for (int byte = 0; byte < 4; byte++)
            file[header + 4 * (size_t)i + (size_t)byte] = (unsigned char)(i * 7 >> (24 - 8 * byte));
    for (int gzipped = 0; gzipped < 2; gzipped++) {
        struct dataset dataset;
        unsigned char small[IDX_FILES_BYTES];
        idx_files_write(labels, "labels.gz", small,
            idx_files_compose(small, 0x08, 1, dimension, (unsigned char[]){0, 1, 1}, 3));
        idx_files_write(path, gzipped ? "images.gz" : "images", file, header + 12 * FEATURES);
        assert_int_equal(idx_read(path, labels, TASK_AUTO, NULL, &dataset, &error), STATUS_OK);
        assert_int_equal(dataset.features, FEATURES);
        for (int i = 0; i < 3 * FEATURES; i++)
            assert_true(((float *)dataset.values)[i] == (float)(i * 7));
        dataset_clear(&dataset);
    }
}

TEST(classes_and_targets)
{
    unsigned char file[IDX_FILES_BYTES];
    struct dataset dataset;
    const unsigned char ints[] = {0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 9}, zeros[3] = {0};
    size_t size = idx_files_compose(file, 0x0c, 1, (uint32_t[]){3}, ints, 12);
    assert_int_equal(read_labels(&dataset, file, size), STATUS_OK);
    assert_int_equal(dataset.classes, 257);
    assert_int_equal(dataset.labels[1], 256);
    assert_int_equal(dataset.labels[2], 9);
    dataset_clear(&dataset);

    size = idx_files_compose(file, 0x08, 1, (uint32_t[]){3}, zeros, 3);
    assert_int_equal(read_labels(&dataset, file, size), STATUS_OK);
    assert_int_equal(dataset.classes, 2); /* at least */
    dataset_clear(&dataset);

    const unsigned char floats[24] = {0x3f, 0x80, 0, 0, 0xbf, 0x80};
    for (uint32_t outputs = 1; outputs <= 2; outputs++) {
        size = idx_files_compose(
            file, 0x0d, (int)outputs, (uint32_t[]){3, 2}, floats, 12 * (size_t)outputs);
        assert_int_equal(read_labels(&dataset, file, size), STATUS_OK);
        assert_int_equal(dataset.classes, 0);
        assert_null(dataset.labels);
        assert_int_equal(dataset.outputs, outputs);
        assert_true(dataset.targets[0] == 1 && dataset.targets[1] == -1);
        dataset_clear(&dataset);
    }
}

/* --- what must be refused ------------------------------------------------------------------ */

TEST(every_wrong_length)
{
    unsigned char file[IDX_FILES_BYTES] = {0}, packed[IDX_FILES_BYTES];
    char path[IDX_FILES_PATH];
    struct dataset dataset;
    size_t size = idx_files_compose(
        file, 0x08, 2, (uint32_t[]){3, 2}, (unsigned char[]){1, 2, 3, 4, 5, 6}, 6);
    for (size_t length = 0; length <= size + 3; length++) {
        if (length != size)
            assert_refused(read_images(&dataset, "images", file, length), STATUS_BAD_DATA, &dataset,
                length < 12 ? "too early" : "its header declares 18");
        idx_files_write(path, "inside.gz", file, length);
        size_t packed_size = idx_files_read_raw(path, packed);
        if (length != size)
            assert_refused(read_images(&dataset, "images", packed, packed_size), STATUS_BAD_DATA,
                &dataset, length < size ? "too early" : "continues after");
    }
}

/* Cut anywhere, also in its checksum, or with any one bit behind its header changed. Only the bits
 * that pad deflate's last byte, at most 7 before the trailer of 8 bytes, mean nothing. */
TEST(every_damage_to_gzip)
{
    unsigned char file[IDX_FILES_BYTES], packed[IDX_FILES_BYTES];
    char path[IDX_FILES_PATH];
    struct dataset dataset;
    size_t size = idx_files_compose(
        file, 0x08, 2, (uint32_t[]){3, 2}, (unsigned char[]){1, 2, 3, 4, 5, 6}, 6);
    idx_files_write(path, "inside.gz", file, size);
    size_t packed_size = idx_files_read_raw(path, packed);
    assert_int_equal(read_images(&dataset, "images", packed, packed_size), STATUS_OK);
    dataset_clear(&dataset);

    for (size_t length = 2; length < packed_size; length++)
        assert_refused(read_images(&dataset, "images", packed, length), STATUS_BAD_DATA, &dataset,
            "images is a truncated gzip file");
    int harmless = 0;
    for (size_t i = 10; i < packed_size; i++)
        for (int bit = 0; bit < 8; bit++) {
            packed[i] ^= (unsigned char)(1 << bit);
            enum status status = read_images(&dataset, "images", packed, packed_size);
            packed[i] ^= (unsigned char)(1 << bit);
            if (status == STATUS_OK && i == packed_size - 9)
                harmless++;
            else
                assert_refused(status, STATUS_BAD_DATA, &dataset, "images");
            dataset_clear(&dataset);
        }
    assert_in_range(harmless, 0, 7);
}

TEST(wrong_headers)
{
    static const struct {
        unsigned char bytes[40];
        size_t size;
        const char *says;
    } cases[] = {
        {{0, 0, 0x0a, 1, 0, 0, 0, 3, 1, 2, 3}, 11, "begins 00 00 0a 01"},
        {{0, 1, 8, 1, 0, 0, 0, 3, 1, 2, 3}, 11, "not an IDX file"},
        {{'P', 'N', 'G', '1'}, 11, "begins 50 4e 47 31"},
        {{0, 0, 8, 0, 1, 2, 3}, 7, "not an IDX file"},
        {{0, 0, 8, 9}, 40, "begins 00 00 08 09"},
        {{0, 0, 8, 1, 0, 0, 0, 0}, 8, "no samples"},
        {{0, 0, 8, 2, 0, 0, 0, 3, 0, 0, 0, 0}, 12, "no features"},
        {{0, 0, 8, 2, 0, 0, 0, 3, 0x80, 0, 0, 0}, 12, "2,147,483,647 numbers per sample"},
        {{0, 0, 8, 3, 0, 0, 0, 3, 0, 1, 0, 0, 0, 1, 0, 0}, 16, "2,147,483,647"},
        {{0, 0, 8, 2, 0xff, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff}, 12, "has 12 bytes"},
        {{0, 0, 14, 2, 0xff, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff}, 12, "any machine"},
        {{0, 0, 8, 1, 0, 0, 0, 4, 1, 2, 3, 4}, 12, "has 4 samples, but"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct dataset dataset;
        memory_inject_failure(1); /* no memory may be asked for before the header is believed */
        enum status status = read_images(&dataset, "images", cases[i].bytes, cases[i].size);
        memory_inject_failure(0);
        assert_refused(status, STATUS_BAD_DATA, &dataset, cases[i].says);
    }
}

/* 2 GiB announced by a file of some 40 bytes: refused before memory is taken. */
TEST(gzip_bomb_header)
{
    unsigned char file[IDX_FILES_BYTES];
    char path[IDX_FILES_PATH];
    struct dataset dataset;
    idx_files_write(path, "bomb.gz", file,
        idx_files_compose(file, 0x08, 2, (uint32_t[]){3, 0x2aaaaaaa}, NULL, 0));
    size_t size = idx_files_read_raw(path, file);
    memory_inject_failure(1);
    enum status status = read_images(&dataset, "images", file, size);
    memory_inject_failure(0);
    assert_refused(status, STATUS_BAD_DATA, &dataset, "compressed bytes can hold");
}

TEST(wrong_labels)
{
    static const struct {
        int type, n_dimensions;
        unsigned char data[24];
        size_t size;
        const char *says;
    } cases[] = {
        {0x09, 1, {1, 2, 0xff}, 3, "label of sample 2 (from 0) is -1"},
        {0x0b, 1, {0, 1, 0x80, 0, 0, 0}, 6, "label of sample 1 (from 0) is -32768"},
        {0x08, 2, {0, 1, 2, 0, 1, 2}, 6, "class labels have at most 1"},
        {0x0d, 3, {0}, 24, "regression targets have at most 2"},
        {0x0d, 2, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 0xc0}, 24,
            "target 1 of sample 1 (both from 0) is nan"},
        {0x0e, 1, {0x7f, 0xef}, 24, "target 0 of sample 0 (both from 0) is inf as float32"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned char file[IDX_FILES_BYTES];
        struct dataset dataset;
        size_t size = idx_files_compose(file, cases[i].type, cases[i].n_dimensions,
            (uint32_t[]){3, 2, 1}, cases[i].data, cases[i].size);
        assert_refused(read_labels(&dataset, file, size), STATUS_BAD_DATA, &dataset, cases[i].says);
    }
}

TEST(inputs_that_are_not_finite)
{
    unsigned char file[IDX_FILES_BYTES];
    struct dataset dataset;
    unsigned char data[24] = {0};
    data[20] = 0xff; /* -inf, the last of 3 x 2 */
    data[21] = 0x80;
    size_t size = idx_files_compose(file, 0x0d, 2, (uint32_t[]){3, 2}, data, 24);
    assert_refused(read_images(&dataset, "images", file, size), STATUS_BAD_DATA, &dataset,
        "feature 1 of sample 2 (both from 0) is -inf");
}

TEST(labels_as_the_task_wants_them)
{
    static const struct {
        int type;
        unsigned char data[12];
        size_t size;
        enum task task;
        enum status status;
        int classes, outputs;
    } cases[] = {
        {0x08, {0, 2, 1}, 3, TASK_CLASSES, STATUS_OK, 3, 0},
        {0x08, {0, 2, 1}, 3, TASK_VALUES, STATUS_OK, 0, 1},
        {0x08, {0, 2, 1}, 3, TASK_NONE, STATUS_OK, 0, 0},
        {0x0d, {0x3f, 0x80}, 12, TASK_CLASSES, STATUS_OK, 2, 0},
        {0x0d, {0x3f, 0}, 12, TASK_CLASSES, STATUS_BAD_DATA, 0, 0},
        {0x0d, {0x3f, 0}, 12, TASK_AUTO, STATUS_OK, 0, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned char file[IDX_FILES_BYTES];
        char images[IDX_FILES_PATH], labels[IDX_FILES_PATH];
        struct dataset dataset;
        idx_files_write(images, "images", file,
            idx_files_compose(file, 0x08, 1, (uint32_t[]){3}, (unsigned char[]){7, 8, 9}, 3));
        idx_files_write(labels, "labels", file,
            idx_files_compose(
                file, cases[i].type, 1, (uint32_t[]){3}, cases[i].data, cases[i].size));
        assert_int_equal(
            idx_read(images, labels, cases[i].task, NULL, &dataset, &error), cases[i].status);
        assert_int_equal(dataset.classes, cases[i].classes);
        assert_int_equal(dataset.outputs, cases[i].outputs);
        dataset_clear(&dataset);
    }
}

/* Whatever is done to a file, it is read or refused. */
static void attempt_images(void *context, const unsigned char *bytes, size_t size)
{
    (void)context;
    struct dataset dataset;
    enum status status = read_images(&dataset, "images", bytes, size);
    assert_true(status == STATUS_OK || status == STATUS_BAD_DATA);
    dataset_clear(&dataset);
}

static void attempt_labels(void *context, const unsigned char *bytes, size_t size)
{
    (void)context;
    struct dataset dataset;
    enum status status = read_labels(&dataset, bytes, size);
    assert_true(status == STATUS_OK || status == STATUS_BAD_DATA);
    dataset_clear(&dataset);
}

TEST(every_damage)
{
    unsigned char file[IDX_FILES_BYTES];
    const unsigned char data[24] = {0x3f, 0x80, 0, 0, 0, 0, 0, 1};
    size_t size = idx_files_compose(file, 0x0d, 2, (uint32_t[]){3, 2}, data, 24);
    assert_true(damage_everywhere(file, size, attempt_images, NULL) > 1000);
    size = idx_files_compose(file, 0x08, 1, (uint32_t[]){3}, data, 3);
    assert_true(damage_everywhere(file, size, attempt_labels, NULL) > 300);
}

TEST(files_that_are_not_there)
{
    struct dataset dataset;
    assert_refused(
        idx_read("/nonexistent/images", "/nonexistent/labels", TASK_AUTO, NULL, &dataset, &error),
        STATUS_NO_INPUT, &dataset, "cannot open /nonexistent/images: No such file");
    assert_refused(idx_read(".", ".", TASK_AUTO, NULL, &dataset, &error), STATUS_NO_INPUT, &dataset,
        "not a regular file");
}

TEST(no_memory)
{
    unsigned char file[IDX_FILES_BYTES];
    struct dataset dataset;
    size_t size = idx_files_compose(file, 0x0d, 1, (uint32_t[]){3}, typed[4].data, 12);
    for (int nth = 1; nth <= 3; nth++) {
        memory_inject_failure(nth);
        enum status status = read_images(&dataset, "images", file, size);
        memory_inject_failure(0);
        assert_refused(status, STATUS_NO_RESOURCE, &dataset, nth <= 2 ? "labels" : "images");
    }
}

int main(void)
{
    return unit_run(own_directory_enter, own_directory_leave);
}
