/* hook.h - the functions of libperfgo.so by names that cgo can call. */
#ifndef GOHOOK_HOOK_H
#define GOHOOK_HOOK_H

#include "hook_abi.h"

/* NULL when the library is of another version. Set before the program's first Go instruction. */
extern const struct perfgo_hook_api *gohook_api;

/* A number of the calling thread's own, never given twice and never 0. */
uint64_t gohook_thread_key(void);

static inline void gohook_start(struct perfgo_hook_counter *c)
{
    gohook_api->start(c);
}
static inline void gohook_stop(struct perfgo_hook_counter *c)
{
    gohook_api->stop(c);
}
static inline void gohook_read(struct perfgo_hook_counter *c)
{
    gohook_api->read(c);
}
static inline void gohook_reset(struct perfgo_hook_counter *c)
{
    gohook_api->reset(c);
}
static inline void gohook_close(struct perfgo_hook_counter *c)
{
    gohook_api->close(c);
}
static inline void gohook_leave(struct perfgo_hook_counter *c)
{
    gohook_api->leave(c);
}
static inline void gohook_plan_free(struct perfgo_hook_plan *p)
{
    gohook_api->plan_free(p);
}
static inline int gohook_state(void)
{
    return gohook_api->state();
}
static inline void gohook_armed_read(struct perfgo_hook_counts *out)
{
    gohook_api->armed_read(out);
}

static inline const struct perfgo_hook_plan *gohook_armed_plan(void)
{
    return gohook_api->armed_plan();
}

static inline int gohook_plan(const char *events, int partial, struct perfgo_hook_plan **out,
                              struct perfgo_hook_error *err)
{
    return gohook_api->plan(events, partial, out, err);
}

static inline int gohook_open(const struct perfgo_hook_plan *plan, int scope, const int32_t *tid,
                              size_t n, struct perfgo_hook_counter **out,
                              struct perfgo_hook_error *err)
{
    return gohook_api->open(plan, scope, tid, n, out, err);
}

static inline int gohook_join(struct perfgo_hook_counter *c, struct perfgo_hook_error *err)
{
    return gohook_api->join(c, err);
}

static inline int gohook_attach_bpf(struct perfgo_hook_counter *c, uint32_t event, int fd,
                                    struct perfgo_hook_error *err)
{
    return gohook_api->attach_bpf(c, event, fd, err);
}

static inline int gohook_follow(struct perfgo_hook_counter *c, struct perfgo_hook_error *err)
{
    return gohook_api->follow(c, err);
}

static inline int gohook_region(const char *name, size_t size)
{
    return gohook_api->region(name, size);
}

static inline void gohook_region_begin(int region)
{
    gohook_api->region_begin(region);
}
static inline void gohook_region_end(int region)
{
    gohook_api->region_end(region);
}

static inline int gohook_profile_start(const char *events, uint64_t freq, struct profiling **out,
                                       struct perfgo_hook_error *err)
{
    return gohook_api->profile_start(events, freq, out, err);
}

static inline int gohook_profile_drain(struct profiling *p, struct perfgo_hook_error *err)
{
    return gohook_api->profile_drain(p, err);
}

static inline int gohook_profile_finish(struct profiling *p, const char *name, char **bytes,
                                        size_t *size, struct perfgo_hook_sums *sums,
                                        struct perfgo_hook_error *err)
{
    return gohook_api->profile_finish(p, name, bytes, size, sums, err);
}

#endif
