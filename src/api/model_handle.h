/* model_handle.h: a model of a program that uses the library (lockstep.h), ready to predict.
 *
 * Threads: any, once made: what a prediction changes belongs to its call. Collective: no.
 */
#pragma once

#include "comm/affinity.h"
#include "data/source_request.h"
#include "lockstep/lockstep.h"
#include "model/model.h"
#include "net/panel.h"

struct lockstep_model {
    char name[FILE_PATH_MAX]; /* for messages */
    struct model model;
    struct kernel kernel;
    struct panels panels;
    struct weights weights;
    int threads; /* all of this process */
};

/* Makes a model with the weights of a session's network and all that it needs to be used; the session
 * keeps its own. STATUS_NO_RESOURCE. */
enum status model_handle_create(
    struct lockstep_model **out, const struct model *model, struct error *error);

/* Sets what a request for data of this model must name. */
void model_handle_request(
    const struct lockstep_model *model, bool labelled, struct source_request *request);
