/* libpfm4's event strings, through perfgo's parser and resolver, for CPUs that are not this one. */
#include "pmu/pfm.h"
#include "pmu/resolve.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum modes { NONE, U, K, UK };

struct row {
    const char *text;
    bool good;
    uint64_t config, config1;
    enum modes modes;
};

#define ROW(text, config, config1, modes) {text, true, config, config1, modes},
#define BAD(text)                         {text, false, 0, 0, NONE},
#define PFM_INTEL
static const struct row intel[] = {
#include "tests/unit/pfm_events.def"
};
#undef PFM_INTEL
#define PFM_AMD
static const struct row amd[] = {
#include "tests/unit/pfm_events.def"
};
#undef PFM_AMD
#define PFM_ARM
static const struct row arm[] = {
#include "tests/unit/pfm_events.def"
};
#undef PFM_ARM

static int resolve(const char *text, struct resolved out[RESOLVE_MAX], struct pg_error *err)
{
    const struct resolve_roots roots = {"/nonexistent", NULL};
    struct evspec *spec;
    int rc = evspec_parse(text, &spec, err);

    if (rc == 0)
        rc = resolve_term(&roots, spec, &spec->term[0], out, err);
    evspec_free(spec);
    return rc;
}

/* What is wrong with a row; "" when nothing is. */
static void judge(const struct row *row, char *why, size_t size)
{
    struct resolved out[RESOLVE_MAX];
    struct pg_error err = {0};
    const struct perf_event_attr *a = &out[0].attr;
    int rc = resolve(row->text, out, &err);

    why[0] = '\0';
    if (!row->good) {
        if (rc >= 0)
            snprintf(why, size, "is accepted: config %#llx", (unsigned long long)a->config);
        return;
    }
    if (rc != 1)
        snprintf(why, size, "is refused: %d %.300s", rc, err.text);
    else if (a->type != PERF_TYPE_RAW || a->config != row->config || a->config1 != row->config1 ||
             a->config2 != 0)
        snprintf(why, size, "is type %u config %#llx config1 %#llx config2 %#llx", a->type,
                 (unsigned long long)a->config, (unsigned long long)a->config1,
                 (unsigned long long)a->config2);
    else if (a->exclude_user != !(row->modes & U) || a->exclude_kernel != !(row->modes & K))
        snprintf(why, size, "excludes user %u kernel %u", a->exclude_user, a->exclude_kernel);
}

/* libpfm4 is built with the tables of one architecture. */
static void check(const char *sample, bool here, const struct row *row, size_t n)
{
    struct perf_event_attr attr = {0};
    size_t wrong = 0;
    char why[400];

    if (pfmevent_encode(sample, &attr, NULL) != 0) {
        assert_false(here);
        print_message("this libpfm4 knows no %s: it is of another architecture\n", sample);
        skip();
    }
    for (size_t i = 0; i < n; i++) {
        judge(&row[i], why, sizeof why);
        wrong += why[0] != '\0';
        if (why[0] != '\0')
            print_message("'%s' %s\n", row[i].text, why);
    }
    if (wrong > 0)
        fail_msg("%zu of %zu rows are wrong", wrong, n);
}

#if defined(__x86_64__)
enum { X86 = true, ARM64 = false };
#else
enum { X86 = false, ARM64 = true };
#endif

static void test_intel(void **state)
{
    (void)state;
    check("skl::INST_RETIRED:ANY_P", X86, intel, COUNT(intel));
}

static void test_amd(void **state)
{
    (void)state;
    check("amd64_fam17h_zen2::RETIRED_INSTRUCTIONS", X86, amd, COUNT(amd));
}

static void test_arm(void **state)
{
    (void)state;
    check("arm_n1::INST_RETIRED", ARM64, arm, COUNT(arm));
}

static void test_size(void **state)
{
    (void)state;
    assert_true(COUNT(intel) + COUNT(amd) + COUNT(arm) >= 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_intel),
        cmocka_unit_test(test_amd),
        cmocka_unit_test(test_arm),
        cmocka_unit_test(test_size),
    };

    /* Else libpfm4 encodes for the CPUs it finds only. (pfm_initialize(3)) */
    setenv("LIBPFM_ENCODE_INACTIVE", "1", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
