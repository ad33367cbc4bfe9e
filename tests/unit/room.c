/* room.h: every reader asks before it takes the memory for a set, with the set's true shape, and
 * goes no further when it is refused. Data larger than memory ended the process by a signal. */
#include "data/room.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "data/formats/csv.h"
#include "data/formats/idx.h"
#include "data/formats/npy.h"
#include "data/synthetic.h"
#include "support/unit.h"

static struct error error;
static struct dataset dataset;

/* What was asked, and what is refused. */
struct witness {
    struct room room;
    int sets, others;
    struct dataset set;   /* the last one */
    int64_t reader_bytes; /* the most */
    int64_t refused_from; /* reader bytes */
    bool refuses;         /* sets */
    char what[300];
};

static enum status ask(void *context, const struct dataset *set, int64_t reader_bytes,
    const char *what, struct error *refusal)
{
    static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;
    struct witness *witness = context;
    pthread_mutex_lock(&one);
    witness->sets += set != NULL;
    witness->others += set == NULL;
    if (set)
        witness->set = *set;
    if (reader_bytes > witness->reader_bytes)
        witness->reader_bytes = reader_bytes;
    snprintf(witness->what, sizeof witness->what, "%s", what);
    pthread_mutex_unlock(&one);
    bool refused = set ? witness->refuses : reader_bytes >= witness->refused_from;
    return refused ? (fail)(refusal, STATUS_NO_RESOURCE, "refused: %s", what) : STATUS_OK;
}

static void begin(struct witness *witness, bool refuses)
{
    *witness =
        (struct witness){.room = {ask, witness}, .refuses = refuses, .refused_from = INT64_MAX};
}

static void assert_set(const struct witness *witness, int64_t samples, int64_t features,
    enum value_type type, int64_t classes, int64_t outputs)
{
    assert_int_equal(witness->set.samples, samples);
    assert_int_equal(witness->set.features, features);
    assert_int_equal(witness->set.type, type);
    assert_int_equal(witness->set.classes, classes);
    assert_int_equal(witness->set.outputs, outputs);
}

static void assert_refused(enum status status, const struct witness *witness)
{
    assert_int_equal(status, STATUS_NO_RESOURCE);
    assert_says(error.text, "refused: ");
    assert_true(witness->sets + witness->others > 0);
    assert_null(dataset.values);
    assert_null(dataset.labels);
}

/* Nothing of this size could be taken. */
TEST(synthetic)
{
    struct witness witness;
    struct dataset test;
    begin(&witness, true);
    assert_refused(synthetic_make("samples=1000000000000000,features=100,classes=3,test=5",
                       &witness.room, &dataset, &test, &error),
        &witness);
    assert_set(&witness, INT64_C(1000000000000000), 100, VALUE_F32, 3, 0);
    begin(&witness, true);
    assert_refused(synthetic_make("samples=3,features=2147483647,targets=2147483647", &witness.room,
                       &dataset, &test, &error),
        &witness);
    assert_set(&witness, 3, 2147483647, VALUE_F32, 0, 2147483647);
    assert_true(witness.reader_bytes > INT64_C(1) << 62); /* the teacher */
    begin(&witness, false);
    assert_int_equal(
        synthetic_make("samples=10,test=5", &witness.room, &dataset, &test, &error), STATUS_OK);
    assert_int_equal(witness.sets, 2);
    assert_set(&witness, 5, 10, VALUE_F32, 2, 0);
    dataset_clear(&dataset);
    dataset_clear(&test);
}

static void put(const char *path, const void *bytes, size_t size, bool packed)
{
    gzFile file = gzopen(path, packed ? "wb" : "wbT");
    assert_non_null(file);
    assert_int_equal(gzwrite(file, bytes, (unsigned)size), size);
    assert_int_equal(gzclose(file), Z_OK);
}

/* A packed file of a few kilobytes that speaks of a gigabyte is refused by its header. */
TEST(idx)
{
    char images[] = "/tmp/lockstep-room-XXXXXX", labels[] = "/tmp/lockstep-room-XXXXXX";
    static unsigned char image_bytes[1 << 20] = {0, 0, 8, 3, 0, 0, 0, 2, 0, 1, 0, 0, 0, 0, 0, 8};
    const unsigned char label_bytes[] = {0, 0, 8, 1, 0, 0, 0, 2, 0, 1};
    struct witness witness;
    close(mkstemp(images));
    close(mkstemp(labels));
    put(images, image_bytes, sizeof image_bytes, true);
    put(labels, label_bytes, sizeof label_bytes, false);
    begin(&witness, true);
    assert_refused(idx_read(images, labels, TASK_AUTO, &witness.room, &dataset, &error), &witness);
    assert_set(&witness, 2, 8 << 16, VALUE_U8, 2, 0);
    assert_string_equal(witness.set.name, images);
    begin(&witness, true);
    assert_refused(idx_read(images, NULL, TASK_NONE, &witness.room, &dataset, &error), &witness);
    assert_set(&witness, 2, 8 << 16, VALUE_U8, 0, 0);
    begin(&witness, true);
    assert_refused(
        idx_read(images, labels, TASK_VALUES, &witness.room, &dataset, &error), &witness);
    assert_set(&witness, 2, 8 << 16, VALUE_U8, 0, 1);
    unlink(images);
    unlink(labels);
}

