/* arrow_frame.h: small tables, given by the texts of their cells, as a stream of the Arrow C data
 * interface and as the text of a CSV file.
 *
 *     static const char *const cells[] = {"1.5", "red",   NULL, "blue"};
 *     struct arrow_frame frame = {2, 2, {"x", "colour"}, {"g", "u"}, .cell = cells, .batch = 1};
 *
 * A format is one of Arrow's, or "c<u" for a dictionary of u with indices c, whose words are in the
 * reverse order of their appearance in the batch. NULL is a null. What was given out and not yet
 * released is counted; a second release fails the test.
 */
#pragma once

#include <stddef.h>

#include "data/formats/arrow_abi.h"

enum { ARROW_FRAME_COLUMNS = 12 };

struct arrow_frame {
    int rows, columns;
    const char *name[ARROW_FRAME_COLUMNS], *format[ARROW_FRAME_COLUMNS];
    const char *const *cell; /* [rows x columns] */
    int batch;               /* rows per batch; 0: all */
    int skip;                /* rows before those of each array, which its offset leaves out */
    int batch_skip;          /* the same for the struct of a batch */
    int empty_first;         /* 1: a batch without rows comes first */
    int fails_at;            /* n: get_next() fails at its nth call with EIO */
    const char *says;        /* the message of that failure; NULL: none */
    /* Changes the last batch before it is given out, to make it wrong; NULL: it is right. */
    void (*spoil)(struct ArrowArray *batch);
    void (*spoil_schema)(struct ArrowSchema *schema);
};

/* Opens a stream; `frame` must outlive it. */
void arrow_frame_open(const struct arrow_frame *frame, struct ArrowArrayStream *stream);

/* Returns the CSV text, which the caller frees. */
char *arrow_frame_csv(const struct arrow_frame *frame);

/* Returns the number of schemas, arrays and streams that have not been released. */
int arrow_frame_unreleased(void);
