#!/usr/bin/env bash
# The output cannot be written: the lines have their metrics, one sentence says what happened.
. "$(dirname "$0")/bench.sh"
. "$(dirname "$0")/failopen.sh"

cc -O1 -o "$TMP/seccomp_exec" "$ROOT/tests/e2e/helpers/seccomp_exec.c" || not_ok helper "does not build"

nowhere() { # TEST PATTERN: looks at a finished run
    status_is "$1-status" "$status" 0
    one_sentence "$1-said" "$1" "$2"
    still_measured "$1-lines" "$1"
}

# Below a file, for any user.
for way in exec preload; do
    OUTPUT=$APP/static.test/out direct below-file-$way $way
    nowhere below-file-$way 'static.test/out.*[Nn]ot a directory'
done

# A directory that this user may not write.
if [ "$(id -u)" = 0 ]; then user=65534; else user=-; fi
mkdir -m 555 "$TMP/readonly"
OUTPUT=$TMP/readonly direct permission exec "$TMP/seccomp_exec" none $user
PATTERN='readonly.*[Pp]ermission denied'
status_is permission-status "$status" 0
# Another user may get a second sentence about the back end; this one is about the output.
if [ "$(grep -acE "^perfgo: .*$PATTERN" "$TMP/permission.err")" = 1 ]; then
    ok permission-said
else
    show permission
    not_ok permission-said "no sentence about the directory"
fi
still_measured permission-lines permission

# Files may not grow beyond a kilobyte: the first record fits, the others do not. Standard output is
# a pipe, which has no such limit.
small_files() { (ulimit -f 1; "$@"; echo "status $?" >&3) 3>"$TMP/limit.status" 2>&1 | cat; }
direct limit preload small_files
status=$(sed -n 's/^status //p' "$TMP/limit.status")
nowhere limit '[Ff]ile too large'
# Here not even the rewritten copy of the binary can be written.
direct copy exec small_files
status=$(sed -n 's/^status //p' "$TMP/limit.status")
status_is copy-status "$status" 0
one_sentence copy-said copy 'runs without perfgo.*[Ff]ile too large'
unharmed copy-unharmed base copy
if [ -e "$(records limit)" ]; then
    check limit-whole "what was written is not whole records" jq -e -s 'all(.[]; .name != null)' "$(records limit)"
else
    ok limit-whole
fi

# A file system that fills up.
if [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null; then
    mkdir "$TMP/small"
    # shellcheck disable=SC2016 # expanded inside
    OUTPUT=$TMP/small direct space exec unshare -m sh -c '
        mount -t tmpfs -o size=12k none "$0" || exit 98
        "$@"; status=$?
        cat "$0"/history/*/benchmarks.jsonl >"$0.records" 2>/dev/null
        exit $status' "$TMP/small"
    nowhere space '[Nn]o space left'
    check space-whole "what was written is not whole records" jq -e -s 'all(.[]; .name != null)' "$TMP/small.records"
else
    skip space "no mount namespace of its own: not root, or in a chroot"
fi
finish
