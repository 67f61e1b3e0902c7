#!/usr/bin/env bash
# The machine of the lab: the same three times, and a PMU that is exact, refuses, multiplexes and
# samples as the other tests in the lab take for granted.
. "$(dirname "$0")/lab.sh"

new_job facts <<'END'
facts
echo 2 >/proc/sys/kernel/perf_event_paranoid
lab as 65534 facts denied
END
arm_program "$TMP/facts/bin/facts" "$LAB/helpers/facts.c"
thrice facts facts && relay facts

# The same program on a CPU whose PMU claims an event that never counts.
new_job zero <<<'facts stalled'
cp "$TMP/facts/bin/facts" "$TMP/zero/bin/"
CPU=neoverse-n1 boots zero zero && relay zero
finish
