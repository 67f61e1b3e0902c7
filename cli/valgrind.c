#include "cli/valgrind.h"

#include "base/files.h"
#include "cli/say.h"
#include "cli/target.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- where it is ---- */

/* ID or a word of ID_LIKE of os-release(5), in this order of preference. */
static const struct {
    const char *id, *command;
} installers[] = {
    {"debian", "apt-get install valgrind"}, {"ubuntu", "apt-get install valgrind"},
    {"fedora", "dnf install valgrind"},     {"rhel", "dnf install valgrind"},
    {"alpine", "apk add valgrind"},         {"arch", "pacman -S valgrind"},
    {"suse", "zypper install valgrind"},    {"opensuse", "zypper install valgrind"},
};

/* Is `word` one of the words of the line KEY=… ? */
static bool has_word(const char *text, const char *key, const char *word)
{
    const size_t key_size = strlen(key), word_size = strlen(word);

    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, key_size) != 0 || line[key_size] != '=')
            continue;
        for (const char *s = line + key_size + 1; *s != '\0' && *s != '\n';) {
            size_t n;

            s += strspn(s, " \"'");
            n = strcspn(s, " \"'\n");
            if (n == word_size && memcmp(s, word, n) == 0)
                return true;
            s += n + (s[n] == ' ' || s[n] == '"' || s[n] == '\'');
        }
    }
    return false;
}

const char *valgrind_install_command(const char *os_release)
{
    for (size_t i = 0; i < sizeof installers / sizeof installers[0]; i++)
        if (has_word(os_release, "ID", installers[i].id) ||
            has_word(os_release, "ID_LIKE", installers[i].id))
            return installers[i].command;
    return "";
}

int valgrind_find(char **path, struct pg_error *err)
{
    struct strbuf os = {0};
    const char *command = "";
    int rc;

    *path = target_find("valgrind");
    if (*path != NULL)
        return 0;
    if (file_read("/etc/os-release", 1 << 16, &os, NULL) == 0 && os.text != NULL)
        command = valgrind_install_command(os.text);
    rc = command[0] != '\0'
             ? pg_error_set(err, PG_E_NOTFOUND,
                            "simulating needs Valgrind, which is not installed: %s%s",
                            geteuid() != 0 ? "sudo " : "", command)
             : pg_error_set(err, PG_E_NOTFOUND,
                            "simulating needs Valgrind, which is not in PATH: install the package "
                            "valgrind of your system");
    strbuf_free(&os);
    return rc;
}

/* ---- caches ---- */

enum { I1, D1, LL, CACHES };

struct cache {
    uint64_t size, ways, line;
};

static const char *const cache_names[CACHES] = {"I1", "D1", "LL"};
static const struct cache standard[CACHES] = {
    {32 << 10, 8, 64}, {32 << 10, 8, 64}, {8 << 20, 16, 64}};

/* A number with K, M or nothing behind it; NULL when it is none. */
static const char *read_size(const char *s, uint64_t *out)
{
    char *end;

    if (!isdigit((unsigned char)*s))
        return NULL;
    errno = 0;
    *out = strtoull(s, &end, 10);
    if (errno != 0 || *out > (uint64_t)1 << 40)
        return NULL;
    if (*end == 'K' || *end == 'k')
        *out <<= 10;
    else if (*end == 'M' || *end == 'm')
        *out <<= 20;
    else
        return end;
    return end + 1;
}

/* SIZE[,WAYS[,LINE]] at s; stops before a comma that begins the next cache. */
static const char *read_cache(const char *s, struct cache *out)
{
    uint64_t *field[] = {&out->size, &out->ways, &out->line};

    for (size_t i = 0; i < sizeof field / sizeof field[0]; i++) {
        s = read_size(s, field[i]);
        if (s == NULL || *s != ',' || !isdigit((unsigned char)s[1]))
            return s;
        if (i + 1 < sizeof field / sizeof field[0])
            s++;
    }
    return s;
}

static bool is_power(uint64_t n)
{
    return n != 0 && (n & (n - 1)) == 0;
}

/* What callgrind accepts: a power of two of sets, lines of 16 bytes at least. (Valgrind manual,
 * "Cachegrind", cache options) */
static bool is_sound(const struct cache *c)
{
    return is_power(c->line) && c->line >= 16 && c->ways > 0 &&
           c->size % (c->line * c->ways) == 0 && is_power(c->size / (c->line * c->ways));
}

