/* fuzz_perfdata.c - recordings of any bytes, as far as a profile. */
#include "collect/convert.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The names of the kernel take longer to read than all the rest: samples in it are not converted.
 */
static int find_kernel(void *arg, const struct record *r, size_t event, struct pg_error *err)
{
    struct record_chain chain = record_chain(&r->sample);
    uint64_t ip;

    (void)event;
    (void)err;
    if (r->type != PERF_RECORD_SAMPLE)
        return 0;
    if ((r->misc & PERF_RECORD_MISC_CPUMODE_MASK) == PERF_RECORD_MISC_KERNEL)
        *(bool *)arg = true;
    while (record_chain_next(&chain, &ip))
        if (chain.context == (uint64_t)PERF_CONTEXT_KERNEL)
            *(bool *)arg = true;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool kernel = false;
    struct convert_sums sums;
    struct profile *profile;
    struct strbuf bytes = {0};
    struct perfdata *p;

    if (perfdata_parse(data, size, &p, NULL) != 0)
        return 0;
    if (perfdata_read(p, find_kernel, &kernel, NULL) == 0 && !kernel &&
        convert_perfdata(p, &profile, &sums, NULL) == 0) {
        if (sums.samples == 0 || profile_encode(profile, &bytes, NULL) != 0)
            abort();
        profile_free(profile);
    }
    strbuf_free(&bytes);
    perfdata_close(p);
    return 0;
}
