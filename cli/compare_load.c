#include "cli/compare_load.h"

#include "cli/report.h"
#include "cli/say.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int load_text(const char *path, struct benchset *set, struct pg_error *err)
{
    const size_t before = set->results;
    int rc = benchset_add_file(set, path, err);

    if (rc == 0 && set->results == before)
        rc = pg_error_set(err, PG_E_FORMAT,
                          "%.200s has no benchmark results: give what go test -bench printed, or a "
                          "run's id or directory",
                          path);
    return rc;
}

static bool take_record(const struct record *r, void *set)
{
    return benchset_add_record(set, r, NULL) == 0;
}

static int load_run(const char *history, const char *which, struct benchset *set,
                    struct pg_error *err)
{
    struct run_data *data = NULL;
    char *dir = NULL;
    int rc = run_resolve(history, which, &dir, err);

    if (rc == 0)
        rc = run_scan(dir, take_record, set, &data, err);
    if (rc == 0) {
        report_complain(data);
        rc = benchset_add_info(set, data, err);
    }
    run_data_free(data);
    free(dir);
    return rc;
}

static int load_one(const char *history, const char *item, struct benchset *set,
                    struct pg_error *err)
{
    struct stat st;
    char *below;
    int rc;

    if (stat(item, &st) == 0 && !S_ISDIR(st.st_mode))
        return load_text(item, set, err);
    below = text_format("%s/history", item);
    if (access(below, F_OK) == 0)
        rc = load_run(below, NULL, set, err);
    else
        rc = load_run(history, item, set, err);
    free(below);
    return rc;
}

int compare_load(const char *history, const char *operand, struct benchset *set,
                 struct pg_error *err)
{
    char *copy, *rest, *item;
    int rc = 0;

    if (operand[0] == '\0')
        return pg_error_set(err, PG_E_INVALID, "an operand is empty: give OLD and NEW");
    if (access(operand, F_OK) == 0) /* a name with a comma in it */
        return load_one(history, operand, set, err);
    rest = copy = text_copy(operand);
    while (rc == 0 && (item = strsep(&rest, ",")) != NULL) {
        if (item[0] == '\0')
            rc = pg_error_set(err, PG_E_INVALID, "'%.200s' has an empty name between commas",
                              operand);
        else
            rc = load_one(history, item, set, err);
    }
    free(copy);
    return rc;
}
