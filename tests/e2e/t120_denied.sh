#!/usr/bin/env bash
# perf_event_open is denied, for every reason there is: the timer back end counts instead.
. "$(dirname "$0")/bench.sh"
. "$(dirname "$0")/failopen.sh"

cc -O1 -o "$TMP/seccomp_exec" "$ROOT/tests/e2e/helpers/seccomp_exec.c" || not_ok helper "does not build"
if ! "$TMP/seccomp_exec" EPERM - true 2>/dev/null; then
    skip denied "this system has no seccomp filters"
    finish
fi
for error in EPERM EACCES ENOSYS; do
    for way in exec preload; do
        test=$error-$way
        direct "$test" $way "$TMP/seccomp_exec" $error -
        status_is "$test-status" "$status" 0
        one_sentence "$test-said" "$test" 'perf_event_open|perf_event_paranoid|seccomp'
        judged "$test" "$test-lines" -baseline "$TMP/base.out" -min 5
        check "$test-backend" "the records do not name the timer back end" \
            jq -s -e 'length > 0 and all(.[]; .metrics["task-clock"].backend == "timer")' "$(records "$test")" >/dev/null
    done
done

# Other users. The kernel lets them count software events in user mode at perf_event_paranoid=2;
# where Debian sets 3, EACCES is what they get, and that can be had by the filter.
if [ "$(id -u)" = 0 ]; then user=65534; else user=-; fi
for error in none EACCES; do
    for way in exec preload; do
        test=nobody-$error-$way
        direct "$test" $way "$TMP/seccomp_exec" $error $user
        status_is "$test-status" "$status" 0
        judged "$test" "$test-lines" -baseline "$TMP/base.out" -min 5
    done
done
one_sentence nobody-EACCES-said nobody-EACCES-exec 'paranoid|perf_event_open'
# Asked for what cannot be had: the benchmark runs, nothing is measured, and that is said.
PERFGO_BACKEND=software direct wanted exec "$TMP/seccomp_exec" EPERM -
status_is wanted-status "$status" 0
one_sentence wanted-said wanted 'not measuring.*perf_event_open|not measuring.*software'
unharmed wanted-unharmed base wanted
finish
