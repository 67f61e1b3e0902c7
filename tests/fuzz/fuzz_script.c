/* fuzz_script.c - any text in place of perf script's, as far as a profile. */
#include "collect/convert.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct convert_sums sums;
    struct profile *profile;
    struct strbuf bytes = {0};
    struct script *s;

    if (script_parse((const char *)data, size, &s, NULL) != 0)
        return 0;
    if (convert_script(s, &profile, &sums, NULL) == 0) {
        if (sums.samples == 0 || profile_encode(profile, &bytes, NULL) != 0)
            abort();
        profile_free(profile);
    }
    strbuf_free(&bytes);
    script_close(s);
    return 0;
}
