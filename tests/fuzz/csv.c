/* csv.c: any bytes as a text table. The first byte chooses the task, the header,
 * the threads and the names that the request has; the second other columns, separators and levels. */
#include "data/formats/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct dataset dataset;
    struct error error;
    if (size < 2)
        return 0;
    const char *const column[] = {NULL, "1", "a", "3,2"};
    int64_t first[] = {0, 2, 2, 3};
    struct levels levels = {3, first, (char *[]){(char[]){"x"}, (char[]){"\"y"}, (char[]){"7"}}};
    char *names[] = {(char[]){"a"}, (char[]){"b"}, (char[]){"a"}};
    bool named = bytes[0] / 72 % 3 > 0;
    struct source_request options = {.task = (enum task)(bytes[0] % 4),
        .header = (enum header_choice)(bytes[0] / 4 % 3),
        .label = bytes[0] / 12 % 2 ? "1,2" : NULL,
        .threads = 1 + bytes[0] / 24 % 3,
        .feature_name = named ? names : NULL,
        .features = 1 + bytes[0] / 72 % 3,
        .label_name = named ? names + 1 : NULL,
        .label_columns = 1,
        .ignore = column[bytes[1] % 4],
        .weight = column[bytes[1] / 4 % 3],
        .group = column[bytes[1] / 16 % 2],
        .when = column[bytes[1] / 32 % 2],
        .id = column[bytes[1] / 64 % 2],
        .missing = bytes[1] / 8 % 2 ? "x,-" : NULL,
        .decimal = bytes[1] / 16 % 2 ? ',' : '.',
        .separator = bytes[1] == 255 ? '|' : 0,
        .levels = bytes[1] / 128 && bytes[0] / 72 % 3 == 2 ? &levels : NULL};
    enum status status =
        csv_parse("fuzz", (const char *)bytes + 2, size - 2, &options, &dataset, &error);
    if (status == STATUS_OK)
        dataset_fingerprint(&dataset);
    dataset_clear(&dataset);
    return 0;
}
