#include "step/step_verify.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/hash.h"
#include "step/step_state.h"

/* --- the decision --------------------------------------------------------------------------- */

const char *verify_section_name(
    int section, int layers, const struct optimizer_settings *optimizer, char out[VERIFY_NAME_MAX])
{
    static const char *const kind[] = {"weights", "biases", "forward copy of the weights"};
    if (section < 3 * layers)
        snprintf(out, VERIFY_NAME_MAX, "the %s of layer %d", kind[section % 3], section / 3 + 1);
    else
        snprintf(out, VERIFY_NAME_MAX, "the optimizer's %s",
            optimizer_state_name(optimizer, section - 3 * layers));
    return out;
}

static int count_equal(const struct verify_claim *claim, int teams, uint64_t sum)
{
    int n = 0;
    for (int t = 0; t < teams; t++)
        n += claim[t].sum == sum;
    return n;
}

static int first_unequal(const struct verify_claim *claim, int teams, uint64_t sum)
{
    for (int t = 0; t < teams; t++)
        if (claim[t].sum != sum)
            return t;
    return VERIFY_AGREED;
}

int verify_wrong_team(const struct verify_claim *claim, int teams)
{
    for (int t = 0; t < teams; t++)
        if (claim[t].stale_layer)
            return t;
    for (int t = 0; t < teams; t++)
        if (count_equal(claim, teams, claim[t].sum) > teams / 2)
            return first_unequal(claim, teams, claim[t].sum);
    return VERIFY_UNDECIDED;
}

int verify_other_team(const struct verify_claim *claim, int teams)
{
    return first_unequal(claim, teams, claim[0].sum);
}

/* --- checksums of a team's memory ------------------------------------------------------------ */

/* Returns the checksum of this worker's part. Each block is hashed with its number as the seed, and
 * the hashes are added, so the sum over all workers does not depend on the number of workers. */
static uint64_t sum_blocks(const struct worker *worker, const float *at, int64_t n)
{
    enum { BLOCK = 4096 };
    struct range part = worker_share(worker, n, BLOCK);
    uint64_t sum = 0;
    for (int64_t i = part.first; i < part.end; i += BLOCK) {
        size_t size = (size_t)least(BLOCK, part.end - i) * sizeof *at;
        sum += hash_bytes(at + i, size, (uint64_t)(i / BLOCK));
    }
    return sum;
}

static void sum_layer(struct step *step, const struct worker *worker, int l, uint64_t sum[3])
{
    const struct panels *panels = &step->panels;
    const struct panel_layer *layer = &panels->layer[l];
    const float *master = step->weights.master, *derived = step->weights.derived;
    int64_t outputs = panel_count(layer->out, panels->kernel.lanes) * panels->kernel.lanes;
    sum[0] = sum_blocks(worker, master + layer->weight_at, layer->tiles * panels->tile_floats);
    sum[1] = sum_blocks(worker, master + layer->bias_at, layer->bias_floats);
    sum[2] = layer->first
                 ? 0
                 : sum_blocks(worker, derived + layer->forward_at, outputs * layer->forward_steps);
}

/* Checksums everything that must not change between two updates. */
static void sum_memory(struct step *step, const struct worker *worker)
{
    struct memory_sums *own = &step->sums[worker->index];
    int layers = step->panels.layers;
    for (int l = 0; l < layers; l++)
        sum_layer(step, worker, l, own->section + (ptrdiff_t)3 * l);
    for (int i = 0; i < optimizer_states(&step->settings->optimizer); i++)
        own->section[3 * layers + i] =
            sum_blocks(worker, step->optimizer.state[i], range_size(step->owned));
}

static void find_stale_copies(struct step *step, const struct worker *worker)
{
    struct memory_sums *own = &step->sums[worker->index];
    own->stale_layer = 0;
    for (int l = step->panels.layers - 1; l > 0; l--) {
        struct range tiles = worker_share(worker, step->panels.layer[l].tiles, 1);
        for (int64_t t = tiles.first; t < tiles.end; t++)
            if (!weights_are_derived(&step->weights, &step->panels, l, t))
                own->stale_layer = l;
    }
}

static int sections_of(const struct step *step)
{
    return 3 * step->panels.layers + optimizer_states(&step->settings->optimizer);
}

/* Returns the team's sums, once its workers have computed theirs. */
static struct memory_sums join_sums(const struct step *step)
{
    struct memory_sums all = {.stale_layer = 0};
    for (int w = 0; w < step->workers; w++) {
        const struct memory_sums *sums = &step->sums[w];
        for (int s = 0; s < sections_of(step); s++)
            all.section[s] += sums->section[s];
        if (sums->stale_layer && (!all.stale_layer || sums->stale_layer < all.stale_layer))
            all.stale_layer = sums->stale_layer;
    }
    return all;
}

/* --- between teams: the first thread of every rank ------------------------------------------- */

/* "team 2 (rank 4 on host n3)" */
enum { TEAM_TEXT = 128 };
static const char *team_text(const struct step *step, int team, const char *host, char *out)
{
    snprintf(out, TEAM_TEXT, "team %d (rank %d on host %s)", team, step->teams->team[team].ranks[0],
        host);
    return out;
}

