/* progress_form.h: the form in which --progress shows a run on stderr. */
#ifndef API_PROGRESS_FORM_H
#define API_PROGRESS_FORM_H

#include <stdbool.h>
#include <stdio.h>

#include "options/options.h"

struct progress_form {
    bool lines, bar; /* neither: silent */
    int columns;     /* columns of the terminal */
    FILE *file;
};

/* auto is a bar on a terminal and lines elsewhere. */
struct progress_form progress_form_of(enum progress_kind kind);

#endif
