/* gobin.h - what a Go executable says about itself: version, functions, lines, layouts.
 *
 * Two kinds of memory are read through the same code: a file on disk, and the running process that
 * was loaded from that file (pointers relocated; file addresses + bias). Everything is validated
 * (sorted function table, text inside an executable segment, known names resolve) and an executable
 * that does not pass is refused with a sentence, never guessed at.
 * Sources: Go's src/internal/abi, src/runtime/symtab.go, src/debug/gosym,
 * src/cmd/link/internal/ld/pcln.go.
 */
#ifndef PERFGO_GOBIN_GOBIN_H
#define PERFGO_GOBIN_GOBIN_H

#include "base/error.h"
#include "elf/image.h"

struct gobin; /* opaque */

struct gobin_function {
    const char *name; /* as the linker knows it: "testing.(*B).runN"; lives as long as the gobin */
    uint64_t entry, end; /* [entry, end), link-time (file) addresses */
};

/* Opens the Go data of an ELF file. The image must outlive the gobin; the caller closes it.
 *   gobin_open       reads the file's bytes
 *   gobin_open_live  reads the memory of the calling process, into which the file was loaded at
 *                    file address + bias (0 unless PIE); bounded by the file's PT_LOAD segments
 * Errors: PG_E_NOTFOUND not a Go executable; PG_E_UNSUPPORTED a Go version or layout that does not
 * validate; PG_E_FORMAT damaged. [any thread] */
int gobin_open(const struct elf_image *image, struct gobin **out, struct pg_error *err);
int gobin_open_live(const struct elf_image *image, uint64_t bias, struct gobin **out,
                    struct pg_error *err);
void gobin_close(struct gobin *bin);

/* "go1.26.8", from the build info; "" when it has none. */
const char *gobin_go_version(const struct gobin *bin);
/* The "path" of the build info, "example.com/m/pkg.test"; "" when it has none. */
const char *gobin_main_path(const struct gobin *bin);
/* The main module's path and version ("example.com/m", "(devel)"); "" when there are none. */
const char *gobin_module_path(const struct gobin *bin);
const char *gobin_module_version(const struct gobin *bin);
/* A build setting of the build info, such as "-race", "CGO_ENABLED", "GOARCH", "vcs.revision";
 * NULL when absent. */
const char *gobin_build_setting(const struct gobin *bin, const char *key);

/* Functions in address order. gobin_function is false for an entry that only marks a gap, and out
 * of range. Names are not unique: an ABI wrapper is called like the function it wraps; by name, the
 * one at the lowest address is found, and the others are found by going through all. */
size_t gobin_function_count(const struct gobin *bin);
bool gobin_function(const struct gobin *bin, size_t i, struct gobin_function *out);
bool gobin_function_by_name(const struct gobin *bin, const char *name, struct gobin_function *out);
bool gobin_function_at(const struct gobin *bin, uint64_t pc, struct gobin_function *out);

/* The frames at an instruction, innermost first: calls that were inlined there, then the function
 * itself, which is always the last one, also when there are more than max. `pc` is the
 * instruction's link-time address; of a return address, give one less. Returns how many there are,
 * 0 outside of Go's functions. [any thread] */
struct gobin_frame {
    const char *function; /* as in gobin_function; lives as long as the gobin */
    const char *file;     /* as the compiler was given it; "" when not known */
    int32_t line;         /* 0: not known */
    int32_t start_line;   /* of the function; 0: not known, as before Go 1.20 */
    bool inlined;         /* into the next frame */
};
size_t gobin_frames(const struct gobin *bin, uint64_t pc, struct gobin_frame *out, size_t max);

/* By how many bytes the stack has grown at pc (link-time address) since its function was entered:
 * on amd64 the return address lies that far above the stack pointer. -1: not known. [any thread] */
int32_t gobin_stack_delta(const struct gobin *bin, uint64_t pc);

/* Code bytes of [addr, addr+size), link-time address; NULL outside the text. */
const uint8_t *gobin_code(const struct gobin *bin, uint64_t addr, size_t size);

/* Direct calls to `callee` (exact entry) within `caller`: link-time addresses of the call
 * instructions, ascending, at most max stored. Returns how many there are, or a negative code. */
int gobin_calls(const struct gobin *bin, const struct gobin_function *caller, uint64_t callee,
                uint64_t *sites, size_t max, struct pg_error *err);

/* The function (its entry) that the call which returns to `address` calls; false when that is no
 * direct call of a Go function. [any thread] */
bool gobin_called(const struct gobin *bin, uint64_t address, struct gobin_function *out);

/* Offset and size of a field of a named struct type, found in the type descriptors. The type is
 * "pkg.Type" or "import/path.Type"; with a path it must be exactly that package, without, a package
 * of that very path comes before others of the same name. The field is "name", searched in embedded
 * structs too (Go's promotion, shallowest first), or a way there: "common.name". Structs behind
 * pointers are not followed. PG_E_NOTFOUND when type or field is absent. [any thread] */
struct gobin_field {
    uint64_t offset, size;
    uint8_t kind; /* reflect.Kind of the field's type */
};
int gobin_field(const struct gobin *bin, const char *type, const char *field,
                struct gobin_field *out, struct pg_error *err);

#endif
