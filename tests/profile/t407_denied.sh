#!/usr/bin/env bash
# timeout: 600
# Without perf_event_open, as an ordinary user: what the other scripts hold of the kernel's samples holds
# of those that CPU timers take. (The region itself: t401; page faults nobody samples then.)
set -o pipefail
LIB_NO_TMP=1
. "$(dirname "$0")/../lib.sh"
DENIED=$(mktemp -d "${TMPDIR:-/tmp}/perfgo-denied.XXXXXX")
trap 'chmod -R u+w "$DENIED"; rm -rf "$DENIED"' EXIT
chmod 1777 "$DENIED"
unset LIB_NO_TMP
status=0
for script in ${SCRIPTS:-t402_pprof t403_cpuprofile t405_windows t406_forms t410_native t411_perf_data}; do
    (
        . "$(dirname "$0")/$script.sh"
    ) | sed -E 's/^(ok|not ok|skip) /&denied: /' || status=1
done
exit $status