/* Sets claims[t] to the claim of team t, on all ranks. Collective. */
static void gather_claims(struct step *step, uint64_t sum, int64_t stale_layer)
{
    struct verify_claim mine = {.sum = sum, .stale_layer = stale_layer};
    gethostname(mine.host, sizeof mine.host - 1);
    comm_gather_all(step->teams->comm, &mine, sizeof mine, step->claims);
    /* Only the claim of each team's first rank counts. Teams are numbered in the order of these
     * ranks, so no claim is overwritten before it is moved. */
    for (int t = 0; t < step->teams->count; t++)
        step->claims[t] = step->claims[step->teams->team[t].ranks[0]];
}

/* True if the claims of all teams about `what` are correct; otherwise fills step->fault. */
static bool judge(struct step *step, int64_t number, const char *what)
{
    const struct verify_claim *claim = step->claims;
    int teams = step->teams->count, wrong = verify_wrong_team(claim, teams);
    int other = verify_other_team(claim, teams);
    char one[TEAM_TEXT], two[TEAM_TEXT];
    if (wrong == VERIFY_AGREED)
        return true;
    if (wrong == VERIFY_UNDECIDED)
        fail(&step->fault, STATUS_NO_RESOURCE,
            "after step %" PRId64 ", %s differ between %s and %s (hashes %016" PRIx64
            " and %016" PRIx64 "); %d teams are too few to decide which one is wrong",
            number, what, team_text(step, 0, claim[0].host, one),
            team_text(step, other, claim[other].host, two), claim[0].sum, claim[other].sum, teams);
    else if (claim[wrong].stale_layer)
        fail(&step->fault, STATUS_NO_RESOURCE,
            "after step %" PRId64 ", the two copies of the weights of layer %" PRId64
            " that %s holds differ from each other",
            number, claim[wrong].stale_layer + 1, team_text(step, wrong, claim[wrong].host, one));
    else
        fail(&step->fault, STATUS_NO_RESOURCE,
            "after step %" PRId64
            ", %s held by %s differ from those of the majority of the %d teams",
            number, what, team_text(step, wrong, claim[wrong].host, one), teams);
    return false;
}

/* Returns the first section that teams do not agree on, with its claims; -1: there is none. */
static int find_section(struct step *step, const struct memory_sums *sums)
{
    for (int s = 0; s < 3 * step->panels.layers; s++) {
        gather_claims(step, sums->section[s], sums->stale_layer);
        if (verify_other_team(step->claims, step->teams->count) != VERIFY_AGREED)
            return s;
    }
    return -1;
}

static bool compare_teams(struct step *step, const struct memory_sums *sums, int64_t number)
{
    int layers = step->panels.layers;
    char name[VERIFY_NAME_MAX] = "the weights";
    uint64_t all = hash_bytes(sums->section, (size_t)(3 * layers) * sizeof *sums->section, 0);
    gather_claims(step, all, sums->stale_layer);
    if (verify_wrong_team(step->claims, step->teams->count) == VERIFY_AGREED)
        return true;
    int section = find_section(step, sums);
    if (section >= 0)
        verify_section_name(section, layers, &step->settings->optimizer, name);
    return judge(step, number, name);
}

/* --- the two checks ------------------------------------------------------------------------- */

bool step_verify(struct step *step, const struct worker *worker, int64_t number)
{
    sum_memory(step, worker);
    /* Tiles and blocks are divided differently among workers, so one worker may sum a copy that
     * another one compares. All sums are taken first, so no change escapes both checks: the
     * comparison finds a change made before the sum, and the second check finds a later one. */
    team_barrier(worker);
    find_stale_copies(step, worker);
    team_barrier(worker);
    if (worker_speaks(worker)) {
        step->kept = join_sums(step);
        step->kept_after = number;
        step->sound = compare_teams(step, &step->kept, number);
    }
    team_barrier(worker);
    return step->sound;
}

/* Fills step->fault if a section has changed since its sum was kept. Called by the first thread of
 * a rank. */
static void compare_with_kept(struct step *step)
{
    const struct teams *teams = step->teams;
    struct memory_sums now = join_sums(step);
    char name[VERIFY_NAME_MAX], who[TEAM_TEXT], host[64] = "";
    for (int s = 0; s < sections_of(step); s++) {
        if (now.section[s] == step->kept.section[s])
            continue;
        gethostname(host, sizeof host - 1);
        fail(&step->fault, STATUS_NO_RESOURCE,
            "between the updates of steps %" PRId64 " and %" PRId64
            ", when nothing writes to them, %s changed in the memory of %s",
            step->kept_after, step->kept_after + 1,
            verify_section_name(s, step->panels.layers, &step->settings->optimizer, name),
            team_text(step, teams->mine, host, who));
        return;
    }
}

void step_verify_again(struct step *step, const struct worker *worker)
{
    if (step->kept_after == 0)
        return;
    sum_memory(step, worker);
    phase_end(&own_of(step, worker)->clock, PHASE_REDUCE);
    step_meet(step, worker);
    if (worker_speaks(worker)) {
        compare_with_kept(step);
        step->kept_after = 0;
        if (step->fault.status)
            step->report[worker->index].requests |= STEP_REQUEST_ABORT;
    }
    step_meet(step, worker);
}

bool step_verify_sum(struct step *step, uint64_t sum, int64_t number, const char *what)
{
    gather_claims(step, sum, 0);
    return judge(step, number, what);
}

enum status step_fault(const struct step *step, struct error *error)
{
    if (step->fault.status)
        *error = step->fault;
    return step->fault.status;
}
