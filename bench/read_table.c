/* read_table.c: measures how fast a text table is read. First reads the file once, without timing,
 * to bring it into the page cache; then prints the seconds of each repeat, one per line.
 * bench/tables runs this program and other readers.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "data/formats/csv.h"

int main(int argc, char **argv)
{
    struct source_request request = {.threads = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 1};
    long repeats = argc > 3 ? strtol(argv[3], NULL, 10) : 5;
    if (argc < 2 || request.threads < 1) {
        fprintf(stderr, "usage: read_table FILE [THREADS [REPEATS]]\n");
        return 64;
    }
    for (long i = 0; i <= repeats; i++) {
        struct dataset dataset;
        struct error error;
        double start = clock_now_s();
        enum status status = csv_read(argv[1], &request, &dataset, &error);
        double seconds = clock_now_s() - start;
        if (status) {
            fprintf(stderr, "read_table: %s\n", error.text);
            return status;
        }
        if (i > 0)
            printf("%.6f\n", seconds);
        dataset_clear(&dataset);
    }
    return 0;
}
