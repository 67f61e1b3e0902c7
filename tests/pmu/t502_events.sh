#!/usr/bin/env bash
# perfgo events and doctor on a PMU: what is said to open is what README.md says this one has.
. "$(dirname "$0")/lab.sh"

new_job events <<'END'
perfgo events --json --all >out/events.json
perfgo doctor --json >out/doctor.json
END
boots events events
opens() { jq -r --arg name "$1" '.events[] | select(.name == $name).opens' "$TMP/events.out/out/events.json"; }
is() { check "events: $1" "'$2' instead of '$3'" [ "$2" = "$3" ]; }
for event in cycles instructions page-faults arm_ac57::CPU_CYCLES arm_ac57::INST_RETIRED armv8_pmuv3/cpu_cycles/; do
    is "$event opens" "$(opens $event)" yes
done
for event in branches stalled-cycles-frontend cache-misses L1-dcache-loads; do
    is "$event does not open" "$(opens $event)" no
done
is "why not" "$(jq -r '[.events[].reason // empty] | unique | .[]' "$TMP/events.out/out/events.json")" "this CPU's PMU does not have it"
is "libpfm4's tables: all open" \
    "$(jq '[.events[] | select(.kind == "libpfm4")] | length > 50 and all(.opens == "yes")' "$TMP/events.out/out/events.json")" true
is "doctor: hardware counters" "$(jq -r '.checks[] | select(.name == "hardware counters").status' "$TMP/events.out/out/doctor.json")" ok
is "doctor: PMU self-test" "$(jq -r '.checks[] | select(.name == "PMU self-test").status' "$TMP/events.out/out/doctor.json")" ok
finish
