/* against.c - two versions of a program, measured in turns.
 *
 * A machine gets slower and faster by the minute, so one version after the other would compare two
 * hours of the machine. Here the versions take turns, and the order turns round each time (A B, B
 * A, A B …), so that a slow drift weighs on both alike. The older version is checked out into a
 * worktree of its own (git-worktree(1)); whatever the working directory holds is the newer one.
 *
 * Everything is done by perfgo itself, as a person would: `perfgo test --run ID` in each directory,
 * once per turn, and `perfgo compare` at the end. The runs stay in the history.
 */
#include "cli/against.h"

#include "cli/archive.h"
#include "cli/command.h"
#include "cli/gotest.h"
#include "cli/launch.h"
#include "cli/notes.h"
#include "cli/say.h"
#include "cli/simulate.h"
#include "cli/tempdir.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    STANDARD_ROUNDS = 10,
    SIDES = 3,
    SIGNALLED = 128, /* launch_status_code: above, it was a signal */
};

/* In the order of a turn. */
enum which { OLD, CONTROL, NEW };
static const char *const side_name[SIDES] = {"old", "control", "new"};

struct side {
    bool used;
    const char *dir; /* where perfgo test runs */
    char *id;        /* of its run */
};

struct against {
    const struct against_request *request;
    struct gotest args;
    struct tempdir temp;
    struct notes notes;                /* of all turns, each sentence once */
    char *commit, *worktree, *old_dir; /* NULL without --against */
    char output[PATH_MAX];             /* PERFGO_OUTPUT */
    struct side side[SIDES];
    uint64_t rounds;
    int devnull;
};

bool against_wanted(const struct against_flags *flags)
{
    return flags->ref != NULL || flags->control;
}

/* ---- git ---- */

/* One line of git's output without the newline, malloc'ed; NULL when git fails. */
static char *git_line(char *const *argv)
{
    char *text;
    int status = launch_capture(NULL, argv, &text);

    if (status != 0) {
        free(text);
        return NULL;
    }
    text[strcspn(text, "\n")] = '\0';
    return text;
}

static int run_quietly(const char *file, char *const *argv, const char *dir, int out)
{
    pid_t pid;
    int failure = launch_start(
        &(struct child_spec){
            .file = file, .argv = argv, .dir = dir, .out = out, .err = -1, .death_signal = SIGTERM},
        &pid);

    if (failure != 0)
        return say_error("%s cannot be run: %s", file, strerror(failure));
    return launch_status_code(launch_wait(pid, NULL));
}

/* Checks REF out beside the working tree; old_dir is where in it the user stands here. */
static int check_out(struct against *a)
{
    const char *ref = a->request->flags->ref;
    char *name = text_format("%s^{commit}", ref);
    char *verify[] = {"git", "rev-parse", "--verify", "--quiet", "--end-of-options", name, NULL};
    char *where[] = {"git", "rev-parse", "--show-prefix", NULL};
    char *prefix = git_line(where);
    int rc;

    a->commit = prefix != NULL ? git_line(verify) : NULL;
    free(name);
    if (prefix == NULL)
        return say_error("test: --against needs a git repository here, and a git command");
    if (a->commit == NULL) {
        free(prefix);
        return say_error("test: --against %s: git knows no such commit", ref);
    }
    a->worktree = text_format("%s/old", a->temp.path);
    a->old_dir = text_format("%s/%s", a->worktree, prefix);
    free(prefix);
    rc = run_quietly(
        "git",
        (char *[]){"git", "worktree", "add", "--quiet", "--detach", a->worktree, a->commit, NULL},
        NULL, a->devnull);
    if (rc == 0 && access(a->old_dir, X_OK) < 0)
        return say_error("test: --against %s: that version has no such directory as this one", ref);
    return rc == 0 ? 0 : say_error("test: --against %s: git worktree failed", ref);
}

static void remove_worktree(struct against *a)
{
    if (a->worktree != NULL && access(a->worktree, F_OK) == 0)
        run_quietly("git", (char *[]){"git", "worktree", "remove", "--force", a->worktree, NULL},
                    NULL, a->devnull);
    tempdir_remove(&a->temp);
}

/* ---- the sides ---- */

