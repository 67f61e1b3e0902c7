#include "cli/progress.h"

#include "cli/benchlist.h"
#include "cli/say.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

void progress_begin(struct progress *p, const char *dir)
{
    char *path = text_format("%s/progress", dir);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    *p = (struct progress){0};
    if (fd < 0) {
        free(path);
        return;
    }
    close(fd);
    p->path = path;
    setenv("PERFGO_PROGRESS", path, 1);
}

void progress_tick(void *context, pid_t pid)
{
    struct progress *p = context;
    struct words lines = {0};

    (void)pid;
    if (p->path == NULL)
        return;
    benchlist_read(p->path, &p->offset, &lines);
    for (size_t i = 0; i < lines.n; i++)
        say("%s", lines.item[i]);
    words_free(&lines);
}

void progress_end(struct progress *p)
{
    unsetenv("PERFGO_PROGRESS");
    free(p->path);
    *p = (struct progress){0};
}
