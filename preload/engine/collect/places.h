/* places.h - what lies at an address of this process: the object, and the frames.
 *
 * The one place where addresses of samples become names.
 */
#ifndef PERFGO_COLLECT_PLACES_H
#define PERFGO_COLLECT_PLACES_H

#include "gobin/gobin.h"
#include "profile/profile.h"

enum { PLACE_MAX_FRAMES = 64, PLACE_NAME_SIZE = 96 };

struct places; /* opaque */

/* `image` and `bin` are of the program, `file` is what it shall be called; borrowed. Reads
 * /proc/self/maps. */
int places_open(const struct elf_image *image, const struct gobin *bin, const char *file,
                struct places **out, struct pg_error *err);
void places_close(struct places *p); /* NULL is fine */

struct place {
    uint64_t key;                          /* the same for what is the same place */
    const struct profile_mapping *mapping; /* the object it lies in; NULL: none that is known */
    size_t n;                              /* at least 1 */
    struct profile_frame frame[PLACE_MAX_FRAMES]; /* innermost first */
    char name[PLACE_NAME_SIZE];                   /* where frames may point to */
};

/* `pc` is an instruction's address: of a return address, give one less. */
void place_find(const struct places *p, uint64_t pc, struct place *out);
/* The mapping of the program. */
const struct profile_mapping *places_program(const struct places *p);

#endif