static int count_rounds(struct against *a)
{
    const char *count = a->args.count;
    char *end;

    a->rounds = a->request->flags->rounds;
    if (a->rounds == 0 && count != NULL) {
        errno = 0;
        a->rounds = strtoull(count, &end, 10);
        if (errno != 0 || *end != '\0' || a->rounds == 0 || count[0] == '-')
            return say_error("test: -count=%s: give a number from 1 on", count);
    }
    if (a->rounds == 0)
        a->rounds = simulate_wanted(&a->request->given->settings) ? 1 : STANDARD_ROUNDS;
    return 0;
}

static void use_side(struct against *a, enum which which, const char *dir, const char *id)
{
    a->side[which] =
        (struct side){.used = true, .dir = dir, .id = text_format("%s-%s", id, side_name[which])};
}

static int name_sides(struct against *a)
{
    const struct pg_settings *s = &a->request->given->settings;
    struct run_launcher launcher;
    char id[RUN_ID_SIZE];
    struct pg_error err;
    int rc = 0;

    if (s->run != NULL && (!run_id_valid(s->run) || strlen(s->run) > RUN_ID_SIZE - 16))
        return say_error("test: --run %s: give a shorter name, and one without a slash", s->run);
    if (s->run == NULL)
        rc = run_launcher(getpid(), &launcher, &err);
    if (rc == 0 && s->run == NULL)
        rc = run_default_id(&launcher, id, &err);
    if (rc == 0)
        rc = archive_output(s, a->args.dir, a->output, sizeof a->output, &err);
    if (rc < 0)
        return say_error("test: %s", err.text);
    if (s->run != NULL)
        snprintf(id, sizeof id, "%s", s->run);
    use_side(a, OLD, a->old_dir, id);
    if (a->request->flags->control)
        use_side(a, CONTROL, a->old_dir, id);
    if (a->request->flags->ref != NULL)
        use_side(a, NEW, NULL, id);
    return 0;
}

/* Compiles and links without running anything, so that a version that does not build is known
 * before an hour is spent on the other one. */
static int build(struct against *a, enum which which)
{
    struct words argv = {0};
    int status;

    words_add(&argv, "go");
    words_add(&argv, "test");
    words_add_all(&argv, a->args.lead.item, a->args.lead.n);
    words_add_all(&argv, (char *[]){"-exec=true", "-count=1"}, 2);
    words_add_all(&argv, a->args.args.item, a->args.args.n);
    status = run_quietly("go", argv.item, a->side[which].dir, a->devnull);
    words_free(&argv);
    if (status == 0)
        return 0;
    if (which == OLD && a->commit != NULL)
        return say_error("test: --against %s: that version does not build: see above",
                         a->request->flags->ref);
    return say_error("test: this version does not build: see above");
}

/* ---- measuring ---- */

static void test_command(const struct against *a, enum which which, struct words *argv)
{
    const struct against_request *r = a->request;

    words_add(argv, r->self);
    words_add(argv, "test");
    words_add(argv, r->mode);
    words_add(argv, "--quiet");
    words_add(argv, "--run");
    words_add(argv, a->side[which].id);
    words_add(argv, "--output");
    words_add(argv, a->output);
    if (r->keep)
        words_add(argv, "--keep");
    if (r->verbose)
        words_add(argv, "--verbose");
    if (r->seeds > 0) {
        char *seeds = text_format("--seeds=%" PRIu64, r->seeds);

        words_add(argv, seeds);
        free(seeds);
    }
    words_add(argv, "--");
    words_add_all(argv, a->args.lead.item, a->args.lead.n);
    if (a->args.exec != NULL) {
        char *exec = text_format("-exec=%s", a->args.exec);

        words_add(argv, exec);
        free(exec);
    }
    words_add(argv, "-count=1");
    words_add_all(argv, a->args.args.item, a->args.args.n);
}

static void set_tags(const struct against *a, enum which which)
{
    const char *tags = a->request->given->settings.tags;
    char *all = text_format("%s%sversion=%s", tags != NULL ? tags : "", tags != NULL ? "," : "",
                            side_name[which]);

    setenv("PERFGO_TAGS", all, 1);
    free(all);
}

