/* cmd_convert.c - recordings of perf as pprof. */
#include "base/files.h"
#include "cli/command.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/say.h"
#include "collect/convert.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct convert_flags {
    const char *output;
};

static const struct option_row rows[] = {
    {"output", 'o', "FILE", "write the profile to FILE (default: perf.pb.gz; - is standard output)",
     OPTION_TEXT, offsetof(struct convert_flags, output)},
};
static const struct options options = {
    .usage = "[FILE]",
    .doc =
        "Turn a recording of perf into a pprof profile, for `go tool pprof`, `go build -pgo=` and "
        "perfgo's own pages. FILE is what `perf record` wrote, or the text that `perf script` "
        "prints; - is standard input.\vGo programs are read where they were, stripped or not: "
        "functions, files, lines and inlined calls come from their own tables. Without FILE: "
        "perf.data.",
    .rows = rows,
    .n_rows = sizeof rows / sizeof rows[0],
    .operands = OPERANDS_ANYWHERE,
};

struct input {
    const char *name;
    struct strbuf text; /* of standard input */
    const char *at;
    size_t size;
    bool mapped;
};

static int read_stdin(struct input *in, struct pg_error *err)
{
    static char buf[1 << 16];
    ssize_t n;

    while ((n = read(STDIN_FILENO, buf, sizeof buf)) > 0)
        strbuf_add(&in->text, buf, (size_t)n);
    if (n < 0)
        return pg_error_errno(err, PG_E_IO, errno, "standard input");
    if (in->text.failed)
        return pg_error_set(err, PG_E_NOMEM, "out of memory");
    in->at = in->text.text != NULL ? in->text.text : "";
    in->size = in->text.size;
    return 0;
}

/* Maps text; what is a recording, or no file, is left to perfdata_open and its sentences. */
static int map_text(struct input *in, struct pg_error *err)
{
    int fd = open(in->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    char magic[8];
    void *at;

    if (fd < 0)
        return pg_error_errno(err, PG_E_IO, errno, "%s", in->name);
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 &&
        (pread(fd, magic, sizeof magic, 0) != sizeof magic || !perfdata_is(magic, sizeof magic))) {
        at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (at != MAP_FAILED) {
            in->at = at;
            in->size = (size_t)st.st_size;
            in->mapped = true;
        }
    }
    close(fd);
    return 0;
}

static int convert_text(const struct input *in, struct profile **out, struct convert_sums *sums,
                        struct pg_error *err)
{
    struct script *script = NULL;
    int rc = memchr(in->at, '\0', in->size) != NULL
                 ? pg_error_set(err, PG_E_FORMAT,
                                "neither a recording of perf nor what perf script prints")
                 : script_parse(in->at, in->size, &script, err);

    if (rc == 0)
        rc = convert_script(script, out, sums, err);
    script_close(script);
    return rc;
}

static int convert_recording(const struct input *in, struct profile **out,
                             struct convert_sums *sums, struct pg_error *err)
{
    struct perfdata *recording = NULL;
    int rc = in->at != NULL ? perfdata_parse(in->at, in->size, &recording, err)
                            : perfdata_open(in->name, &recording, err);

    if (rc == 0)
        rc = convert_perfdata(recording, out, sums, err);
    perfdata_close(recording);
    return rc;
}

static int convert(struct input *in, struct profile **out, struct convert_sums *sums,
                   struct pg_error *err)
{
    int rc = strcmp(in->name, "-") == 0 ? read_stdin(in, err) : map_text(in, err);

    if (rc != 0)
        return rc;
    return in->at != NULL && !perfdata_is(in->at, in->size) ? convert_text(in, out, sums, err)
                                                            : convert_recording(in, out, sums, err);
}

static int write_profile(const struct profile *profile, const char *path, struct pg_error *err)
{
    struct strbuf bytes = {0};
    int rc = profile_encode(profile, &bytes, err);

    if (rc == 0)
        rc = output_text(path, bytes.text, bytes.size, err);
    strbuf_free(&bytes);
    return rc;
}

static void tell(const struct convert_sums *sums, const char *path)
{
    char lost[64] = "";

    if (sums->lost > 0)
        snprintf(lost, sizeof lost, ", %" PRIu64 " more were lost", sums->lost);
    say("%" PRIu64 " samples%s: %s", sums->samples, lost, path);
    if (sums->unknown > 0)
        say("%" PRIu64 " addresses have no function: their files are not here, are other ones now, "
            "or have no symbols",
            sums->unknown);
}

int cmd_convert(int argc, char **argv)
{
    struct convert_flags flags = {.output = "perf.pb.gz"};
    struct input in = {.name = "perf.data"};
    struct convert_sums sums = {0};
    struct profile *profile = NULL;
    struct option_result given;
    struct pg_error err = {0};
    int rc = PERFGO_EXIT_OK;

    options_parse(&options, argc, argv, &flags, &given);
    if (given.words.n > 0)
        in.name = given.words.item[0];
    if (given.words.n > 1)
        rc = say_error("convert: one recording at a time, not '%s' too", given.words.item[1]);
    else if (convert(&in, &profile, &sums, &err) < 0)
        rc = say_error("convert: %s: %s", in.name, err.text);
    else if (write_profile(profile, flags.output, &err) < 0)
        rc = say_error("convert: %s", err.text);
    else if (strcmp(flags.output, "-") != 0)
        tell(&sums, flags.output);
    if (in.mapped)
        munmap((void *)(uintptr_t)in.at, in.size);
    strbuf_free(&in.text);
    profile_free(profile);
    options_free(&given);
    return rc;
}
