#include "groups.h"

#include "group_priv.h"

#include "hot/self.h"
#include "hot/sys.h"
#include "hot/userread.h"

/* ---- reading: [go thread] */

/* Slot i, which becomes the first: who reads once reads again. */
static struct group_slot *to_front(struct group *g, uint32_t i)
{
    struct group_slot *found = g->slot[i];

    g->slot[i] = g->slot[0];
    g->slot[0] = found;
    return found;
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
                return to_front(g, i);
    tid = sys_gettid();
    for (uint32_t i = 0; i < g->n_slots; i++)
        if (g->slot[i]->counters.tid == tid) {
            g->slot[i]->key = key;
            return to_front(g, i);
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

/* What the slot's thread counted since it was read last becomes part of the group's count. */
static void add_growth(struct group *g, const struct hot_counters *c,
                       const struct pg_counts *before)
{
    hot_counts_add(&g->counted, &c->last, before, g->plan);
}

void group_read_slot(struct group *g, struct group_slot *slot)
{
    struct pg_counts before;

    hot_counts_copy(&before, &slot->counters.last, g->plan);
    hot_counters_read(&slot->counters, g->plan);
    add_growth(g, &slot->counters, &before);
}

static void read_self(struct group *g, struct group_slot *self, bool closing)
{
    struct pg_counts before;

    hot_counts_copy(&before, &self->counters.last, g->plan);
    read_own(g, &self->counters, closing);
    add_growth(g, &self->counters, &before);
}

/* Brings g->counted up to date. The caller's slot is read last when a window opens and first when
 * it closes, so that reading the others stays outside. */
static void read_slots(struct group *g, bool closing)
{
    struct group_slot *self = slot_of_self(g);

    if (self != NULL && closing)
        read_self(g, self, true);
    for (uint32_t i = 0; i < g->n_slots; i++)
        if (g->slot[i] != self && !hot_counters_idle(&g->slot[i]->counters))
            group_read_slot(g, g->slot[i]);
    if (g->reads_process)
        hot_process_read(g->plan, &g->counted);
    if (self != NULL && !closing)
        read_self(g, self, false);
}

static void take_base(struct group *g)
{
    read_slots(g, false);
    hot_counts_copy(&g->base, &g->counted, g->plan);
}

static void add_window(struct group *g, struct pg_counts *to)
{
    read_slots(g, true);
    hot_counts_add(to, &g->counted, &g->base, g->plan);
}

/* The closed windows, and what else the owner sees. */
static void tell(const struct group *g, struct group_counts *out)
{
    hot_counts_copy(&out->counts, &g->sum, g->plan);
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
    if (out != NULL)
        tell(g, out);
    hot_unlock(&g->lock);
}

void group_read(struct group *g, struct group_counts *out)
{
    hot_lock(&g->lock);
    tell(g, out);
    if (g->open)
        add_window(g, &out->counts);
    hot_unlock(&g->lock);
}

void group_reset(struct group *g, struct group_counts *out)
{
    hot_lock(&g->lock);
    hot_counts_clear(&g->sum, g->plan);
    g->windows = 0;
    if (g->open)
        take_base(g);
    if (out != NULL)
        tell(g, out);
    hot_unlock(&g->lock);
}
