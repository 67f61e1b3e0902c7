/* gobin_dump.c - prints what gobin sees in a Go executable, for tests that compare it with the
 * truth.
 *
 * As a program it reads a file: gobin_dump FILE [QUERIES]. As a shared object that is preloaded
 * into a Go program it reads that process, from a constructor, as the agent does: GOBIN_DUMP_OUT
 * names the output, GOBIN_DUMP_QUERIES the queries. A query is a line "TYPE FIELD". Output lines:
 *
 *     version go1.26.8 | path … | module … | setting KEY VALUE
 *     cost NANOSECONDS BYTES               of opening
 *     fieldcost NANOSECONDS                of all queries
 *     field TYPE FIELD OFFSET SIZE KIND
 *     frame PLACE FUNCTION FILE:LINE START   for queries "pc PLACE", PLACE counted from
 * runtime.main func ENTRY END NAME call SITE                            of testing.(*B).runN in
 * testing.(*B).launch
 */
#include "elf/preloadable.h"
#include "gobin/gobin.h"

#include <inttypes.h>
#include <link.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint64_t now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* A place is told by its distance from a known function: the same in a file and in a process. */
static void dump_frames(const struct gobin *bin, const char *offset, FILE *out)
{
    struct gobin_function base;
    struct gobin_frame frame[16];
    size_t n = 0;

    if (gobin_function_by_name(bin, "runtime.main", &base))
        n = gobin_frames(bin, base.entry + (uint64_t)strtoll(offset, NULL, 10), frame, 16);
    for (size_t i = 0; i < n; i++)
        fprintf(out, "frame %s %s %s:%d %d\n", offset, frame[i].function, frame[i].file,
                frame[i].line, frame[i].start_line);
}

static void dump_fields(const struct gobin *bin, const char *queries, FILE *out)
{
    FILE *in = queries != NULL ? fopen(queries, "r") : NULL;
    char type[256], field[256];
    struct gobin_field found;
    struct pg_error err = {0};
    uint64_t start, spent = 0;

    while (in != NULL && fscanf(in, "%255s %255s", type, field) == 2) {
        if (strcmp(type, "pc") == 0) {
            dump_frames(bin, field, out);
            continue;
        }
        start = now();
        int rc = gobin_field(bin, type, field, &found, &err);
        spent += now() - start;
        if (rc == 0)
            fprintf(out, "field %s %s %" PRIu64 " %" PRIu64 " %u\n", type, field, found.offset,
                    found.size, found.kind);
        else
            fprintf(out, "nofield %s %s %s\n", type, field, err.text);
    }
    fprintf(out, "fieldcost %" PRIu64 "\n", spent);
    if (in != NULL)
        fclose(in);
}

static void dump_functions(const struct gobin *bin, FILE *out)
{
    struct gobin_function f, launch, by_name;
    uint64_t site[8];

    for (size_t i = 0; i < gobin_function_count(bin); i++) {
        if (!gobin_function(bin, i, &f))
            continue;
        fprintf(out, "func %" PRIx64 " %" PRIx64 " %s\n", f.entry, f.end, f.name);
        if (!gobin_function_by_name(bin, f.name, &by_name) || by_name.entry > f.entry)
            fprintf(out, "lost %s\n", f.name);
        if (f.end > f.entry &&
            (!gobin_function_at(bin, f.end - 1, &by_name) || by_name.entry != f.entry))
            fprintf(out, "misplaced %s\n", f.name);
    }
    if (gobin_function_by_name(bin, "testing.(*B).launch", &launch) &&
        gobin_function_by_name(bin, "testing.(*B).runN", &f)) {
        int n = gobin_calls(bin, &launch, f.entry, site, 8, NULL);
        for (int i = 0; i < n && i < 8; i++)
            fprintf(out, "call %" PRIx64 "\n", site[i]);
    }
}

static int dump(const char *path, const uint64_t *bias, const char *queries, FILE *out)
{
    static const char *const keys[] = {"-race", "GOARCH", "-ldflags", "CGO_ENABLED"};
    struct pg_error err = {0};
    struct elf_image *image = NULL;
    struct gobin *bin = NULL;
    uint64_t start;
    size_t before;
    int rc = elf_open(path, &image, &err);

    start = now();
    before = mallinfo2().uordblks;
    if (rc == 0)
        rc = bias != NULL ? gobin_open_live(image, *bias, &bin, &err)
                          : gobin_open(image, &bin, &err);
    if (rc != 0) {
        fprintf(out, "error %d %s\n", rc, err.text);
        elf_close(image);
        return 1;
    }
    start = now() - start;
    fprintf(out, "cost %" PRIu64 " %zu\n", start, mallinfo2().uordblks - before);
    fprintf(out, "version %s\npath %s\nmodule %s %s\n", gobin_go_version(bin), gobin_main_path(bin),
            gobin_module_path(bin), gobin_module_version(bin));
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (gobin_build_setting(bin, keys[i]) != NULL)
            fprintf(out, "setting %s %s\n", keys[i], gobin_build_setting(bin, keys[i]));
    dump_fields(bin, queries, out);
    dump_functions(bin, out);
    gobin_close(bin);
    elf_close(image);
    return 0;
}

static int main_bias(struct dl_phdr_info *info, size_t size, void *bias)
{
    (void)size;
    *(uint64_t *)bias = info->dlpi_addr;
    return 1; /* the program itself comes first */
}

__attribute__((constructor)) static void dump_live(void)
{
    const char *path = getenv("GOBIN_DUMP_OUT");
    FILE *out = path != NULL ? fopen(path, "wx") : NULL;
    uint64_t bias = 0;

    if (out == NULL)
        return;
    dl_iterate_phdr(main_bias, &bias);
    dump("/proc/self/exe", &bias, getenv("GOBIN_DUMP_QUERIES"), out);
    fclose(out);
}

static int make_preloadable(const char *file, const char *copy)
{
    struct pg_error err = {0};
    struct elf_image *image = NULL;
    enum elf_link_kind kind = ELF_LINK_DYNAMIC;
    int rc = elf_open(file, &image, &err);

    if (rc == 0)
        rc = elf_link_kind(image, &kind, &err);
    if (rc == 0 && kind != ELF_LINK_STATIC)
        rc = pg_error_set(&err, PG_E_INVALID, "%s is not static", file);
    if (rc == 0)
        rc = elf_make_preloadable(image, copy, &err);
    if (rc != 0)
        fprintf(stderr, "%s\n", err.text);
    elf_close(image);
    return rc != 0;
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "--preloadable") == 0)
        return make_preloadable(argv[2], argv[3]);
    if (argc < 2) {
        fprintf(stderr, "usage: gobin_dump FILE [QUERIES]\n");
        return 2;
    }
    return dump(argv[1], NULL, argc > 2 ? argv[2] : NULL, stdout);
}
