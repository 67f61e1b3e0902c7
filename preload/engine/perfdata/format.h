/* format.h - the layout of perf's files, shared by reader and writer.
 *
 * (Linux: tools/perf/util/header.h, tools/lib/perf/include/perf/event.h,
 * tools/perf/Documentation/perf.data-file-format.txt)
 */
#ifndef PERFGO_PERFDATA_FORMAT_H
#define PERFGO_PERFDATA_FORMAT_H

#include <linux/perf_event.h>
#include <stdint.h>

#define PERFDATA_MAGIC         0x32454c4946524550u /* "PERFILE2" */
#define PERFDATA_MAGIC_SWAPPED 0x50455246494c4532u
#define PERFDATA_MAGIC_OLD     0x454c494646524550u /* "PERFFILE", before Linux 2.6.38 */

struct perfdata_section {
    uint64_t offset, size;
};

struct perfdata_header {
    uint64_t magic, size, attr_size;
    struct perfdata_section attrs, data, event_types;
    uint64_t features[4]; /* bits: enum perfdata_feature */
};

enum { PERFDATA_PIPE_HEADER = 16 }; /* magic and size alone */

/* Sections of the features stand behind the data, in the order of their numbers. */
enum perfdata_feature {
    PERFDATA_BUILD_ID = 2,
    PERFDATA_HOSTNAME = 3,
    PERFDATA_OSRELEASE = 4,
    PERFDATA_VERSION = 5,
    PERFDATA_ARCH = 6,
    PERFDATA_NRCPUS = 7,
    PERFDATA_CMDLINE = 11,
    PERFDATA_EVENT_DESC = 12,
    PERFDATA_DIR_FORMAT = 24,
    PERFDATA_FEATURES = 64,
};

/* Records of perf's own. */
enum perfdata_record {
    PERFDATA_ATTR = 64,
    PERFDATA_TRACING_DATA = 66,
    PERFDATA_RECORD_BUILD_ID = 67,
    PERFDATA_FINISHED_ROUND = 68,
    PERFDATA_AUXTRACE = 71,
    PERFDATA_EVENT_UPDATE = 78,
    PERFDATA_HEADER_FEATURE = 80,
    PERFDATA_COMPRESSED = 81,
    PERFDATA_COMPRESSED2 = 83,
};

enum { PERFDATA_UPDATE_NAME = 2 };

struct perfdata_build_id_record { /* and the file's name, NUL-terminated and padded to 64 */
    struct perf_event_header header;
    int32_t pid;
    uint8_t id[20], size, reserved[3]; /* size 0: 20 */
};

#endif
