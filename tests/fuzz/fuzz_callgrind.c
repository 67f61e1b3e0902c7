/* fuzz_callgrind.c - dumps of callgrind, on any bytes. */
#include "pmu/callgrind.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct callgrind_cost *cost;
    const struct callgrind_call *call;
    struct callgrind *dump;
    size_t n;

    if (callgrind_parse((const char *)data, size, &dump, NULL) != 0)
        return 0;
    cost = callgrind_costs(dump, &n);
    for (size_t i = 0; i < n; i++) {
        if (strlen(callgrind_object(dump, cost[i].at.object)) > size ||
            strlen(callgrind_function(dump, cost[i].at.function)) > size)
            abort();
        if (i > 0 && cost[i - 1].at.object == cost[i].at.object &&
            cost[i - 1].at.addr >= cost[i].at.addr)
            abort();
    }
    call = callgrind_calls(dump, &n);
    for (size_t i = 1; i < n; i++)
        if (call[i - 1].to.object > call[i].to.object)
            abort();
    callgrind_free(dump);
    return 0;
}
