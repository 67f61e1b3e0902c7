#include "cli/prune.h"

#include "bench/run.h"
#include "cli/say.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

enum { DAY = 24 * 3600, HOUR = 3600 };

/* No result yet, and written to within the hour. */
static bool in_progress(const char *dir, int64_t now)
{
    char *path = text_format("%s/testrun.json", dir);
    struct run_data *data;
    struct stat st;
    bool open = false;

    if (stat(path, &st) == 0 && now - (int64_t)st.st_mtim.tv_sec < HOUR &&
        run_load(dir, &data, NULL) == 0) {
        open = data->info == NULL || !data->info->has_exit_code;
        run_data_free(data);
    }
    free(path);
    return open;
}

int prune_history(const char *history, const struct prune *p, struct prune_result *out,
                  struct pg_error *err)
{
    const int64_t now = (int64_t)time(NULL);
    struct run_list list;
    int rc;

    *out = (struct prune_result){0};
    rc = run_list(history, &list, err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < list.n && rc == 0; i++) {
        const struct run_entry *entry = &list.entry[i];

        if (i < p->keep || i == 0 || now - entry->time < (int64_t)p->keep_days * DAY ||
            in_progress(entry->dir, now)) {
            out->kept++;
            continue;
        }
        rc = p->dry ? 0 : run_remove(entry->dir, err);
        if (rc == 0 && p->tell != NULL)
            p->tell(p->context, entry->id);
        out->removed += rc == 0;
    }
    run_list_free(&list);
    return rc;
}
