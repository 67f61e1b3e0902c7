/* convert.h - recordings of perf as profiles. */
#ifndef PERFGO_COLLECT_CONVERT_H
#define PERFGO_COLLECT_CONVERT_H

#include "perfdata/perfdata.h"
#include "perfdata/script.h"
#include "profile/profile.h"

struct convert_sums {
    uint64_t samples, lost; /* lost: as the kernel's records say */
    uint64_t unknown;       /* frames of mappings whose file is not there, or is another one now */
};

/* Makes a profile of every sample, each event a type of value. Files that were mapped are read from
 * where they were; a file whose build id is not the recorded one is not used. The caller frees with
 * profile_free. PG_E_LIMIT: too many events for one profile. [any thread with libc] */
int convert_perfdata(struct perfdata *recording, struct profile **out, struct convert_sums *sums,
                     struct pg_error *err);
int convert_script(struct script *script, struct profile **out, struct convert_sums *sums,
                   struct pg_error *err);

#endif
