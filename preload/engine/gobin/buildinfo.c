/* buildinfo.c - the version, module and settings that the go command wrote into the executable.
 *
 * The blob starts at a multiple of 16 with "\xff Go buildinf:", the pointer size, and flags. Since
 * Go 1.18 flag 2 says that two strings follow at +32, each a varint length and its bytes; before,
 * +16 and +24 held pointers to two Go strings (Go: src/debug/buildinfo/buildinfo.go). The first is
 * the version, the second the module info: text lines between two markers of 16 bytes (src/cmd/go/
 * internal/modload/build.go), tab-separated:
 *
 *     path	example.com/m.test
 *     mod	example.com/m	(devel)
 *     build	-race=true
 *
 * Keys and values that need it are quoted as Go strings (src/runtime/debug/mod.go).
 *
 * The module info is copied and cut in place: what separates words becomes a NUL, so that all
 * strings handed out are C strings within that copy.
 */
#include "gobin/gobin_priv.h"

#include <stdlib.h>
#include <string.h>

enum { HEADER = 32, ALIGN = 16, MARKER = 16, FLAG_BIG_ENDIAN = 1, FLAG_INLINE = 2 };
enum { MAX_VERSION = 256, MAX_MODINFO = 16 << 20 };

struct text {
    const uint8_t *data;
    uint64_t size;
};

static const char magic[] = "\xff Go buildinf:";

/* The blob in [addr, addr+size), or NULL; *left bytes may be read from it. */
static const uint8_t *search_blob(const struct gobin *bin, uint64_t addr, uint64_t size,
                                  uint64_t *left)
{
    const uint8_t *start = gomem_at(&bin->mem, addr, size);

    for (uint64_t i = -addr & (ALIGN - 1); start != NULL && i + HEADER <= size; i += ALIGN)
        if (memcmp(start + i, magic, sizeof magic - 1) == 0) {
            *left = size - i;
            return start + i;
        }
    return NULL;
}

static const uint8_t *find_blob(const struct gobin *bin, uint64_t *left)
{
    const struct elf_image *image = bin->mem.image;
    struct elf_section section;
    const uint8_t *blob = NULL;

    if (elf_section_by_name(image, ".go.buildinfo", &section))
        return search_blob(bin, section.addr, section.size, left);
    if (elf_section_count(image) > 0)
        return NULL;
    for (size_t i = 0; blob == NULL && i < elf_segment_count(image); i++) {
        const Elf64_Phdr *seg = elf_segment(image, i);

        if (seg->p_type == PT_LOAD && (seg->p_flags & PF_W) != 0)
            blob = search_blob(bin, seg->p_vaddr, seg->p_filesz, left);
    }
    return blob;
}

/* The bytes of the Go string whose header the blob's pointer at `at` points to. */
static const uint8_t *pointed_string(const struct gobin *bin, const uint8_t *at, uint64_t *size)
{
    uint64_t header = get64(at), data;

    if (header == 0)
        return NULL;
    if (!gomem_pointer(&bin->mem, header - bin->mem.bias, &data) ||
        !gomem_word(&bin->mem, header - bin->mem.bias + 8, size))
        return NULL;
    return gomem_at(&bin->mem, data, *size);
}

static char *copy(const uint8_t *data, uint64_t size)
{
    char *text = malloc(size + 1);

    if (text != NULL) {
        memcpy(text, data, size);
        text[size] = 0;
    }
    return text;
}

/* Undoes Go's quoting of a word in place, as far as the go command uses it: `raw`, or "…" with
 * backslashes before quotes and backslashes. Anything else stays as it is. */
static void unquote(char *word)
{
    size_t size = strlen(word), to = 0;

    if (size < 2 || (word[0] != '"' && word[0] != '`') || word[size - 1] != word[0])
        return;
    for (size_t i = 1; i < size - 1; i++) {
        if (word[0] == '"' && word[i] == '\\' && i + 1 < size - 1 &&
            (word[i + 1] == '"' || word[i + 1] == '\\'))
            i++;
        word[to + 1] = word[i]; /* word[0] is still needed */
        to++;
    }
    memmove(word, word + 1, to);
    word[to] = 0;
}

/* The end of a word of a build line that starts at `at`: at '=', or behind the closing quote. */
static char *key_end(char *at)
{
    char *end;

    if (*at == '"') {
        for (end = at + 1; *end != 0 && *end != '"'; end++)
            if (*end == '\\' && end[1] != 0)
                end++;
        return *end == '"' ? end + 1 : end;
    }
    end = *at == '`' ? strchr(at + 1, '`') : NULL;
    return end != NULL ? end + 1 : strchrnul(at, '=');
}

