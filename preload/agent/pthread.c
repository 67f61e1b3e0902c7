/* pthread.c - threads that native code makes.
 *
 * A benchmark's CPU is also spent by threads that never run Go: C libraries under cgo make them by
 * pthread_create. This definition stands before libc's in the program's symbol scope; in a process
 * that is not measured it only passes the call on. Go's own threads in binaries with cgo come this
 * way too; beginning twice is beginning once.
 *
 * In a program that imports gohook every thread begins here whether anything is counted or not:
 * only the new thread itself can tell, once it exists, whether a group was opened meanwhile
 * (group_threads.c).
 */
#include "agent.h"
#include "groups.h"
#include "profiling.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>

typedef int create_fn(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

struct start {
    void *(*run)(void *);
    void *arg;
};

int pthread_create_real(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *),
                        void *arg)
{
    static PG_WITH_LOADER create_fn *next; /* every thread finds the same one */
    create_fn *found = __atomic_load_n(&next, __ATOMIC_RELAXED);

    if (found == NULL) {
        *(void **)&found = dlsym(RTLD_NEXT, "pthread_create");
        __atomic_store_n(&next, found, __ATOMIC_RELAXED);
    }
    return found != NULL ? found(thread, attr, run, arg) : EAGAIN;
}

static void counted_end(void *unused)
{
    (void)unused;
    if (agent.windows != NULL)
        windows_thread_end(agent.windows);
}

static void *counted_run(void *arg)
{
    struct start start = *(struct start *)arg;
    void *result;

    free(arg);
    if (agent.windows != NULL)
        windows_thread_begin(agent.windows);
    if (groups_want_threads())
        groups_thread_begin();
    if (profilings_want_threads())
        profilings_thread_begin();
    pthread_cleanup_push(counted_end, NULL); /* pthread_exit and cancellation end here too */
    result = start.run(start.arg);
    pthread_cleanup_pop(1);
    return result;
}

__attribute__((visibility("default"))) int pthread_create(pthread_t *restrict thread,
                                                          const pthread_attr_t *restrict attr,
                                                          void *(*run)(void *), void *restrict arg)
{
    bool counted = agent.windows != NULL || agent_imported;
    struct start *start = counted ? malloc(sizeof *start) : NULL;
    int rc;

    if (start == NULL)
        return pthread_create_real(thread, attr, run, arg);
    start->run = run;
    start->arg = arg;
    rc = pthread_create_real(thread, attr, counted_run, start);
    if (rc != 0)
        free(start);
    return rc;
}
