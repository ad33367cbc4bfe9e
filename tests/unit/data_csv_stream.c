/* csv_stream.c: a table as it comes is the table as it lies, however few lines are taken at a time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/formats/csv.h"
#include "support/unit.h"

static const char *const wanted[] = {"a", "b"};
static const struct source_request plain = {.task = TASK_NONE, .threads = 1};

/* Reads all of a text, `most` lines at a time, into values [room]. Returns the samples; a failure's
 * message goes to error. */
static int64_t read_stream(const char *text, const struct source_request *options, int64_t most,
    float *values, int64_t *features, struct error *error)
{
    struct csv_stream *stream;
    int64_t samples = 0, n = 1;
    FILE *file = tmpfile();
    assert_non_null(file);
    fputs(text, file);
    rewind(file);
    *error = (struct error){0};
    assert_int_equal(csv_stream_open(&stream, file, "stream", options, error), STATUS_OK);
    while (n > 0) {
        struct dataset part;
        enum status status = csv_stream_next(stream, most, &part, error);
        n = status ? 0 : part.samples;
        assert_true(n <= most);
        assert_true(!status || !part.values);
        if (n > 0) {
            *features = part.features;
            memcpy(values + samples * part.features, part.values,
                (size_t)(n * part.features) * sizeof *values);
        }
        samples += n;
        dataset_clear(&part);
    }
    csv_stream_close(stream);
    fclose(file);
    return samples;
}

TEST(as_in_one_piece)
{
    static const char *const texts[] = {"a,b\n1,2\n3,4\n5,6\n", "1,2\n3,4\n5,6", "a\tb\r\n1\t2\r\n",
        "\xef\xbb\xbf\"a\",\"b\"\n\"1\",2\n3,4\n\n\n", "7;8\n9;10\n11;12\n13;14\n\r\n"};
    for (size_t t = 0; t < sizeof texts / sizeof texts[0]; t++)
        for (int64_t most = 2; most <= 6; most++) {
            struct dataset whole;
            struct error error;
            float values[64];
            int64_t features = 0;
            if (csv_parse("whole", texts[t], strlen(texts[t]), &plain, &whole, &error))
                fail_msg("%s", error.text);
            int64_t samples = read_stream(texts[t], &plain, most, values, &features, &error);
            assert_int_equal(error.status, STATUS_OK);
            assert_int_equal(samples, whole.samples);
            assert_int_equal(features, whole.features);
            assert_memory_equal(
                values, whole.values, (size_t)(samples * features) * sizeof *values);
            dataset_clear(&whole);
        }
}

/* The line in the message counts from the beginning of the stream. */
TEST(a_wrong_line)
{
    static const struct {
        const char *text, *says;
        int64_t before;
    } row[] = {{"a,b\n1,2\n3,4\n5\n", "stream, line 4 ", 2}, {"1,2\n3,4\n5,x\n", "line 3", 2},
        {"1,2\n\n3,4\n", "line 2", 0}, {"1,2\n3,4\n5,6\n\n\n7,8\n", "line 4", 2}, {"", "empty", 0},
        {"a,b\n", "no samples", 0}, {"1,2\n3,x\n", "line 2", 0}};
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        float values[64];
        int64_t features;
        struct error error;
        int64_t samples = read_stream(row[i].text, &plain, 2, values, &features, &error);
        if (error.status != STATUS_BAD_DATA || !strstr(error.text, row[i].says))
            fail_msg("%s: %d: %s", row[i].text, (int)error.status, error.text);
        assert_true(samples <= row[i].before);
    }
}

/* Wanted columns, in any order, wherever others stand; none of them may be missing. */
TEST(columns_by_name)
{
    struct source_request options = plain;
    float values[64];
    int64_t features = 0;
    struct error error;
    options.feature_name = (char *const *)(uintptr_t)wanted;
    options.features = 2;
    const char *more = "id,a,word,b,z\n1,2,x,3,4\n5,6,y,7,8\n9,10,,11,12\n";
    assert_int_equal(read_stream(more, &options, 2, values, &features, &error), 3);
    assert_int_equal(features, 2);
    assert_memory_equal(values, ((float[]){2, 3, 6, 7, 10, 11}), 6 * sizeof *values);
    assert_int_equal(
        read_stream("b,a\n1,2\n3,4\n5,6\n", &options, 2, values, &features, &error), 3);
    assert_memory_equal(values, ((float[]){2, 1, 4, 3, 6, 5}), 6 * sizeof *values);
    assert_int_equal(
        read_stream("a,many,other\n1,2,3\n", &options, 2, values, &features, &error), 0);
    assert_int_equal(error.status, STATUS_BAD_DATA);
    assert_string_equal(error.text, "stream has no column \"b\", which is an input in the training "
                                    "data; add it, or correct the header");
    assert_int_equal(read_stream("1,2,3\n", &options, 2, values, &features, &error), 1);
    assert_int_equal(features, 3); /* no header: whose names should they be? */
}

/* From a pipe, samples come as soon as their lines do. */
TEST(as_it_comes)
{
    int ends[2];
    struct csv_stream *stream;
    struct dataset part;
    struct error error;
    assert_int_equal(pipe(ends), 0);
    FILE *file = fdopen(ends[0], "r");
    assert_non_null(file);
    assert_int_equal(csv_stream_open(&stream, file, "pipe", &plain, &error), STATUS_OK);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(write(ends[1], "1,2\n3,4\n", 8), 8);
        assert_int_equal(csv_stream_next(stream, 2, &part, &error), STATUS_OK);
        assert_int_equal(part.samples, 2);
        dataset_clear(&part);
    }
    close(ends[1]);
    assert_int_equal(csv_stream_next(stream, 2, &part, &error), STATUS_OK);
    assert_int_equal(part.samples, 0);
    csv_stream_close(stream);
    fclose(file);
}