/* "build\tkey=value": cuts it and takes the quotes off. */
static void cut_build_line(struct gobin *bin, char *line)
{
    char *key = line + strlen("build\t"), *equals = key_end(key);

    if (*equals != '=')
        return;
    *equals = 0;
    unquote(key);
    unquote(equals + 1);
    bin->setting[bin->n_settings++] = (struct build_setting){key, equals + 1};
}

static void cut_line(struct gobin *bin, char *line)
{
    char *tab = strchr(line, '\t'), *second;

    if (strncmp(line, "build\t", 6) == 0) {
        cut_build_line(bin, line);
        return;
    }
    if (tab == NULL)
        return;
    *tab = 0;
    second = strchr(tab + 1, '\t');
    if (second != NULL)
        *second++ = 0;
    if (strcmp(line, "path") == 0)
        bin->main_path = tab + 1;
    if (strcmp(line, "mod") == 0) {
        bin->module_path = tab + 1;
        bin->module_version = second != NULL ? second : "";
        if (second != NULL)
            *strchrnul(second, '\t') = 0;
    }
}

static size_t count_lines(const char *text, size_t size)
{
    size_t lines = 1;

    for (size_t i = 0; i < size; i++)
        lines += text[i] == '\n';
    return lines;
}

static int cut_modinfo(struct gobin *bin, struct pg_error *err)
{
    char *line = bin->modinfo, *end = bin->modinfo + bin->modinfo_size;

    bin->setting = calloc(count_lines(line, bin->modinfo_size), sizeof *bin->setting);
    if (bin->setting == NULL)
        return pg_error_set(err, PG_E_NOMEM, "out of memory");
    while (line < end) {
        char *newline = memchr(line, '\n', (size_t)(end - line));

        if (newline == NULL)
            newline = end;
        *newline = 0;
        cut_line(bin, line);
        line = newline + 1;
    }
    return 0;
}

/* Finds the blob's two strings; either may be missing. */
static void find_strings(const struct gobin *bin, struct text *version, struct text *mod)
{
    uint64_t left = 0;
    const uint8_t *blob = find_blob(bin, &left);

    if (blob == NULL || (blob[15] & FLAG_BIG_ENDIAN) != 0)
        return;
    if ((blob[15] & FLAG_INLINE) != 0) {
        version->data = gomem_counted(blob + HEADER, left - HEADER, &version->size);
        if (version->data == NULL)
            return;
        left -= (uint64_t)(version->data - blob) + version->size;
        mod->data = gomem_counted(version->data + version->size, left, &mod->size);
    } else if (blob[14] == sizeof(uint64_t)) {
        version->data = pointed_string(bin, blob + 16, &version->size);
        mod->data = pointed_string(bin, blob + 24, &mod->size);
    }
}

int buildinfo_read(struct gobin *bin, struct pg_error *err)
{
    struct text version = {0}, mod = {0};

    bin->main_path = bin->module_path = bin->module_version = "";
    find_strings(bin, &version, &mod);
    if (version.data != NULL && version.size <= MAX_VERSION) {
        bin->version = copy(version.data, version.size);
        if (bin->version == NULL)
            return pg_error_set(err, PG_E_NOMEM, "out of memory");
    }
    if (mod.data == NULL || mod.size <= 2 * MARKER || mod.size > MAX_MODINFO ||
        mod.data[mod.size - MARKER - 1] != '\n')
        return 0;
    bin->modinfo_size = mod.size - 2 * MARKER;
    bin->modinfo = copy(mod.data + MARKER, bin->modinfo_size);
    if (bin->modinfo == NULL)
        return pg_error_set(err, PG_E_NOMEM, "out of memory");
    return cut_modinfo(bin, err);
}

int buildinfo_minor(const struct gobin *bin)
{
    const char *at = strstr(gobin_go_version(bin), "go1.");
    char *end;
    long minor;

    if (at == NULL)
        return -1;
    at += strlen("go1.");
    minor = strtol(at, &end, 10);
    return end != at && minor >= 0 && minor < 1000 ? (int)minor : -1;
}

const char *gobin_go_version(const struct gobin *bin)
{
    return bin->version != NULL ? bin->version : "";
}

const char *gobin_main_path(const struct gobin *bin)
{
    return bin->main_path;
}

const char *gobin_module_path(const struct gobin *bin)
{
    return bin->module_path;
}

const char *gobin_module_version(const struct gobin *bin)
{
    return bin->module_version;
}

const char *gobin_build_setting(const struct gobin *bin, const char *key)
{
    for (size_t i = 0; i < bin->n_settings; i++)
        if (strcmp(bin->setting[i].key, key) == 0)
            return bin->setting[i].value;
    return NULL;
}
