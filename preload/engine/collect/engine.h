/* engine.h - the one symbol libperfgo-engine.so exports, for the agent that dlopens it.
 *
 * The agent needs nothing but libc, so that it can be preloaded into any program; once it is in a
 * Go test binary it loads the engine with RTLD_LOCAL, and libpfm4, cJSON and the others never enter
 * the symbol scope of the program under test.
 */
#ifndef PERFGO_COLLECT_ENGINE_H
#define PERFGO_COLLECT_ENGINE_H

#include "arch/arch.h"
#include "collect/sampled.h"
#include "collect/samples.h"
#include "collect/session.h"
#include "gobin/gobin.h"
#include "gobin/sites.h"
#include "pmu/passes.h"
#include "pmu/pmu.h"
#include "pmu/sampling.h"

/* Raised with every change of a struct or function below: agent and engine are built together. */
#define PERFGO_ENGINE_VERSION 4u
#define PERFGO_ENGINE_SYMBOL  "perfgo_engine"

/* return type, name, parameters */
#define PERFGO_ENGINE_FUNCTIONS(X)                                                                 \
    X(const struct arch_ops *, arch_host, (void))                                                  \
    X(int, elf_open, (const char *, struct elf_image **, struct pg_error *))                       \
    X(void, elf_close, (struct elf_image *))                                                       \
    X(const Elf64_Ehdr *, elf_header, (const struct elf_image *))                                  \
    X(int, gobin_open_live,                                                                        \
      (const struct elf_image *, uint64_t, struct gobin **, struct pg_error *))                    \
    X(void, gobin_close, (struct gobin *))                                                         \
    X(const char *, gobin_go_version, (const struct gobin *))                                      \
    X(const char *, gobin_module_path, (const struct gobin *))                                     \
    X(size_t, gobin_function_count, (const struct gobin *))                                        \
    X(bool, gobin_function, (const struct gobin *, size_t, struct gobin_function *))               \
    X(bool, gobin_function_by_name, (const struct gobin *, const char *, struct gobin_function *)) \
    X(int, gobin_calls,                                                                            \
      (const struct gobin *, const struct gobin_function *, uint64_t, uint64_t *, size_t,          \
       struct pg_error *))                                                                         \
    X(int, gobin_sites,                                                                            \
      (const struct gobin *, uint32_t, struct site_found *, size_t, struct pg_error *))            \
    X(int, gobin_layout, (const struct gobin *, struct b_layout *, struct pg_error *))             \
    X(bool, pmu_backend_by_name, (const char *, enum pg_backend *))                                \
    X(const char *, pmu_backend_name, (enum pg_backend))                                           \
    X(void, passes_keep, (struct pg_plan *, uint32_t))                                             \
    X(int, pmu_plan, (const char *, enum pg_backend, struct pg_plan *, struct pg_error *))         \
    X(int, pmu_plan_list,                                                                          \
      (const char *, bool, struct pg_plan *, struct pmu_cause *, struct pg_error *))               \
    X(int, pmu_sampling,                                                                           \
      (const struct sampling_request *, struct pg_sampling *, struct pg_error *))                  \
    X(struct samples *, samples_new, (const struct pg_sampling *, struct samples_program))         \
    X(int, samples_drain,                                                                          \
      (struct samples *, struct hot_sampler *, const struct hot_view *, struct pg_error *))        \
    X(void, samples_settle, (struct samples *, struct hot_sampler *))                              \
    X(void, samples_end, (struct samples *, struct hot_sampler *))                                 \
    X(void, samples_begin, (struct samples *, uint32_t))                                           \
    X(void, samples_free, (struct samples *))                                                      \
    X(int, sampled_encode,                                                                         \
      (const struct sampled_line *, const struct elf_image *, const struct gobin *, const char *,  \
       char **, size_t *, uint64_t *, uint64_t *, struct pg_error *))                              \
    X(uint32_t, samples_run, (const struct samples *))                                             \
    X(int, session_open,                                                                           \
      (const struct pg_settings *, const struct pg_plan *, const struct session_target *,          \
       struct session **, struct pg_error *))                                                      \
    X(int, session_line,                                                                           \
      (struct session *, const struct session_line *, char *, size_t, size_t *,                    \
       struct pg_error *))                                                                         \
    X(uint64_t, session_lines, (const struct session *))                                           \
    X(int, session_close, (struct session *, int, struct pg_error *))

struct perfgo_engine {
    uint32_t version; /* PERFGO_ENGINE_VERSION */
    uint32_t size;    /* sizeof(struct perfgo_engine) */
#define X(type, name, params) type(*name) params;
    PERFGO_ENGINE_FUNCTIONS(X)
#undef X
};

#endif