static int read_caches(const char *text, struct cache cache[CACHES], struct pg_error *err)
{
    for (const char *s = text; *s != '\0'; s += *s == ',') {
        const bool both = strncmp(s, "L1=", 3) == 0;
        struct cache c;
        int which = both ? D1 : 0;

        while (!both && which < CACHES && (strncmp(s, cache_names[which], 2) != 0 || s[2] != '='))
            which++;
        c = which < CACHES ? standard[which] : (struct cache){0};
        s = which < CACHES ? read_cache(s + 3, &c) : NULL;
        if (s == NULL || (*s != '\0' && *s != ',') || !is_sound(&c))
            return pg_error_set(err, PG_E_INVALID,
                                "the cache model '%s' is not valid: give I1=, D1=, L1= or LL= "
                                "followed by SIZE[,WAYS[,LINE]] with a power of two of sets, as in "
                                "L1=32K,8,64,LL=8M,16,64",
                                text);
        cache[which] = c;
        if (both)
            cache[I1] = c;
    }
    return 0;
}

int valgrind_command(struct words *argv, const char *path, const char *dir, const char *cache,
                     struct pg_error *err)
{
    static const char *const fixed[] = {"--tool=callgrind",         "-q",
                                        "--sigill-diagnostics=yes", "--vgdb=no",
                                        "--instr-atstart=no",       "--cache-sim=yes",
                                        "--branch-sim=yes",         "--dump-instr=yes"};
    struct cache caches[CACHES];
    char *option;
    int rc;

    memcpy(caches, standard, sizeof caches);
    rc = cache != NULL ? read_caches(cache, caches, err) : 0;
    if (rc < 0)
        return rc;
    words_add(argv, path);
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
        words_add(argv, fixed[i]);
    for (int i = 0; i < CACHES; i++) {
        option = text_format("--%s=%" PRIu64 ",%" PRIu64 ",%" PRIu64, cache_names[i],
                             caches[i].size, caches[i].ways, caches[i].line);
        words_add(argv, option);
        free(option);
    }
    option = text_format("--callgrind-out-file=%s/callgrind.out", dir);
    words_add(argv, option);
    free(option);
    option = text_format("--log-file=%s/valgrind.log", dir);
    words_add(argv, option);
    free(option);
    return 0;
}

/* ---- its log ---- */

/* "0x62 0xF1 0x7D" or "0xd5380000" behind the colon, as "62 f1 7d". */
static void take_bytes(const char *line, struct valgrind_failure *out)
{
    const char *s = strrchr(line, ':');
    char bytes[64] = "";
    size_t n = 0;

    while (s != NULL && (s = strstr(s, "0x")) != NULL && n + 12 < sizeof bytes) {
        for (s += 2; isxdigit((unsigned char)*s) && n + 2 < sizeof bytes; s++)
            bytes[n++] = (char)tolower((unsigned char)*s);
        bytes[n++] = ' ';
    }
    if (n > 0)
        bytes[n - 1] = '\0';
    if (out->what[0] == '\0')
        snprintf(out->what, sizeof out->what, "does not know the instruction%s%s", n > 0 ? " " : "",
                 bytes);
}

static void take_line(const char *line, struct valgrind_failure *out, bool *reason_follows)
{
    const char *found;

    if (strstr(line, "unhandled instruction") != NULL ||
        strstr(line, "unhandled_instruction") != NULL) {
        take_bytes(line, out);
    } else if ((found = strstr(line, "nrecognised instruction at address 0x")) != NULL) {
        out->address = strtoull(strstr(found, "0x"), NULL, 16);
        if (out->what[0] == '\0')
            snprintf(out->what, sizeof out->what, "does not know an instruction");
    } else if (strstr(line, "the 'impossible' happened") != NULL) {
        *reason_follows = true;
    } else if (out->what[0] == '\0' && strstr(line, ": Assertion '") != NULL) {
        snprintf(out->what, sizeof out->what, "failed itself: %.120s", strstr(line, "Assertion '"));
    } else if (*reason_follows && out->what[0] == '\0') {
        snprintf(out->what, sizeof out->what, "failed itself: %.120s", line + strspn(line, " \t"));
    }
}

void valgrind_read_log(const char *path, struct valgrind_failure *out)
{
    bool reason_follows = false;
    char *line = NULL;
    size_t capacity = 0;
    FILE *f = fopen(path, "re");

    *out = (struct valgrind_failure){0};
    while (f != NULL && getline(&line, &capacity, f) > 0) {
        line[strcspn(line, "\n")] = '\0';
        take_line(line, out, &reason_follows);
    }
    free(line);
    if (f != NULL)
        fclose(f);
}
