/* progress.c - the names of the benchmarks that have begun, in a file that perfgo exec reads.
 *
 * Under Valgrind the process may be gone in the middle of a benchmark (an instruction that Valgrind
 * does not know, a time limit); what is in the file by then says which one it was.
 */
#include "progress.h"

#include "hot/sys.h"

#include <fcntl.h>
#include <stdio.h>

enum {
    FD_LOWEST = 100, /* tests count on low descriptors being free */
    LONGEST = 4096,
};

static int progress_fd = -1;

void progress_open(void)
{
    char path[4200];
    int fd;

    if (agent.settings.simulate_dir == NULL)
        return;
    snprintf(path, sizeof path, "%s/progress", agent.settings.simulate_dir);
    fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        return;
    progress_fd = fcntl(fd, F_DUPFD_CLOEXEC, FD_LOWEST);
    sys_close(fd);
}

/* One write per name: the reader takes whole lines only. */
void progress_tell(struct go_string name)
{
    static char line[LONGEST]; /* one benchmark begins at a time */

    if (progress_fd < 0 || name.size + 1 > sizeof line)
        return;
    for (uint64_t i = 0; i < name.size; i++)
        line[i] = name.data[i];
    line[name.size] = '\n';
    sys_call3(SYS_write, progress_fd, (long)line, (long)(name.size + 1));
}
