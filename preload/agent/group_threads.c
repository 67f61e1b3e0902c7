/* group_threads.c - which threads a group counts: listing, opening, closing.
 *
 * Opening takes microseconds per event and is done outside of a group's lock, which a reader may be
 * waiting for. That makes two openings of one thread possible (listed here, and by itself at its
 * beginning): the second to get the lock closes its own again. Nothing can be missed: a thread that
 * begins looks at the list of groups after it exists, and a group lists the threads after it is in
 * the list.
 *
 * Threads that end leave their slot behind: the kernel keeps an event's final count readable. Slots
 * of the dead are folded up when a thread begins, joins or is listed, so their number is bounded by
 * that of the living, and no hook at the end of threads is needed.
 * All of it is [any thread with libc].
 */
#include "group_priv.h"

#include "windows.h"

#include "hot/sys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

enum { LOWEST_FD = 100 }; /* programs count on low numbers */

static struct {
    struct hot_lock lock;
    struct group *first;
    uint32_t n;
} groups;

bool groups_want_threads(void)
{
    return __atomic_load_n(&groups.n, __ATOMIC_ACQUIRE) > 0;
}

static void list_add(struct group *g)
{
    hot_lock(&groups.lock);
    g->next = groups.first;
    groups.first = g;
    __atomic_add_fetch(&groups.n, 1, __ATOMIC_RELEASE);
    hot_unlock(&groups.lock);
}

static void list_remove(struct group *g)
{
    hot_lock(&groups.lock);
    for (struct group **at = &groups.first; *at != NULL; at = &(*at)->next)
        if (*at == g) {
            *at = g->next;
            __atomic_sub_fetch(&groups.n, 1, __ATOMIC_RELEASE);
            break;
        }
    hot_unlock(&groups.lock);
}

/* ---- slots; with the group's lock held unless said otherwise */

static uint32_t slot_of(const struct group *g, int32_t tid)
{
    uint32_t i = 0;

    while (i < g->n_slots && g->slot[i]->counters.tid != tid)
        i++;
    return i;
}

/* What its thread counted is read once more, and stays. The caller frees the slot. */
static struct group_slot *slot_take(struct group *g, uint32_t i)
{
    struct group_slot *slot = g->slot[i];

    group_read_slot(g, slot);
    g->slot[i] = g->slot[--g->n_slots];
    return slot;
}

static void slot_free(const struct group *g, struct group_slot *slot)
{
    if (slot == NULL)
        return;
    hot_counters_close(&slot->counters, g->plan);
    free(slot);
}

static bool is_gone(int32_t tid)
{
    return sys_call3(SYS_tgkill, getpid(), tid, 0) == -ESRCH;
}

/* A program is attached to a tracepoint, not to one thread's event of it: for the second thread the
 * kernel says that it is there already, and it goes with the descriptor that brought it. */
static int attach(const struct group *g, const struct group_slot *slot)
{
    int rc = !g->bpf.attached ? 0
                              : (int)sys_ioctl(slot->counters.fd[g->bpf.event],
                                               PERF_EVENT_IOC_SET_BPF, g->bpf.fd);

    return rc == -EEXIST ? 0 : rc;
}

static int attach_all(const struct group *g)
{
    int rc = 0;

    for (uint32_t i = 0; i < g->n_slots && rc == 0; i++)
        rc = attach(g, g->slot[i]);
    return rc;
}

/* Slots of threads that are no more, and keys that now are this thread's. */
static void fold_dead(struct group *g, uint64_t key)
{
    for (uint32_t i = g->n_slots; i-- > 0;) {
        if (g->slot[i]->key == key && key != 0)
            g->slot[i]->key = 0;
        if (is_gone(g->slot[i]->counters.tid)) {
            slot_free(g, slot_take(g, i));
            attach_all(g);
        }
    }
}

static bool make_room(struct group *g)
{
    uint32_t capacity = g->capacity > 0 ? 2 * g->capacity : 16;
    struct group_slot **slot;

    if (g->n_slots < g->capacity)
        return true;
    slot = realloc(g->slot, capacity * sizeof *slot);
    if (slot == NULL)
        return false;
    g->slot = slot;
    g->capacity = capacity;
    return true;
}

/* ---- one thread */

/* Opens a thread's counters, without the lock. *out: NULL when it fails. */
static int slot_open(const struct group *g, int32_t tid, struct group_slot **out)
{
    struct group_slot *slot = calloc(1, sizeof *slot);
    int rc;

    *out = NULL;
    if (slot == NULL)
        return -ENOMEM;
    rc = hot_counters_open(&slot->counters, g->plan, tid);
    if (rc < 0) {
        free(slot);
        return rc;
    }
    *out = slot;
    return 0;
}

enum origin {
    LISTED, /* it was given, or found in /proc */
    JOINS,  /* it calls itself */
    BEGINS  /* it calls itself, and is new: a slot with its id is of a thread that had the id before
             * and was not seen to end, or was listed just now. Either way what it counted stays. */
};