/* Inputs are mapped, which the path says; labels are not. */
TEST(npy)
{
    char path[] = "/tmp/lockstep-room-XXXXXX";
    char bytes[128 + 6 * 4] = "\x93NUMPY\x01\x00\x76";
    struct witness witness;
    memset(bytes + 10, ' ', 118);
    const char header[] = "{'descr': '<i4', 'fortran_order': False, 'shape': (6, 1), }";
    memcpy(bytes + 10, header, sizeof header - 1);
    bytes[9] = 0;
    bytes[127] = '\n';
    close(mkstemp(path));
    put(path, bytes, sizeof bytes, false);
    begin(&witness, false);
    assert_int_equal(npy_read(path, path, TASK_VALUES, &witness.room, &dataset, &error), STATUS_OK);
    assert_set(&witness, 6, 1, VALUE_I32, 0, 1);
    assert_string_equal(witness.set.path, path);
    dataset_clear(&dataset);
    begin(&witness, true);
    assert_refused(npy_read(path, path, TASK_AUTO, &witness.room, &dataset, &error), &witness);
    assert_set(&witness, 6, 1, VALUE_I32, 2, 0);
    begin(&witness, true);
    assert_refused(npy_read(path, NULL, TASK_NONE, &witness.room, &dataset, &error), &witness);
    unlink(path);
}

/* --- tables -------------------------------------------------------------------------------- */

static enum status parse(const char *text, struct witness *witness, enum task task, int threads)
{
    struct source_request options = {.task = task, .threads = threads, .room = &witness->room};
    return csv_parse("t.csv", text, strlen(text), &options, &dataset, &error);
}

TEST(table)
{
    struct witness witness;
    begin(&witness, true);
    assert_refused(parse("a,b,c\n1,2,x\n3,4,y\n5,6,x\n", &witness, TASK_AUTO, 1), &witness);
    assert_set(&witness, 3, 2, VALUE_F32, 2, 1);
    assert_string_equal(witness.what, "t.csv, 3 samples of 2 values");
    begin(&witness, true);
    assert_refused(parse("1,2,3\n", &witness, TASK_NONE, 1), &witness);
    assert_set(&witness, 1, 3, VALUE_F32, 0, 0);
    /* its first line alone can be larger than memory, when all is said of its columns */
    begin(&witness, false);
    witness.refused_from = 2 * 9;
    assert_refused(parse("1,2,3,4,5\n", &witness, TASK_AUTO, 1), &witness);
    assert_string_equal(witness.what, "t.csv, 5 columns");
    assert_int_equal(witness.sets, 0);
}

/* Where each label is another one, what is known of the labels outgrows the table: a table of three
 * columns took eight times its samples' memory without being asked. */
TEST(labels_grow)
{
    enum { ROWS = 20000, LINE = 16 };
    char *text = malloc(ROWS * LINE + 1), *at = text;
    struct witness witness;
    for (int i = 0; i < ROWS; i++)
        at += sprintf(at, "1,%d\n", i);
    for (int threads = 1; threads <= 4; threads += 3) {
        begin(&witness, false);
        parse(text, &witness, TASK_AUTO, threads);
        assert_true(witness.reader_bytes > ROWS * 32);
        dataset_clear(&dataset);
        begin(&witness, false);
        witness.refused_from = ROWS * 32;
        assert_refused(parse(text, &witness, TASK_AUTO, threads), &witness);
        assert_says(error.text, "different words in column 2");
        /* as targets they are not collected */
        begin(&witness, false);
        assert_int_equal(parse(text, &witness, TASK_VALUES, threads), STATUS_OK);
        assert_true(witness.reader_bytes < 1000);
        dataset_clear(&dataset);
    }
    free(text);
}

/* A line without end. */
TEST(stream)
{
    struct witness witness;
    struct source_request options = {.task = TASK_NONE, .threads = 1, .room = &witness.room};
    struct csv_stream *lines = NULL;
    FILE *file = fopen("/dev/zero", "r");
    begin(&witness, false);
    witness.refused_from = 1 << 20;
    assert_non_null(file);
    assert_int_equal(csv_stream_open(&lines, file, "zeros", &options, &error), STATUS_OK);
    assert_refused(csv_stream_next(lines, 10, &dataset, &error), &witness);
    assert_int_equal(witness.sets, 0);
    assert_true(witness.others < 40);
    csv_stream_close(lines);
    fclose(file);
}
