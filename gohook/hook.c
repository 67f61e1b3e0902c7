// go:build cgo && linux && (amd64 || arm64)

#include "hook.h"

const struct perfgo_hook_api *gohook_api;

/* Before main, so before Go makes its first thread: from here on libperfgo.so sees each begin. */
__attribute__((constructor)) static void announce(void)
{
    const struct perfgo_hook_api *api = perfgo_hook();

    if (api->version == PERFGO_HOOK_VERSION && api->size == sizeof *api)
        gohook_api = api;
}
