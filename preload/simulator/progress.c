/* progress.c - the names of the benchmarks that have begun, in a file that perfgo exec reads.
 *
 * Under Valgrind the process may be gone in the middle of a benchmark (an instruction that Valgrind
 * does not know, a time limit); what is in the file by then says which one it was.
 */
#include "simulator.h"

#include "hot/sys.h"

enum { LONGEST = 4096 };

static int progress_fd = -1;

void progress_open(void)
{
    progress_fd = simulator_open("progress", O_WRONLY | O_CREAT | O_APPEND);
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
