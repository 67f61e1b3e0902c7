#!/usr/bin/env bash
# perfgo events: what is listed, beside perf list; patterns; what opens, beside perf stat.
. "$(dirname "$0")/lib.sh"
cd "$TMP" || exit 1

names() { python3 -c 'import json,sys
for e in json.load(open(sys.argv[1]))["events"]: print(e["name"]); "alias" in e and print(e["alias"])' "$1" | sort -u; }
field() { python3 -c 'import json,sys
print(*sorted({e[sys.argv[1]] for e in json.load(sys.stdin)["events"]}))' "$1"; }

# For its list of tracepoints root's perf mounts tracefs where nobody has.
perf list >perf.txt 2>/dev/null
"$PERFGO" events --all --json >all.json 2>err; equal "events: status" $? 0
names all.json >all
check "events: the kernel's software events are there" "$(head -c 300 all)" \
    grep -qxE 'page-faults' all
check "events: every one has a kind and says whether it opens; what does not, why" "$(head -c 300 all.json)" \
    python3 -c 'import json
for e in json.load(open("all.json"))["events"]:
    assert e["kind"] in ("hardware", "cache", "software", "PMU", "libpfm4", "tracepoint"), e
    assert e["opens"] in ("yes", "user", "no", "untried"), e
    assert (e["opens"] == "no") == ("reason" in e), e
    assert e["opens"] != "untried" or e["kind"] == "tracepoint", e'

# perf 6.1 prints "NAME [OR NAME] [kind of event]"; what is a form and not a name has "=" or "<" in it.
# perf that was built without tracing lists no tracepoints; what it does list is compared.
if grep -q '\[Software event\]' perf.txt; then
    for kind in 'Software event' 'Tracepoint event' 'Kernel PMU event'; do
        sed -nE "s/^ +([^ ]+)( OR ([^ ]+))? +\\[$kind\\].*/\1/p" perf.txt | grep -v '[=<]' | sort -u >wanted
        n=$(wc -l <wanted)
        [ "$n" -gt 0 ] || { skip "events: ${kind}s of perf list" "perf lists none here"; continue; }
        missing=$(comm -23 wanted all | wc -l)
        check "events: ${kind}s of perf list" "$missing of $n are missing: $(comm -23 wanted all | head -n 5 | xargs)" \
            [ $((missing * 100)) -le "$n" ]
    done
else
    skip "events: as perf list" "perf is not installed"
fi

# What is said to open or not: the same as perf stat finds out.
if perf stat -e task-clock true 2>/dev/null; then
    "$PERFGO" events --all --json cycles page-faults task-clock instructions L1-dcache-loads >some.json
    wrong=$(python3 -c 'import json,subprocess
for e in json.load(open("some.json"))["events"]:
    if e["kind"] == "tracepoint": continue
    out = subprocess.run(["perf", "stat", "-x,", "-e", e["name"], "true"], capture_output=True, text=True).stderr
    counted = out[:1].isdigit()
    if counted != (e["opens"] != "no"): print(e["name"], out)')
    equal "events: opens what perf stat opens" "$wrong" ""
else
    skip "events: opens what perf stat opens" "perf stat does not work here"
fi

# Patterns.
equal "events: a name" "$("$PERFGO" events --all --json page-faults | field kind)" software
equal "events: a glob is for the whole name" "$("$PERFGO" events --all --json 'page-f*' | field name)" page-faults
equal "events: upper and lower case" "$("$PERFGO" events --all --json 'PAGE-F*' | field name)" page-faults
equal "events: another spelling" "$("$PERFGO" events --all --json 'migrations' 'cs' | field name | tr ' ' '\n' | grep -cxE 'cpu-migrations|context-switches')" 2
equal "events: by description" "$("$PERFGO" events --all --json 'mispredicted' | field name)" branch-misses
"$PERFGO" events cycels 2>err; equal "events: no such event: 3" $? 3
one_sentence "events: no such event: one sentence" err
like "events: no such event: a suggestion" "$(cat err)" "*did you mean 'cycles'*"
"$PERFGO" events --no-such-flag 2>err; equal "events: unknown flag: 3" $? 3
"$PERFGO" events >/dev/full 2>err; equal "events: full disk: 3" $? 3
one_sentence "events: full disk: one sentence" err

# By default only what opens; the text says how many do not, and why.
"$PERFGO" events >out; equal "events: text: status" $? 0
for kind in hardware cache software; do
    check "events: text: $kind" "$(head -c 300 out)" grep -qE "^$kind events: [0-9]+ of [0-9]+$" out
done
closed=$("$PERFGO" events --json | field opens)
case " $closed " in *' no '*) not_ok "events: only what opens" "$closed" ;; *) ok "events: only what opens" ;; esac

# libpfm4's events, of a CPU that is not this one: every name that is listed can be looked up.
case $(uname -m) in aarch64) pmu=arm_n1 ;; *) pmu=skl ;; esac
LIBPFM_FORCE_PMU=$pmu "$PERFGO" events --all --json "$pmu::*" >pfm.json; equal "events: libpfm4: status" $? 0
equal "events: libpfm4: names, each with a description" "$(jq '(.events | length) > 50 and all(.events[]; .kind == "libpfm4" and .pmu == "'$pmu'" and (.description | length) > 0)' pfm.json)" true
equal "events: libpfm4: every name can be looked up" "$(jq -r '.events[] | .name + ": " + (.reason // "")' pfm.json | grep -E 'unknown|libpfm4|not of this CPU|column' | head -n 3)" ""

# The metrics that follow from events.
"$PERFGO" events --metrics >out; equal "events: metrics: status" $? 0
check "events: metrics: a formula" "$(cat out)" grep -qx 'IPC  *= instructions / cycles' out
equal "events: metrics: as JSON" "$("$PERFGO" events --metrics --json | jq -r '.metrics[] | select(.name == "GHz").formula')" 'cycles / task-clock'
"$PERFGO" events --metrics IPC 2>err; equal "events: metrics: a pattern: 3" $? 3
one_sentence "events: metrics: a pattern: one sentence" err

# Denied altogether.
if cc -O1 -o seccomp_exec "$ROOT/tests/e2e/helpers/seccomp_exec.c" && ./seccomp_exec EPERM - true 2>/dev/null; then
    ./seccomp_exec EPERM - "$PERFGO" events --json --all page-faults >denied.json
    equal "events: denied: opens" "$(field opens <denied.json)" no
    like "events: denied: why" "$(field reason <denied.json)" "*seccomp*"
    ./seccomp_exec EPERM - "$PERFGO" events --all >out; equal "events: denied: status" $? 0
    check "events: denied: why, in the text" "$(cat out)" grep -q '12 cannot be opened: .*seccomp' out
else
    skip "events: denied" "this system has no seccomp filters"
fi
finish
