#include "groups.h"

#include "group_priv.h"

#include "hot/self.h"
#include "hot/sys.h"
#include "hot/userread.h"

/* ---- reading: [go thread] */

static void counts_zero(struct pg_counts *c, const struct pg_plan *plan)
{
    for (uint32_t i = 0; i < plan->n_counters; i++)
        c->value[i] = 0;
    for (uint32_t i = 0; i < plan->n_groups; i++)
        c->enabled_ns[i] = c->running_ns[i] = 0;
}

/* The slot of the calling thread, or NULL. A key costs nothing to read, an id a system call. Keys
 * may change; one that is not known is learned. */
static struct group_slot *slot_of_self(struct group *g)
{
    uint64_t key = g->self.has_key ? self_key() : 0;
    int32_t tid;

    if (key != 0)
        for (uint32_t i = 0; i < g->n_slots; i++)
            if (g->slot[i]->key == key)
                return g->slot[i];
    tid = sys_gettid();
    for (uint32_t i = 0; i < g->n_slots; i++)
        if (g->slot[i]->counters.tid == tid) {
            g->slot[i]->key = key;
            return g->slot[i];
        }
    return NULL;
}

/* The calling thread's own. Its hardware counters are read in user mode where that works: last when
 * a window opens and first when it closes, so that what is done in between is not counted, and what
 * is left is the same in each window. */
static void read_own(const struct group *g, struct hot_counters *c, bool closing)
{
    struct pg_counts now;
    bool have = closing && hot_user_read(c, g->plan, &now);
    bool complete = hot_counters_read_self(c, g->plan, &g->self, closing);

    if (!closing)
        have = hot_user_read(c, g->plan, &now);
    if (have)
        hot_user_copy(c, g->plan, &now, &c->last);
    else if (!complete)
        hot_counters_read(c, g->plan);
}

/* Brings every slot up to date, the caller's last when a window opens and first when it closes, so
 * that reading the others stays outside. */
static void read_slots(struct group *g, bool closing)
{
    struct group_slot *self = slot_of_self(g);

    if (self != NULL && closing)
        read_own(g, &self->counters, true);
    for (uint32_t i = 0; i < g->n_slots; i++)
        if (g->slot[i] != self)
            hot_counters_read(&g->slot[i]->counters, g->plan);
    if (self != NULL && !closing)
        read_own(g, &self->counters, false);
}

/* counted(now), by what was read last. */
static void sum_up(struct group *g, struct pg_counts *out)
{
    static const struct pg_counts zero;

    *out = g->gone;
    for (uint32_t i = 0; i < g->n_slots; i++)
        hot_counts_add(out, &g->slot[i]->counters.last, &zero, g->plan);
    if (g->reads_process)
        hot_process_read(g->plan, out);
}

static void take_base(struct group *g)
{
    read_slots(g, false);
    sum_up(g, &g->base);
}

static void add_window(struct group *g, struct pg_counts *to)
{
    struct pg_counts now;

    read_slots(g, true);
    sum_up(g, &now);
    hot_counts_add(to, &now, &g->base, g->plan);
}

static void tell(const struct group *g, struct group_counts *out)
{
    out->windows = g->windows;
    out->threads = g->n_slots;
    out->missed = g->missed;
    out->open = g->open;
}

void group_start(struct group *g)
{
    hot_lock(&g->lock);
    if (!g->open) {
        g->open = true;
        take_base(g);
    }
    hot_unlock(&g->lock);
}

void group_stop(struct group *g, struct group_counts *out)
{
    hot_lock(&g->lock);
    if (g->open) {
        add_window(g, &g->sum);
        g->open = false;
        g->windows++;
    }
    if (out != NULL) {
        out->counts = g->sum;
        tell(g, out);
    }
    hot_unlock(&g->lock);
}

void group_read(struct group *g, struct group_counts *out)
{
    hot_lock(&g->lock);
    out->counts = g->sum;
    if (g->open)
        add_window(g, &out->counts);
    tell(g, out);
    hot_unlock(&g->lock);
}

void group_reset(struct group *g, struct group_counts *out)
{
    hot_lock(&g->lock);
    counts_zero(&g->sum, g->plan);
    g->windows = 0;
    if (g->open)
        take_base(g);
    if (out != NULL) {
        out->counts = g->sum;
        tell(g, out);
    }
    hot_unlock(&g->lock);
}
