/* number.h: formats numbers for readers, in tables, sentences and axes. Threads: any. */
#pragma once

enum number_form {
    NUMBER_PLAIN,    /* 4 significant digits */
    NUMBER_COUNT,    /* 54,000; a mean below 100 has one decimal */
    NUMBER_FRACTION, /* 4 decimals: accuracies, losses */
    NUMBER_SHARE,    /* 0.123 as 12.3 % */
    NUMBER_TIME,  /* seconds: 63.5 us (with a mu), 1.22 ms, 4.10 s, 5 min 3 s, 2 h 5 min, 3 d 4 h */
    NUMBER_BYTES, /* 4.2 MiB */
    NUMBER_SHORT, /* 4 significant digits and k, M, G, T */
};

enum { NUMBER_TEXT = 48 };

/* Formats a value into `out` and returns it. A value that is not finite is written as a dash. */
const char *number_text(double value, enum number_form form, char out[NUMBER_TEXT]);

/* The same, in memory that is valid until the end of the enclosing block. */
#define NUMBER(value, form) number_text(value, form, (char[NUMBER_TEXT]){""})

/* The plural ending: "" if n is 1, "s" for any other n. */
#define NUMBER_PLURAL(n) ((n) == 1 ? "" : "s")
