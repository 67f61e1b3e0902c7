#include "bench/host.h"
#include "base/files.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

/* The value of the first "key   : value" line of /proc/cpuinfo. */
static bool cpuinfo(const char *text, const char *key, char *out, size_t size)
{
    size_t n = strlen(key);

    for (const char *line = text; line != NULL && *line != '\0'; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, n) == 0 && strchr(" \t:", line[n]) != NULL) {
            const char *value = line + n + strspn(line + n, " \t:");

            snprintf(out, size, "%.*s", (int)strcspn(value, "\n"), value);
            return true;
        }
    }
    return false;
}

/* arm64 gives numbers instead of a name. */
static void read_cpu(const char *text, struct host *out)
{
    char implementer[16] = "", part[16] = "", variant[16] = "", revision[16] = "";

    cpuinfo(text, "microcode", out->microcode, sizeof out->microcode);
    if (cpuinfo(text, "model name", out->cpu, sizeof out->cpu) ||
        !cpuinfo(text, "CPU implementer", implementer, sizeof implementer))
        return;
    cpuinfo(text, "CPU part", part, sizeof part);
    cpuinfo(text, "CPU variant", variant, sizeof variant);
    cpuinfo(text, "CPU revision", revision, sizeof revision);
    snprintf(out->cpu, sizeof out->cpu, "implementer %s part %s variant %s revision %s",
             implementer, part, variant, revision);
}

/* What the hypervisor calls itself through DMI, else that there is one. */
static void read_virtualization(const char *text, struct host *out)
{
    char flags[4096] = "", vendor[64] = "";

    if (access("/proc/xen", F_OK) == 0)
        snprintf(out->virtualization, sizeof out->virtualization, "xen");
    else if (cpuinfo(text, "flags", flags, sizeof flags) && strstr(flags, " hypervisor") != NULL)
        snprintf(out->virtualization, sizeof out->virtualization, "%s",
                 file_line("/sys/class/dmi/id/sys_vendor", vendor, sizeof vendor) && vendor[0] != 0
                     ? vendor
                     : "hypervisor");
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void read_pmus(struct host *out)
{
    DIR *dir = opendir("/sys/bus/event_source/devices");
    struct dirent *d;

    while (dir != NULL && (d = readdir(dir)) != NULL && out->n_pmus < HOST_MAX_PMUS)
        if (d->d_name[0] != '.')
            snprintf(out->pmu[out->n_pmus++], sizeof out->pmu[0], "%.47s", d->d_name);
    if (dir != NULL)
        closedir(dir);
    qsort(out->pmu, out->n_pmus, sizeof out->pmu[0], by_name);
}

void host_read(struct host *out)
{
    struct strbuf text = {0};
    struct utsname kernel;
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);

    *out = (struct host){.cpus = cpus > 0 ? (unsigned)cpus : 0};
    if (file_read("/proc/cpuinfo", 16 << 20, &text, NULL) == 0 && text.text != NULL) {
        read_cpu(text.text, out);
        read_virtualization(text.text, out);
    }
    strbuf_free(&text);
    if (uname(&kernel) == 0)
        snprintf(out->kernel, sizeof out->kernel, "%s %s", kernel.sysname, kernel.release);
    file_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", out->governor,
              sizeof out->governor);
    read_pmus(out);
}
