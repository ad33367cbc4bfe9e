/* predictions.c, output.c: answers as CSV and NPY, byte by byte, and files that appear whole. */
#include "report/predictions.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/names.h"
#include "support/idx_files.h"
#include "support/own_directory.h"
#include "support/unit.h"

static const char path[] = "answers";

static struct model model_of(enum loss_kind loss, int64_t outputs)
{
    struct model model = {.criterion = {.kind = loss}};
    struct error error;
    assert_int_equal(mlp_init(&model.mlp, 1, NULL, 0, outputs, &error), STATUS_OK);
    return model;
}

static char *const ids[] = {(char[]){"a,b"}, (char[]){"2"}};
static const char *id_name;
static double threshold = -1;

struct content {
    char text[2000];
    size_t size;
};

/* What is written of two rows of outputs z. */
static struct content written(const struct model *model, enum prediction_output output,
    enum prediction_format format, const float *z)
{
    struct predictions predictions;
    struct output to;
    struct content content = {.size = 0};
    struct error error;
    float rows[2 * 8];
    if (predictions_init(&predictions, model, loss_of(LEVEL_BASE), output, format, &error))
        fail_msg("%s", error.text);
    predictions.id_name = id_name;
    if (threshold >= 0)
        assert_int_equal(predictions_set_threshold(&predictions, threshold, &error), STATUS_OK);
    for (int r = 0; r < 2; r++)
        predictions_row(&predictions, z + r * predictions.outputs, rows + r * predictions.width);
    assert_int_equal(output_open(&to, path, &error), STATUS_OK);
    assert_int_equal(predictions_begin(&predictions, &to, 2, &error), STATUS_OK);
    assert_int_equal(predictions_write(&predictions, &to, rows, ids, 2, &error), STATUS_OK);
    assert_int_not_equal(access(path, F_OK), 0); /* not before it is whole */
    assert_int_equal(output_end(&to, STATUS_OK, &error), STATUS_OK);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    content.size = fread(content.text, 1, sizeof content.text - 1, file);
    fclose(file);
    unlink(path);
    return content;
}

static void assert_text(
    const struct model *model, enum prediction_output output, const float *z, const char *want)
{
    struct content got = written(model, output, PREDICT_CSV, z);
    assert_string_equal(got.text, want);
}

/* --- CSV ----------------------------------------------------------------------------------- */

TEST(classes)
{
    static const float z[] = {0, 0, 1, -1, 1, 1};
    static const char text[] = "a\0say \"b\", c\0\xc3\xa9";
    struct model model = model_of(LOSS_CROSS_ENTROPY, 3);
    struct error error;
    assert_text(&model, PREDICT_CLASSES, z, "class\n2\n1\n");
    assert_text(&model, PREDICT_LOGITS, z, "0,1,2\n0,0,1\n-1,1,1\n");
    assert_text(&model, PREDICT_AUTO, z,
        "class,0,1,2\n2,0.21194156,0.21194156,0.57611686\n1,0.06337893,0.4683105,0.4683105\n");
    assert_int_equal(
        names_make(&model.output_name, 3, text, sizeof text, "names", &error), STATUS_OK);
    assert_text(&model, PREDICT_CLASSES, z, "class\n\xc3\xa9\n\"say \"\"b\"\", c\"\n");
    assert_text(&model, PREDICT_PROBABILITIES, z,
        "a,\"say \"\"b\"\", c\",\xc3\xa9\n0.21194156,0.21194156,0.57611686\n"
        "0.06337893,0.4683105,0.4683105\n");
    free(model.output_name);
}

TEST(labels)
{
    static const float z[] = {0, 200, -200, 1e-30F};
    struct model model = model_of(LOSS_BCE, 2);
    assert_text(&model, PREDICT_AUTO, z, "y0,y1\n0.5,1\n0,0.5\n");
    assert_text(&model, PREDICT_CLASSES, z, "y0,y1\n0,1\n0,1\n");
    assert_text(&model, PREDICT_LOGITS, z, "y0,y1\n0,200\n-200,1e-30\n");
}

TEST(ids_and_thresholds)
{
    static const float z[] = {1, 0.5F, 1, 1};
    struct model model = model_of(LOSS_CROSS_ENTROPY, 2);
    id_name = "name";
    assert_text(&model, PREDICT_CLASSES, z, "name,class\n\"a,b\",0\n2,0\n");
    threshold = 0.4;
    assert_text(&model, PREDICT_CLASSES, z, "name,class\n\"a,b\",0\n2,1\n");
    threshold = 0.375;
    assert_text(
        &model, PREDICT_AUTO, z, "name,class,0,1\n\"a,b\",1,0.62245935,0.37754068\n2,1,0.5,0.5\n");
    model = model_of(LOSS_BCE, 2);
    threshold = 0.7;
    assert_text(&model, PREDICT_CLASSES, z, "name,y0,y1\n\"a,b\",1,0\n2,1,1\n");
    threshold = -1;
    id_name = NULL;
}

/* In the targets' units: y = z / factor + shift, and the shift where the factor is 0. */
TEST(values)
{
    static const float z[] = {1, -2, 3, 0.5F};
    static float shift[] = {10, 0.1F}, factor[] = {0.5F, 0};
    struct model model = model_of(LOSS_HUBER, 2);
    assert_text(&model, PREDICT_AUTO, z, "y0,y1\n1,-2\n3,0.5\n");
    model.target = (struct scale){SCALE_STANDARD, 2, shift, factor};
    assert_text(&model, PREDICT_VALUES, z, "y0,y1\n12,0.1\n16,0.1\n");
}

