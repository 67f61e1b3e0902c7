/* script.h - the text that `perf script` prints, in its default form.
 *
 *     comm  tid [cpu] seconds: period event:  address symbol+0xoffset (object)
 *
 * with the last part on lines of its own, one per frame, leaf first, when there are callchains; an
 * empty line ends them. pid/tid for tid, no cpu, no period and no offset are understood too.
 * (perf-script(1); Linux: tools/perf/builtin-script.c)
 */
#ifndef PERFGO_PERFDATA_SCRIPT_H
#define PERFGO_PERFDATA_SCRIPT_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct script; /* opaque */

struct script_text { /* not NUL-terminated */
    const char *at;
    size_t size;
};

struct script_sample {
    struct script_text comm;
    uint64_t tid, time_ns, period; /* period 1 when there is none */
    size_t event;
    const struct script_text *frame; /* lines of frames, leaf first */
    size_t n_frames;
};

struct script_frame {
    uint64_t address, offset; /* offset: within the symbol */
    bool has_offset;
    bool inlined;                      /* into the next frame; address is that frame's */
    struct script_text symbol, object; /* "[unknown]" when perf did not know */
};

/* Reads text that stays the caller's: which events there are. PG_E_FORMAT: not what perf script
 * prints, naming the line. [any thread with libc] */
int script_parse(const char *text, size_t size, struct script **out, struct pg_error *err);
void script_close(struct script *s); /* NULL is fine */

size_t script_events(const struct script *s);
const char *script_event(const struct script *s, size_t i);

/* Calls visit with every sample in the order of the text, until it returns other than 0, which is
 * passed on. Pointers hold during the call, those into the text as long as it. */
typedef int script_visit(void *arg, const struct script_sample *sample, struct pg_error *err);
int script_read(struct script *s, script_visit *visit, void *arg, struct pg_error *err);

/* Takes a line of a frame apart; false when it is none. */
bool script_frame(struct script_text line, struct script_frame *out);

#endif
