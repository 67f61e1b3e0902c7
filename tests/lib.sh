# lib.sh - what every test script starts from: `. "$(dirname "$0")/../lib.sh"`.
#
# The protocol with tests/run.sh is one line per check on standard output:
#   ok NAME            not ok NAME: why            skip NAME: reason
# Everything else a script prints is shown only when it fails. A script that prints no such line, or
# exits non-zero without a "not ok", counts as one failure, so a test cannot pass by doing nothing.
# A script that needs longer than the runner's default says so in a comment line `# timeout: SECONDS`.
#
# Sets ROOT (the checkout), OUT (its build directory), PERFGO, LIBPERFGO, and TMP, a directory that
# is removed at exit.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
OUT=${OUT:-build}
case $OUT in /*) ;; *) OUT=$ROOT/$OUT ;; esac
PERFGO=${PERFGO:-$OUT/bin/perfgo}
LIBPERFGO=${LIBPERFGO:-$OUT/lib/libperfgo.so}
export ROOT OUT PERFGO LIBPERFGO

# Under sudo, and in containers, the usual place of Go is often not in PATH.
if ! command -v go >/dev/null 2>&1 && [ -x /usr/local/go/bin/go ]; then
    PATH=$PATH:/usr/local/go/bin
fi

# Settings of the person who runs the tests must not change what the tests see.
unset PERFGO_EVENTS PERFGO_MODE PERFGO_BACKEND PERFGO_OUTPUT PERFGO_RUN PERFGO_TAGS PERFGO_INLINE \
    PERFGO_LOG PERFGO_LIB LD_PRELOAD GOFLAGS GITHUB_ACTIONS GITHUB_STEP_SUMMARY
LC_ALL=C.UTF-8
PYTHONPATH=$ROOT/tests # terminal.py
PYTHONDONTWRITEBYTECODE=1
export PATH LC_ALL PYTHONPATH PYTHONDONTWRITEBYTECODE

failures=0
ok() { printf 'ok %s\n' "$1"; }
not_ok() {
    failures=$((failures + 1))
    printf 'not ok %s: %s\n' "$1" "$2"
}
skip() { printf 'skip %s: %s\n' "$1" "$2"; }

# check NAME WHY COMMAND...: ok when the command succeeds.
check() {
    local name=$1 why=$2
    shift 2
    if "$@"; then ok "$name"; else not_ok "$name" "$why"; fi
}

# The last line of a script: its exit status tells whether every check held.
finish() { [ "$failures" -eq 0 ]; exit $?; }

if [ "${LIB_NO_TMP:-}" = "" ]; then
    TMP=$(mktemp -d "${TMPDIR:-/tmp}/perfgo-test.XXXXXX")
    trap 'chmod -R u+w "$TMP" 2>/dev/null; rm -rf "$TMP"' EXIT
fi
