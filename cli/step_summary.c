#include "cli/step_summary.h"

#include "base/files.h"
#include "cli/say.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* GitHub drops the page of a step above 1024 KiB as a whole. */
enum { LIMIT = 1024 * 1024 - 4096, NOTICE = 256 };

/* Whole lines of the text that fit into `room`; the rest is counted. */
static size_t fit(const char *text, size_t size, size_t room, size_t *lines_cut)
{
    size_t kept = size;

    *lines_cut = 0;
    if (size <= room)
        return size;
    kept = room > NOTICE ? room - NOTICE : 0;
    while (kept > 0 && text[kept - 1] != '\n')
        kept--;
    for (size_t i = kept; i < size; i++)
        *lines_cut += text[i] == '\n';
    return kept;
}

static int append(int fd, const char *text, size_t size)
{
    struct stat st;
    size_t used, kept, lines;
    char notice[NOTICE];
    int rc;

    if (fstat(fd, &st) < 0)
        return -errno;
    used = st.st_size < LIMIT ? (size_t)st.st_size : LIMIT;
    kept = fit(text, size, LIMIT - used, &lines);
    rc = file_write_all(fd, text, kept);
    if (rc < 0 || kept == size)
        return rc;
    snprintf(notice, sizeof notice,
             "\n%zu further lines were cut: a step's summary holds 1 MiB. perfgo shows all with "
             "--output FILE.\n",
             lines);
    return file_write_all(fd, notice, strlen(notice));
}

void step_summary(void (*write)(FILE *f, const void *data), const void *data)
{
    const char *path = getenv("GITHUB_STEP_SUMMARY"), *actions = getenv("GITHUB_ACTIONS");
    char *text = NULL;
    size_t size = 0;
    FILE *f;
    int fd, rc;

    if (path == NULL || path[0] == '\0' || actions == NULL || strcmp(actions, "true") != 0)
        return;
    f = open_memstream(&text, &size);
    if (f == NULL)
        return;
    write(f, data);
    fputc('\n', f);
    fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    rc = fclose(f) != 0 ? -ENOMEM : fd < 0 ? -errno : append(fd, text, size);
    if (fd >= 0 && close(fd) < 0 && rc == 0)
        rc = -errno;
    if (rc < 0)
        say("cannot write the step's summary %s: %s", path, strerror(-rc));
    free(text);
}
