#!/usr/bin/env bash
# doctor and list, as text and as JSON.
. "$(dirname "$0")/lib.sh"
module doc
"$PERFGO" doctor --json >doctor.json 2>err
equal "doctor: status" $? 0
check "doctor --json: every check has a name and a status; what is not ok has a cause" "$(cat doctor.json)" \
    python3 -c 'import json
checks = json.load(open("doctor.json"))["checks"]
assert len(checks) >= 10
for c in checks:
    assert c["name"] and c["status"] in ("ok", "limited", "missing")
    assert c["status"] == "ok" or c["cause"], c'
status_of() { python3 -c 'import json,sys
print([c["status"] for c in json.load(sys.stdin)["checks"] if c["name"] == sys.argv[1]][0])' "$1"; }
equal "doctor: no go" "$(PATH=/usr/bin:/bin "$PERFGO" doctor --json | status_of go)" "$([ -e /usr/bin/go ] && echo ok || echo missing)"
equal "doctor: no valgrind" "$(PATH=/nowhere "$PERFGO" doctor --json | status_of valgrind)" missing
equal "doctor: no library" "$(PERFGO_LIB=/no.so "$PERFGO" doctor --json | status_of libperfgo.so)" missing
PERFGO_LIB=/no.so "$PERFGO" doctor >/dev/null; equal "doctor: status when nothing can be measured" $? 3
printf junk >junk.so
equal "doctor: a damaged library" "$(PERFGO_LIB=$PWD/junk.so "$PERFGO" doctor --json | status_of libperfgo.so)" missing
equal "doctor: no place for runs" "$(PERFGO_OUTPUT=/proc/none "$PERFGO" doctor --json | status_of history)" limited
equal "doctor: few descriptors" "$(ulimit -n 64; "$PERFGO" doctor --json | status_of 'file descriptors')" limited
like "doctor: a table" "$("$PERFGO" doctor)" "ok *go *"

"$PERFGO" list >out 2>err; equal "list: empty" $? 0
one_sentence "list: empty: one sentence" err
for id in aa ab b; do
    "$PERFGO" test -q --run=$id -- -bench=One -benchtime=1x . >/dev/null 2>&1
    sleep 1.1 # the order is by second
done
equal "list: newest first" "$("$PERFGO" list | awk 'NR > 1 {print $1}' | xargs)" "b ab aa"
equal "list --limit" "$("$PERFGO" list --limit=2 | awk 'NR > 1 {print $1}' | xargs)" "b ab"
check "list --json" "no array of three" python3 -c 'import json,subprocess,sys
assert len(json.loads(subprocess.check_output([sys.argv[1], "list", "--json"]))) == 3' "$PERFGO"
"$PERFGO" list extra 2>err; equal "list: operand: 3" $? 3
"$PERFGO" report a 2>err; equal "report: ambiguous prefix: 3" $? 3
one_sentence "report: ambiguous prefix: one sentence" err
"$PERFGO" report zz 2>err; equal "report: no such run: 3" $? 3
"$PERFGO" report --format=xml 2>err; equal "report: no such format: 3" $? 3
"$PERFGO" report aa -o /proc/none/x 2>err; equal "report: cannot write: 3" $? 3
"$PERFGO" report aa >/dev/full 2>err; equal "report: full disk: 3" $? 3
one_sentence "report: full disk: one sentence" err
finish