/* One side's turn; its exit status. */
static int take_turn(const struct against *a, enum which which)
{
    struct words argv = {0};
    int status;

    test_command(a, which, &argv);
    set_tags(a, which);
    status = run_quietly(a->request->self, argv.item, a->side[which].dir,
                         a->request->verbose ? -1 : a->devnull);
    words_free(&argv);
    return status;
}

/* All turns, or those up to the first failure: how it went is in the runs, and compare tells. An
 * interrupted turn is the last thing that happens: its status. */
static int take_turns(const struct against *a)
{
    for (uint64_t round = 0; round < a->rounds; round++) {
        say("turn %" PRIu64 " of %" PRIu64, round + 1, a->rounds);
        for (int i = 0; i < SIDES; i++) {
            const enum which which = round % 2 == 0 ? i : SIDES - 1 - i;
            int status;

            if (!a->side[which].used)
                continue;
            status = take_turn(a, which);
            if (status > SIGNALLED)
                return status;
            if (status != 0) {
                say("go test failed (exit status %d) in the %s version: see "
                    "%s/history/%s/stdout.txt",
                    status, side_name[which], a->output, a->side[which].id);
                return 0;
            }
        }
    }
    return 0;
}

/* ---- the verdict ---- */

static int compare(const struct against *a)
{
    const struct against_flags *flags = a->request->flags;
    const enum which second = a->side[NEW].used ? NEW : CONTROL;
    struct words argv = {0};
    int status;

    words_add(&argv, a->request->self);
    words_add(&argv, "compare");
    words_add(&argv, "--paired");
    words_add(&argv, "--dir");
    words_add(&argv, a->output);
    for (size_t i = 0; i < flags->gates.n; i++) {
        words_add(&argv, "--gate");
        words_add(&argv, flags->gates.item[i]);
    }
    if (flags->format != NULL) {
        words_add(&argv, "--format");
        words_add(&argv, flags->format);
    }
    if (a->side[CONTROL].used) {
        words_add(&argv, "--control");
        words_add(&argv, a->side[CONTROL].id);
    }
    words_add(&argv, a->side[OLD].id);
    words_add(&argv, a->side[second].id);
    status = run_quietly(a->request->self, argv.item, NULL, -1);
    words_free(&argv);
    /* A version against itself: without a rule there is nothing to pass or to fail. */
    if (second == CONTROL && flags->gates.n == 0 && status == PERFGO_EXIT_INCONCLUSIVE)
        status = PERFGO_EXIT_OK;
    return status;
}

static int prepare(struct against *a)
{
    struct pg_error err;
    int rc = 0;

    if (gotest_scan(a->request->given->n_rest, a->request->given->rest, NULL, &a->args, &err) < 0)
        return say_error("test: %s", err.text);
    if (!gotest_benchmarks(&a->args))
        return say_error("test: --against and --control need -bench, as in perfgo test --against "
                         "main -- -bench=. ./...");
    if (a->request->flags->ref != NULL && a->args.dir != NULL && a->args.dir[0] == '/')
        return say_error("test: --against: -C %s leads out of the other version: give a relative "
                         "path",
                         a->args.dir);
    rc = count_rounds(a);
    tempdir_sweep(tempdir_base());
    if (rc == 0 && tempdir_create(&a->temp, tempdir_base(), false, &err) < 0)
        return say_error("test: %s", err.text);
    if (rc == 0 && a->request->flags->ref != NULL)
        rc = check_out(a);
    if (rc == 0)
        rc = name_sides(a);
    if (rc == 0)
        rc = build(a, OLD);
    if (rc == 0 && a->side[NEW].used)
        rc = build(a, NEW);
    return rc;
}

int against_run(const struct against_request *r)
{
    struct against a = {.request = r, .temp = {.fd = -1}};
    int rc;

    a.devnull = open("/dev/null", O_WRONLY | O_CLOEXEC);
    options_export(&r->given->settings);
    rc = prepare(&a);
    if (rc == 0) {
        notes_begin(&a.notes, a.temp.path);
        rc = take_turns(&a);
        notes_finish(&a.notes, r->verbose);
        rc = rc != 0 ? rc : compare(&a);
    }
    remove_worktree(&a);
    for (int i = 0; i < SIDES; i++)
        free(a.side[i].id);
    gotest_free(&a.args);
    free(a.commit);
    free(a.worktree);
    free(a.old_dir);
    close(a.devnull);
    return rc;
}
