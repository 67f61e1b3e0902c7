// go:build cgo && linux && (amd64 || arm64)

#include "hook.h"

const struct perfgo_hook_api *gohook_api;

uint64_t gohook_thread_key(void)
{
    static uint64_t last;
    static __thread uint64_t key;

    if (key == 0)
        key = __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED);
    return key;
}

/* Before main, so before Go makes its first thread: from here on libperfgo.so sees each begin. */
__attribute__((constructor)) static void announce(void)
{
    const struct perfgo_hook_api *api = perfgo_hook();

    if (api->version == PERFGO_HOOK_VERSION && api->size == sizeof *api)
        gohook_api = api;
}
