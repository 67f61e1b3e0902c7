/* doctor.h - findings about this machine: cmd_doctor.c shows what doctor_checks.c finds. */
#ifndef PERFGO_CLI_DOCTOR_H
#define PERFGO_CLI_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>

enum doctor_status { DOCTOR_OK, DOCTOR_LIMITED, DOCTOR_MISSING };

struct finding {
    char *check, *state, *cause, *cure; /* cause, cure: or NULL */
    enum doctor_status status;
    bool vital; /* when missing, nothing can be measured */
};

struct doctor {
    const char *sysroot; /* holds proc/ and sys/; "" for this machine's own */
    const char *output;  /* where runs go; NULL: the usual place */
    struct finding *finding;
    size_t n;
};

/* Appends one finding or more for everything that can limit perfgo. */
void doctor_examine(struct doctor *d);
void doctor_release(struct doctor *d);

#endif
