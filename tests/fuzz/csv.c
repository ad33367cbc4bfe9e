/* csv.c: any bytes as a text table. The first byte chooses the task, the header and the threads. */
#include "data/formats/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct dataset dataset;
    struct error error;
    if (size == 0)
        return 0;
    struct source_request options = {.task = (enum task)(bytes[0] % 4),
        .header = (enum header_choice)(bytes[0] / 4 % 3),
        .label = bytes[0] / 12 % 2 ? "1,2" : NULL,
        .threads = 1 + bytes[0] / 24 % 3};
    enum status status =
        csv_parse("fuzz", (const char *)bytes + 1, size - 1, &options, &dataset, &error);
    if (status == STATUS_OK)
        dataset_fingerprint(&dataset);
    dataset_clear(&dataset);
    return 0;
}
