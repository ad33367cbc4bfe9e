/* csv.c: any bytes as a text table. The first byte chooses the task, the header,
 * the threads and the names that the request has. */
#include "data/formats/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct dataset dataset;
    struct error error;
    if (size == 0)
        return 0;
    char *names[] = {(char[]){"a"}, (char[]){"b"}, (char[]){"a"}};
    bool named = bytes[0] / 72 % 3 > 0;
    struct source_request options = {.task = (enum task)(bytes[0] % 4),
        .header = (enum header_choice)(bytes[0] / 4 % 3),
        .label = bytes[0] / 12 % 2 ? "1,2" : NULL,
        .threads = 1 + bytes[0] / 24 % 3,
        .feature_name = named ? names : NULL,
        .features = 1 + bytes[0] / 72 % 3,
        .label_name = named ? names + 1 : NULL,
        .label_columns = 1};
    enum status status =
        csv_parse("fuzz", (const char *)bytes + 1, size - 1, &options, &dataset, &error);
    if (status == STATUS_OK)
        dataset_fingerprint(&dataset);
    dataset_clear(&dataset);
    return 0;
}
