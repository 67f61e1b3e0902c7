/* sites.c - the calls that are redirected, and the hooks they lead to.
 *
 * The engine finds them (gobin/sites.h). Where one is missing that perfgo cannot be right without,
 * nothing is changed at all. All of it is [constructor].
 */
#include "agent.h"

static void (*const hooks[N_SITE_KINDS])(struct hook_regs *) = {
    [SITE_RUN_FIRST] = hook_run_first,
    [SITE_RUN_AGAIN] = hook_run_again,
    [SITE_REHEARSE] = hook_rehearse,
    [SITE_START] = hook_start_timer,
    [SITE_STOP] = hook_stop_timer,
    [SITE_RESET] = hook_reset_timer,
    [SITE_RESET_STOPPED] = hook_reset_timer,
    [SITE_RESULT] = hook_result,
    [SITE_TEXT] = hook_text,
    [SITE_THREAD_BEGIN] = hook_thread_begin,
    [SITE_THREAD_END] = hook_thread_end,
    [SITE_EXIT] = hook_exit,
    [SITE_EXIT_ASSEMBLY] = hook_exit_assembly,
};

/* Read by thunks for as long as the process lives. */
static struct hook_site site[MAX_SITES];

static uint32_t wanted(void)
{
    uint32_t kinds = 0;

    if (agent.timer_only)
        return 1u << SITE_START | 1u << SITE_STOP | 1u << SITE_RESET | 1u << SITE_RESET_STOPPED;
    for (uint32_t kind = 0; kind < N_SITE_KINDS; kind++)
        kinds |= (hooks[kind] != NULL ? 1u : 0u) << kind;
    return kinds;
}

int sites_install(const struct gobin *bin, uint64_t bias, struct pg_error *err)
{
    const struct arch_ops *arch = agent.engine->arch_host();
    struct site_found found[MAX_SITES];
    struct patch patch[MAX_SITES];
    uint64_t low = UINT64_MAX, high = 0;
    uint8_t *thunks;
    size_t size;
    int n = agent.engine->gobin_sites(bin, wanted(), found, MAX_SITES, err);

    if (n < 0)
        return n;
    if (!agent.timer_only)
        rehearse_prepare(bin, bias);
    for (int i = 0; i < n; i++) {
        patch[i].addr = found[i].addr + bias;
        low = patch[i].addr < low ? patch[i].addr : low;
        high = patch[i].addr > high ? patch[i].addr : high;
        site[i] = (struct hook_site){found[i].callee + bias, hooks[found[i].kind]};
    }
    size = (size_t)n * arch->thunk_size;
    thunks = patch_map_near(low, high + arch->call_size, arch->reach, size);
    if (thunks == NULL)
        return pg_error_set(err, PG_E_NOMEM, "no room for %zu bytes within reach of the text",
                            size);
    for (int i = 0; i < n; i++) {
        uint8_t *thunk = thunks + (size_t)i * arch->thunk_size;

        arch->emit_thunk(thunk, (uint64_t)(uintptr_t)&site[i], (uint64_t)(uintptr_t)pg_trampoline);
        if (!arch->encode_call(patch[i].code, patch[i].addr, (uint64_t)(uintptr_t)thunk))
            return pg_error_set(err, PG_E_LIMIT, "the thunks are out of reach of the text");
    }
    say_log("%d calls redirected", n);
    return patch_apply(thunks, size, patch, (size_t)n, arch->call_size, err);
}
