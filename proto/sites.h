/* sites.h - kinds of calls in a Go test binary that perfgo redirects, and where one is. */
#ifndef PERFGO_PROTO_SITES_H
#define PERFGO_PROTO_SITES_H

#include <stdint.h>

enum site_kind {
    SITE_RUN_FIRST,     /* the first run of a benchmark begins */
    SITE_RUN_AGAIN,     /* … and a further one */
    SITE_REHEARSE,      /* testing's own start of the timer */
    SITE_LOOP,          /* a b.Loop loop has reached its target */
    SITE_START,         /* the timer starts, */
    SITE_STOP,          /* stops, */
    SITE_RESET,         /* is reset while it runs, */
    SITE_RESET_STOPPED, /* or while it does not */
    SITE_RESULT,        /* a result is made text, */
    SITE_TEXT,          /* and printed */
    SITE_THREAD_BEGIN,  /* a thread is about to run Go code */
    SITE_THREAD_END,    /* … and ends */
    SITE_SYSMON,        /* the monitor thread sleeps */
    SITE_SCAVENGER,     /* the scavenger is called */
    SITE_THREAD_NEW,    /* a thread is made, */
    SITE_SLEEP,         /* sleeps, */
    SITE_WAKE,          /* is woken, */
    SITE_POLL,          /* waits for files and timers */
    SITE_PROCESSORS,    /* their number changes */
    SITE_COLLECT,       /* testing collects garbage before a run */
    SITE_EXIT,          /* the process ends: by a Go function, */
    SITE_EXIT_ASSEMBLY, /* or by assembly, with arguments on the stack */
    N_SITE_KINDS,
};

enum { MAX_SITES = 112 };

struct site_found {
    uint64_t addr, callee; /* of the call instruction; of the function called */
    uint32_t kind;
};

#endif
