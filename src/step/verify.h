/* verify.h: which team's memory is wrong, judged by checksums of all teams' memory.
 *
 * Every team holds all weights, so the checksums of any part of them, a section, must be equal:
 *
 *     section 3 l        the weights of layer l, master copy        compared between teams
 *             3 l + 1    its biases                                 "
 *             3 l + 2    the derived copy of its weights (panel.h)  "
 *             3 L + s    the optimizer's state s, the owned part    each owner's is the only one
 *
 * step_verify() (step.h) says when they are taken, and what they can and cannot find.
 *
 * Threads: any. Collective: no.
 */
#ifndef STEP_VERIFY_H
#define STEP_VERIFY_H

#include <stdint.h>

#include "net/mlp.h"
#include "optim/optimizer.h"

enum { VERIFY_SECTIONS_MAX = 3 * MLP_LAYERS_MAX + OPTIMIZER_STATES_MAX, VERIFY_NAME_MAX = 96 };

/* "the weights of layer 2", "the forward copy of the weights of layer 2", "the optimizer's
 * momentum_buffer". `optimizer` names the states. Returns out. */
const char *verify_section_name(
    int section, int layers, const struct optimizer_settings *optimizer, char out[VERIFY_NAME_MAX]);

/* A team's checksum of what is compared. Sent as bytes. */
struct verify_claim {
    uint64_t sum;
    int64_t
        stale_layer; /* of whose weights the derived copy is not the master's; 0: there is none */
    char host[64];   /* of the team's first rank */
};

enum { VERIFY_AGREED = -1, VERIFY_UNDECIDED = -2 };

/* The team that is wrong: the lowest with a stale copy, else the lowest whose sum is not that of
 * the majority. VERIFY_AGREED: none is. VERIFY_UNDECIDED: sums differ, and no more than half of the
 * teams have the same one, as with two teams. */
int verify_wrong_team(const struct verify_claim *claim, int teams);

/* The lowest team that differs from team 0; VERIFY_AGREED: none does. */
int verify_other_team(const struct verify_claim *claim, int teams);

#endif