/* Adds a thread; one that is there already is fine. */
static int thread_add(struct group *g, int32_t tid, enum origin origin)
{
    uint64_t key = origin != LISTED && g->self.has_key ? self_key() : 0;
    struct group_slot *slot, *superfluous = NULL;
    bool known;
    int rc;

    hot_lock(&g->lock);
    if (origin != LISTED)
        fold_dead(g, key);
    known = origin != BEGINS && slot_of(g, tid) < g->n_slots;
    hot_unlock(&g->lock);
    if (known)
        return 0;
    rc = slot_open(g, tid, &slot);
    hot_lock(&g->lock);
    if (rc == 0 && origin == BEGINS && slot_of(g, tid) < g->n_slots)
        superfluous = slot_take(g, slot_of(g, tid));
    if (rc == 0 && slot_of(g, tid) < g->n_slots) {
        superfluous = slot;
    } else if (rc == 0 && !make_room(g)) {
        superfluous = slot;
        rc = -ENOMEM;
    } else if (rc == 0) {
        hot_counters_read(&slot->counters, g->plan); /* a clock does not begin at zero */
        slot->key = key;
        attach(g, slot);
        g->slot[g->n_slots++] = slot;
    }
    hot_unlock(&g->lock);
    if (superfluous != NULL) {
        slot_free(g, superfluous);
        hot_lock(&g->lock);
        attach_all(g);
        hot_unlock(&g->lock);
    }
    return rc;
}

void groups_thread_begin(void)
{
    int32_t tid = sys_gettid();

    hot_lock(&groups.lock); /* keeps the groups from being closed meanwhile */
    for (struct group *g = groups.first; g != NULL; g = g->next)
        if (thread_add(g, tid, BEGINS) < 0)
            __atomic_add_fetch(&g->missed, 1, __ATOMIC_RELAXED);
    hot_unlock(&groups.lock);
}

/* ---- the group */

/* Every thread there is; one that ends meanwhile is no failure. (The kernel says ENODEV for the
 * rest of a group whose leader's thread ended.) */
static int add_process(struct group *g)
{
    DIR *dir = opendir("/proc/self/task");
    int gone = 0, first = 0;

    if (dir == NULL)
        return -errno;
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        int32_t tid = atoi(e->d_name);
        int rc = tid > 0 ? thread_add(g, tid, LISTED) : 0;

        if (rc == -ESRCH || rc == -ENODEV)
            gone = rc;
        else if (rc < 0 && first == 0)
            first = rc;
    }
    closedir(dir);
    return g->n_slots > 0 ? first : gone;
}

static int add_threads(struct group *g, const int32_t *tid, size_t n)
{
    int rc = 0;

    for (size_t i = 0; i < n && rc == 0; i++)
        rc = thread_add(g, tid[i], LISTED);
    return rc;
}

static struct hot_self found;
static void find(void)
{
    self_find(&found);
}

static const struct hot_self *here(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, find);
    return &found;
}

int group_open(const struct pg_plan *plan, bool process, const int32_t *tid, size_t n,
               struct group **out)
{
    struct group *g = calloc(1, sizeof *g);
    int rc;

    *out = NULL;
    if (g == NULL)
        return -ENOMEM;
    g->plan = plan;
    g->process = process;
    g->self = *here();
    for (uint32_t i = 0; i < plan->n_counters; i++)
        g->reads_process |= plan->counter[i].source == PG_SOURCE_RUSAGE;
    /* getrusage stands in for an event where perf is forbidden: it knows processes only. */
    if (!process && g->reads_process) {
        free(g);
        return -EOPNOTSUPP;
    }
    if (process)
        list_add(g);
    /* All or nothing: what lacks a thread of the process from the start is no count of it. */
    rc = process ? add_process(g) : add_threads(g, tid, n);
    if (rc < 0) {
        group_close(g);
        return rc;
    }
    *out = g;
    return 0;
}

void group_close(struct group *g)
{
    if (g == NULL)
        return;
    if (g->process)
        list_remove(g);
    for (uint32_t i = 0; i < g->n_slots; i++)
        slot_free(g, g->slot[i]);
    if (g->bpf.attached)
        sys_close(g->bpf.fd);
    free(g->slot);
    free(g);
}

int group_join(struct group *g)
{
    return thread_add(g, sys_gettid(), JOINS);
}

void group_leave(struct group *g)
{
    struct group_slot *slot = NULL;
    uint32_t i;

    hot_lock(&g->lock);
    i = slot_of(g, sys_gettid());
    if (i < g->n_slots)
        slot = slot_take(g, i);
    slot_free(g, slot);
    if (slot != NULL)
        attach_all(g);
    hot_unlock(&g->lock);
}

int group_attach_bpf(struct group *g, uint32_t event, int fd)
{
    int rc, own = (int)sys_fcntl(fd, F_DUPFD_CLOEXEC, LOWEST_FD);

    if (own < 0)
        return own;
    hot_lock(&g->lock);
    if (g->bpf.attached)
        sys_close(g->bpf.fd);
    g->bpf = (struct group_bpf){true, event, own};
    rc = attach_all(g);
    if (rc < 0) {
        g->bpf.attached = false;
        sys_close(own);
    }
    hot_unlock(&g->lock);
    return rc;
}
