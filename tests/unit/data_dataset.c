#include "data/dataset.h"

#include <string.h>

#include "support/unit.h"

static struct error error;

static struct dataset bytes_with_labels(uint8_t values[6], int32_t labels[3])
{
    return (struct dataset){.name = "one",
        .samples = 3,
        .features = 2,
        .type = VALUE_U8,
        .values = values,
        .classes = 4,
        .labels = labels};
}

/* Each byte and each number of the shape moves the fingerprint. */
static void fingerprint_sees_everything(void **state)
{
    (void)state;
    uint8_t values[6] = {1, 2, 3, 4, 5, 6};
    int32_t labels[3] = {0, 3, 1};
    float targets[3] = {0, 0, 0};
    struct dataset dataset = bytes_with_labels(values, labels), other = dataset;
    uint64_t whole = dataset_fingerprint(&dataset);
    strcpy(other.name, "another");
    assert_int_equal(dataset_fingerprint(&other), whole); /* not where it came from */
    for (int i = 0; i < 6; i++) {
        values[i] ^= 1;
        assert_int_not_equal(dataset_fingerprint(&dataset), whole);
        values[i] ^= 1;
    }
    for (int i = 0; i < 3; i++) {
        labels[i] ^= 1;
        assert_int_not_equal(dataset_fingerprint(&dataset), whole);
        labels[i] ^= 1;
    }
    other = dataset, other.samples = 2;
    assert_int_not_equal(dataset_fingerprint(&other), whole);
    other = dataset, other.samples = 2, other.features = 3;
    assert_int_not_equal(dataset_fingerprint(&other), whole);
    other = dataset, other.classes = 5;
    assert_int_not_equal(dataset_fingerprint(&other), whole);
    other = dataset, other.labels = NULL, other.targets = targets, other.outputs = 1;
    uint64_t regression = dataset_fingerprint(&other);
    targets[2] = 1;
    assert_int_not_equal(dataset_fingerprint(&other), regression);
    assert_int_equal(dataset_fingerprint(&dataset), whole);
}

static void assert_mismatch(const struct dataset *train, struct dataset other, const char *says)
{
    strcpy(other.name, "other");
    enum status status = dataset_match(train, &other, &error);
    if (status != STATUS_BAD_DATA || !strstr(error.text, says))
        fail_msg("status %d \"%s\"; wanted \"... %s ...\"", status, error.text, says);
    assert_non_null(strstr(error.text, "other"));
    assert_non_null(strstr(error.text, "one"));
}

static void matching(void **state)
{
    (void)state;
    uint8_t values[6] = {0};
    int32_t labels[3] = {0, 3, 1}, fewer[3] = {0, 1, 0}, more[3] = {0, 1, 4};
    float targets[6] = {0};
    struct dataset train = bytes_with_labels(values, labels), other = train;
    struct dataset regression = train;
    regression.classes = 0;
    regression.labels = NULL;
    regression.outputs = 1;
    regression.targets = targets;

    other.labels = fewer;
    other.classes = 2;
    assert_int_equal(dataset_match(&train, &other, &error), STATUS_OK);
    assert_int_equal(other.classes, 4);
    other.labels = more;
    other.classes = 5;
    assert_mismatch(&train, other, "the label of sample 2 (from 0) is 4");
    other = train, other.features = 3;
    assert_mismatch(&train, other, "3 features");
    assert_mismatch(&train, regression, "regression targets");
    assert_mismatch(&regression, train, "class labels");

    other = regression;
    assert_int_equal(dataset_match(&regression, &other, &error), STATUS_OK);
    other.outputs = 2;
    assert_mismatch(&regression, other, "2 targets");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fingerprint_sees_everything),
        cmocka_unit_test(matching),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
