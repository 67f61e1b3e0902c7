/* git.c - HEAD, refs and packed-refs (gitrepository-layout(5), git-pack-refs(1)).
 *
 * .git is a directory, or in worktrees and submodules a file "gitdir: PATH". HEAD belongs to that
 * directory; branches may lie in the common directory that its file `commondir` names. A repository
 * with the reftable format has no such files: then the commit stays unknown.
 */
#include "bench/git.h"
#include "base/files.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { COMMIT_SIZE = sizeof(((struct git_state *)0)->commit) };

/* path = base/name, or name when that is absolute; false when too long. */
static bool join(char *path, const char *base, const char *name)
{
    int n = name[0] == '/' ? snprintf(path, PATH_MAX, "%s", name)
                           : snprintf(path, PATH_MAX, "%s/%s", base, name);

    return n > 0 && n < PATH_MAX;
}

static bool is_commit(const char *s)
{
    size_t n = strspn(s, "0123456789abcdef");

    return (n == 40 || n == 64) && s[n] == '\0';
}

/* The git directory for a working tree at or above `dir`. */
static bool find_git_dir(const char *dir, char *git)
{
    char here[PATH_MAX], dot[PATH_MAX], line[PATH_MAX];
    struct stat st;

    if (snprintf(here, sizeof here, "%s", dir) >= (int)sizeof here)
        return false;
    for (char *slash;; *slash = '\0') {
        if (!join(dot, here, ".git"))
            return false;
        if (stat(dot, &st) == 0 && S_ISDIR(st.st_mode))
            return join(git, here, ".git");
        if (stat(dot, &st) == 0 && file_line(dot, line, sizeof line) &&
            strncmp(line, "gitdir: ", 8) == 0)
            return join(git, here, line + 8);
        slash = strrchr(here, '/');
        if (slash == NULL || here[0] == '\0')
            return false;
    }
}

/* "<hex> <ref>" per line; comments start with '#', peeled tags with '^'. */
static bool packed_ref(const char *common, const char *ref, char out[COMMIT_SIZE])
{
    char path[PATH_MAX];
    struct strbuf text = {0};
    bool found = false;
    char *line, *save = NULL;

    if (!join(path, common, "packed-refs") || file_read(path, 256 << 20, &text, NULL) < 0 ||
        text.text == NULL) {
        strbuf_free(&text);
        return false;
    }
    for (line = strtok_r(text.text, "\n", &save); line != NULL && !found;
         line = strtok_r(NULL, "\n", &save)) {
        char *blank = strchr(line, ' ');

        if (blank == NULL || strcmp(blank + 1, ref) != 0)
            continue;
        *blank = '\0';
        found = is_commit(line);
        if (found)
            snprintf(out, COMMIT_SIZE, "%s", line);
    }
    strbuf_free(&text);
    return found;
}

static bool loose_ref(const char *dir, const char *ref, char out[COMMIT_SIZE])
{
    char path[PATH_MAX], line[COMMIT_SIZE];

    if (!join(path, dir, ref) || !file_line(path, line, sizeof line) || !is_commit(line))
        return false;
    memcpy(out, line, sizeof line);
    return true;
}

bool git_read(const char *dir, struct git_state *out)
{
    char git[PATH_MAX], common[PATH_MAX], path[PATH_MAX], head[512], line[PATH_MAX];
    const char *ref;

    *out = (struct git_state){0};
    if (!find_git_dir(dir, git) || !join(path, git, "HEAD") || !file_line(path, head, sizeof head))
        return false;
    if (strncmp(head, "ref: ", 5) != 0) {
        if (is_commit(head))
            snprintf(out->commit, sizeof out->commit, "%.71s", head);
        return true;
    }
    ref = head + 5;
    /* A ref that leaves the directory is nobody's branch. */
    if (strstr(ref, "..") != NULL || ref[0] == '/')
        return true;
    if (strncmp(ref, "refs/heads/", 11) == 0 && strcmp(ref, "refs/heads/.invalid") != 0)
        snprintf(out->branch, sizeof out->branch, "%.255s", ref + 11);
    memcpy(common, git, sizeof common);
    if (join(path, git, "commondir") && file_line(path, line, sizeof line) &&
        !join(common, git, line))
        return true;
    if (!loose_ref(git, ref, out->commit) && !loose_ref(common, ref, out->commit))
        packed_ref(common, ref, out->commit);
    return true;
}