TEST(what_a_model_has_not)
{
    struct model classes = model_of(LOSS_CROSS_ENTROPY, 2), values = model_of(LOSS_MAE, 1);
    struct predictions predictions;
    const struct loss *loss = loss_of(LEVEL_BASE);
    struct error error;
    assert_int_equal(
        predictions_init(&predictions, &classes, loss, PREDICT_VALUES, PREDICT_CSV, &error),
        STATUS_USAGE);
    assert_says(error.text, "--output values: the loss of this model is cross-entropy");
    for (int output = PREDICT_CLASSES; output <= PREDICT_LOGITS; output++)
        if (output != PREDICT_VALUES)
            assert_int_equal(predictions_init(&predictions, &values, loss,
                                 (enum prediction_output)output, PREDICT_NPY, &error),
                STATUS_USAGE);
    assert_int_equal(
        predictions_init(&predictions, &values, loss, PREDICT_AUTO, PREDICT_CSV, &error),
        STATUS_OK);
    assert_int_equal(predictions_set_threshold(&predictions, 0.5, &error), STATUS_USAGE);
    assert_says(error.text, "--threshold: this model has values");
    classes = model_of(LOSS_CROSS_ENTROPY, 3);
    assert_int_equal(
        predictions_init(&predictions, &classes, loss, PREDICT_AUTO, PREDICT_CSV, &error),
        STATUS_OK);
    assert_int_equal(predictions_set_threshold(&predictions, 0.5, &error), STATUS_USAGE);
}

/* --- NPY ----------------------------------------------------------------------------------- */

static void assert_npy(const struct content *got, const char *head, const void *data, size_t size)
{
    assert_memory_equal(got->text, "\x93NUMPY\x01\x00", 8);
    size_t length = (unsigned char)got->text[8] + 256U * (unsigned char)got->text[9];
    assert_int_equal((10 + length) % 64, 0);
    assert_int_equal(got->size, 10 + length + size);
    assert_memory_equal(got->text + 10, head, strlen(head));
    assert_int_equal(got->text[10 + length - 1], '\n');
    for (size_t i = 10 + strlen(head); i < 10 + length - 1; i++)
        assert_int_equal(got->text[i], ' ');
    assert_memory_equal(got->text + 10 + length, data, size);
}

TEST(npy)
{
    static const float z[] = {0, 0, 1, -1, 1, 1};
    static const int32_t class[] = {2, 1}, yes[] = {0, 0, 1, 0, 1, 1};
    struct model model = model_of(LOSS_CROSS_ENTROPY, 3);
    struct content got = written(&model, PREDICT_LOGITS, PREDICT_NPY, z);
    assert_npy(&got, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", z, sizeof z);
    got = written(&model, PREDICT_CLASSES, PREDICT_NPY, z);
    assert_npy(
        &got, "{'descr': '<i4', 'fortran_order': False, 'shape': (2,), }", class, sizeof class);
    got = written(&model, PREDICT_AUTO, PREDICT_NPY, z);
    assert_int_equal(got.size % 64, 24);
    model.criterion.kind = LOSS_BCE;
    got = written(&model, PREDICT_CLASSES, PREDICT_NPY, z);
    assert_npy(
        &got, "{'descr': '<i4', 'fortran_order': False, 'shape': (2, 3), }", yes, sizeof yes);
}

/* --- outputs ------------------------------------------------------------------------------- */

TEST(a_dropped_file_leaves_the_old_one)
{
    unsigned char bytes[IDX_FILES_BYTES];
    char old[IDX_FILES_PATH];
    struct output to;
    struct error error;
    idx_files_write_raw(old, "old", "before", 6);
    assert_int_equal(output_open(&to, old, &error), STATUS_OK);
    assert_int_equal(output_write(&to, "after", 5, &error), STATUS_OK);
    assert_int_equal(output_end(&to, STATUS_IO, &error), STATUS_IO);
    assert_int_equal(idx_files_read_raw(old, bytes), 6);
    assert_memory_equal(bytes, "before", 6);
    assert_int_not_equal(access(to.temporary, F_OK), 0);
    assert_int_equal(output_open(&to, "/nowhere/x", &error), STATUS_CANNOT_CREATE);
    assert_int_equal(output_open(&to, ".", &error), STATUS_OK);
    assert_int_equal(output_end(&to, STATUS_OK, &error), STATUS_IO); /* a directory is in the way */
    assert_int_not_equal(access(to.temporary, F_OK), 0);
}

TEST(a_full_disk)
{
    struct output to = {.name = "/dev/full", .directory = &directory_current, .descriptor = -1};
    struct error error;
    FILE *full = fopen("/dev/full", "w");
    if (!full)
        skip();
    to.descriptor = fileno(full);
    assert_int_equal(output_write(&to, "x", 1, &error), STATUS_IO);
    assert_says(error.text, "cannot write /dev/full: No space left");
    fclose(full);
}

int main(void)
{
    return unit_run(own_directory_enter, own_directory_leave);
}
