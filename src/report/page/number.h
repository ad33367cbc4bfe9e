/* number.h: numbers as a page shows them to people. What is not finite is a dash. Threads: any. */
#ifndef REPORT_PAGE_NUMBER_H
#define REPORT_PAGE_NUMBER_H

enum number_form {
    NUMBER_PLAIN,    /* 4 significant digits */
    NUMBER_COUNT,    /* 54,000; a mean below 100 has one decimal */
    NUMBER_FRACTION, /* 4 decimals: accuracies, losses */
    NUMBER_SHARE,    /* 12.3 % of 0.123 */
    NUMBER_MEASURED, /* 3 significant digits, 1.50; 1,234 */
    NUMBER_TIME,     /* of seconds: 63.5 us (with a mu), 1.22 ms, 4.10 s */
    NUMBER_BYTES,    /* 4.2 MiB */
    NUMBER_SHORT,    /* 3 significant digits and k, M, G: for axes */
};

enum { NUMBER_TEXT = 48 };

/* Into `out`; returns it. */
const char *number_text(double value, enum number_form form, char out[NUMBER_TEXT]);

/* A time in words: "0.31 s", "4 min 10 s", "2 h 5 min". */
const char *number_duration(double seconds, char out[NUMBER_TEXT]);

#endif
