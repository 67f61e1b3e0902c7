#include "gobin/gobin_priv.h"

#include <stdlib.h>

static int open_bin(struct gobin *bin, const struct elf_image *image, bool live, uint64_t bias,
                    struct pg_error *err)
{
    int rc;

    bin->arch = arch_by_machine(elf_header(image)->e_machine);
    if (bin->arch == NULL)
        return pg_error_set(err, PG_E_UNSUPPORTED,
                            "an executable for a machine that perfgo does not know");
    rc = gomem_init(&bin->mem, image, live, bias, err);
    if (rc == 0)
        rc = buildinfo_read(bin, err);
    if (rc == 0)
        rc = moduledata_find(bin, err);
    if (rc == 0)
        rc = functions_index(bin, err);
    return rc;
}

static int open_any(const struct elf_image *image, bool live, uint64_t bias, struct gobin **out,
                    struct pg_error *err)
{
    struct gobin *bin = calloc(1, sizeof *bin);
    int rc;

    *out = NULL;
    if (bin == NULL)
        return pg_error_set(err, PG_E_NOMEM, "out of memory");
    rc = open_bin(bin, image, live, bias, err);
    if (rc != 0)
        gobin_close(bin);
    else
        *out = bin;
    return rc;
}

int gobin_open(const struct elf_image *image, struct gobin **out, struct pg_error *err)
{
    return open_any(image, false, 0, out, err);
}

int gobin_open_live(const struct elf_image *image, uint64_t bias, struct gobin **out,
                    struct pg_error *err)
{
    return open_any(image, true, bias, out, err);
}

void gobin_close(struct gobin *bin)
{
    if (bin == NULL)
        return;
    types_free(bin);
    free(bin->slots);
    free(bin->setting);
    free(bin->modinfo);
    free(bin->version);
    gomem_free(&bin->mem);
    free(bin);
}
