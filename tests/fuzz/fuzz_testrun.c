/* Any bytes as testrun.json: read without a finding, and refused in one sentence. */
#include "base/utf8.h"
#include "bench/run_priv.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pg_error err = {0};
    struct testrun *run = NULL;
    int64_t ns;

    if (testrun_from_json((const char *)data, size, &run, &err) == 0) {
        if (run == NULL || run->command == NULL || run->pmu == NULL ||
            (run->cpu != NULL && !utf8_valid(run->cpu, strlen(run->cpu))) ||
            (run->n_processes > 0 && run->process == NULL))
            abort();
        if (run->time != NULL)
            run_parse_time(run->time, &ns);
    } else if (err.text[0] == '\0' || strchr(err.text, '\n') != NULL || run != NULL) {
        abort();
    }
    testrun_free(run);
    return 0;
}
