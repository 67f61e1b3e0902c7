#!/usr/bin/env bash
# What limits a machine: doctor names the cause and the one thing that mends it. Real situations where
# this machine can be brought into them; else its /proc and /sys are a copy that says something else
# (--sysroot), and perf_event_open is answered as another kernel would (helpers/fake_perf.c).
. "$(dirname "$0")/lib.sh"

# Everyone may read and run this, nobody may write.
chmod 755 "$TMP"
mkdir "$TMP/app" && cp -r "$(dirname "$PERFGO")" "$(dirname "$PERFGO")/../lib" "$TMP/app/"
PERFGO=$TMP/app/bin/perfgo
cd "$TMP" || exit 1
cc -O1 -o seccomp_exec "$ROOT/tests/e2e/helpers/seccomp_exec.c" || not_ok "doctor: helper" "does not build"
cc -D_GNU_SOURCE -O1 -fPIC -shared -o fake_perf.so "$ROOT/tests/cli/helpers/fake_perf.c" -ldl ||
    not_ok "doctor: helper" "does not build"

cat >finding.py <<'EOF'
import fnmatch, json, sys
check, status, cause, cure = sys.argv[1:]
found = [c for c in json.load(sys.stdin)["checks"] if c["name"] == check]
if len(found) != 1:
    sys.exit(f"{len(found)} findings are called '{check}'")
f = found[0]
if f["status"] != status or not fnmatch.fnmatch(f.get("cause", ""), cause) or not fnmatch.fnmatch(f.get("cure", ""), cure):
    sys.exit(str(f))
EOF

# situation NAME CHECK STATUS CAUSE CURE COMMAND...: the finding of `COMMAND... perfgo doctor --json`;
# "" for cause and cure: there is none. OPTIONS are doctor's.
situation() {
    local name=$1 check=$2 status=$3 cause=$4 cure=$5 why
    shift 5
    "$@" "$PERFGO" doctor --json ${OPTIONS:-} >doctor.json 2>doctor.err
    if why=$(python3 finding.py "$check" "$status" "$cause" "$cure" <doctor.json 2>&1); then
        ok "doctor: $name"
    else
        not_ok "doctor: $name" "$(tail -n 1 <<<"$why") $(head -c 200 doctor.err)"
    fi
}

# machine NAME [FILE TEXT]...: a copy of what doctor reads of a machine where all is well, with changes.
machine() {
    local root=$TMP/machines/$1
    shift
    mkdir -p "$root/proc/sys/kernel" "$root/proc/self" "$root/sys/bus/event_source/devices/cpu"
    echo 1 >"$root/proc/sys/kernel/perf_event_paranoid"
    echo 516 >"$root/proc/sys/kernel/perf_event_mlock_kb"
    echo 0 >"$root/proc/sys/kernel/nmi_watchdog"
    echo 0 >"$root/proc/sys/kernel/kptr_restrict"
    echo 6.1.0-13-amd64 >"$root/proc/sys/kernel/osrelease"
    printf 'Seccomp:\t0\nCapEff:\t0000000000000000\n' >"$root/proc/self/status"
    printf 'flags\t\t: fpu vme\n' >"$root/proc/cpuinfo"
    echo 4 >"$root/sys/bus/event_source/devices/cpu/type"
    while [ $# -gt 1 ]; do
        printf '%b\n' "$2" >"$root/$1"
        shift 2
    done
    OPTIONS=--sysroot=$root
}
fake() { FAKE_PERF=$1 LD_PRELOAD=$TMP/fake_perf.so "${@:2}"; }
fake_nobody() { as_nobody env FAKE_PERF="$1" LD_PRELOAD="$TMP/fake_perf.so" "${@:2}"; }
EACCES=13 ENOENT=2 ENOSYS=38
if [ "$(id -u)" = 0 ]; then
    as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups env HOME="$TMP" "$@"; }
else
    as_nobody() { "$@"; }
fi
kernel=proc/sys/kernel
by_sysctl='sudo sysctl kernel.perf_event_paranoid=1'

# ---- real situations ----
OPTIONS=
if ./seccomp_exec EPERM - true 2>/dev/null; then
    for error in EPERM ENOSYS; do
        situation "a seccomp filter ($error)" perf_event_open limited '*seccomp filter (container) denies*' '*--cap-add=PERFMON*' \
            ./seccomp_exec $error -
    done
    situation "a seccomp filter: no hardware counters either" 'hardware counters' limited '*seccomp*' '?*' ./seccomp_exec EPERM -
else
    skip "doctor: a seccomp filter" "this system has no seccomp filters"
fi
paranoid=$(cat /proc/sys/kernel/perf_event_paranoid 2>/dev/null)
case ${paranoid:-none} in
2) situation "not root, level 2, really" 'kernel mode' limited 'kernel.perf_event_paranoid is 2' "$by_sysctl" as_nobody ;;
3 | 4) situation "not root, level $paranoid, really" perf_event_open limited "kernel.perf_event_paranoid is $paranoid" "$by_sysctl" as_nobody ;;
*) skip "doctor: not root, really" "kernel.perf_event_paranoid is ${paranoid:-not there}" ;;
esac
drop='setpriv --bounding-set=-perfmon,-sys_admin'
if [ "${paranoid:-0}" = 2 ] && [ "$(id -u)" = 0 ] && $drop true 2>/dev/null; then
    situation "root in a container without CAP_PERFMON" 'kernel mode' limited 'CAP_PERFMON is missing*' 'docker run --cap-add=PERFMON' $drop
else
    skip "doctor: root in a container without CAP_PERFMON" "needs root, setpriv and kernel.perf_event_paranoid 2"
fi
few() { (ulimit -n 64; exec "$@"); }
situation "few descriptors" 'file descriptors' limited '*one descriptor per event*' 'ulimit -n 1024' few

# Programs: a PATH that has only what is named.
programs() {
    local dir=$TMP/path-$1 program
    mkdir -p "$dir"
    for program in "${@:2}"; do ln -sf "$(command -v "$program")" "$dir/"; done
    printf '%s' "$dir"
}
situation "no Valgrind" valgrind missing '*simulated counters*' 'apt-get install valgrind' env PATH="$(programs go go)"
situation "no Go" go missing '*needs the go command*' '*https://go.dev/dl*' env PATH="$(programs git git)"
situation "no C compiler" 'C compiler' missing '*cgo*' 'apt-get install gcc' env PATH="$(programs go go)"
situation "a C compiler of one's own choice that is not there" 'C compiler' missing '*cgo*' 'apt-get install gcc' env CC='no-such-cc -m64'
situation "cgo switched off" 'C compiler' limited '*cgo*' 'unset CGO_ENABLED' env CGO_ENABLED=0
situation "no git" git missing '*had changes*' 'apt-get install git' env PATH="$(programs go go)"

# A go command that says it is of some version.
go_version() {
    mkdir -p "$TMP/go-$1"
    printf '#!/bin/sh\necho '\''{"GOVERSION":"%s","CC":"gcc"}'\''\n' "$1" >"$TMP/go-$1/go"
    chmod 755 "$TMP/go-$1/go"
    printf '%s' "$TMP/go-$1:$PATH"
}
oldest=$(sed -n 's/.*GOENV_OLDEST = \([0-9]*\).*/\1/p' "$ROOT/cli/goenv.h")
newest=$(sed -n 's/.*GOENV_NEWEST = \([0-9]*\).*/\1/p' "$ROOT/cli/goenv.h")
for minor in $oldest $newest; do
    situation "Go 1.$minor is supported" go ok '' '' env PATH="$(go_version "go1.$minor.1")"
    check "doctor: Go 1.$minor is in the matrix of tests" "tests/matrix/run.sh does not name it" grep -q "go1\.$minor\." "$ROOT/tests/matrix/run.sh"
done
situation "Go that is too old" go limited "*tested with (go1.$oldest to go1.$newest)*" "install Go 1.$newest*" env PATH="$(go_version "go1.$((oldest - 1)).13")"
situation "Go that is too new" go limited '*tested with*' "GOTOOLCHAIN=go1.$newest.0 *" env PATH="$(go_version "go1.$((newest + 1))rc1")"
situation "Go of no version" go limited '*tested with*' '*' env PATH="$(go_version devel)"
situation "Go that does not work" go limited '`go env` fails' 'go env GOVERSION' env PATH="$(go_version '')"

# ---- other machines ----
machine fine
for check in perf_event_open 'hardware counters' 'kernel mode' kernel 'NMI watchdog' 'locked memory' 'kernel symbols'; do
    situation "nothing is wrong: $check" "$check" ok '' '' fake "0 0 0"
done
situation "a PMU that counts nothing" 'PMU self-test' limited '*never runs*' 'perfgo test --backend=software' fake "0 0 0"
machine level2 $kernel/perf_event_paranoid 2
situation "not root, level 2" 'kernel mode' limited 'kernel.perf_event_paranoid is 2' "$by_sysctl" fake_nobody "0 $EACCES 0"
machine level3 $kernel/perf_event_paranoid 3
for check in perf_event_open 'hardware counters'; do
    situation "not root, level 3: $check" "$check" limited 'kernel.perf_event_paranoid is 3' "$by_sysctl" \
        fake_nobody "$EACCES $EACCES $EACCES"
done
machine both $kernel/perf_event_paranoid 3 proc/self/status 'Seccomp:\t2\nCapEff:\t0'
situation "level 3 and a filter that denies: the filter answers EPERM" perf_event_open limited '*seccomp*' '*PERFMON*' fake "1 1 1"
situation "level 3 and a filter that allows: the level answers EACCES" perf_event_open limited '*perf_event_paranoid is 3' '?*' fake "$EACCES $EACCES $EACCES"
machine old $kernel/osrelease 3.10.0-1160.el7.x86_64
situation "an old kernel" kernel limited 'older than Linux 4.4' 'upgrade the kernel' fake "0 0 0"
machine watchdog $kernel/nmi_watchdog 1
situation "the NMI watchdog" 'NMI watchdog' limited '*occupies one hardware counter' 'sudo sysctl kernel.nmi_watchdog=0' fake "0 0 0"
situation "the NMI watchdog takes nothing where there is no PMU" 'NMI watchdog' ok '' '' fake "0 0 $ENOENT"
machine guest proc/cpuinfo 'flags\t\t: fpu hypervisor lahf_lm'
rm -r "$TMP/machines/guest/sys/bus"
situation "a virtual machine without PMU" 'hardware counters' limited 'this virtual machine has no PMU' '*pmu=on*' fake "0 0 $ENOENT"
machine metal
rm -r "$TMP/machines/metal/sys/bus"
situation "a CPU without PMU" 'hardware counters' limited 'the kernel found no PMU*' '' fake "0 0 $ENOENT"
machine gvisor
situation "a kernel without perf_event_open" perf_event_open limited 'this kernel has no perf_event_open' '' fake "$ENOSYS $ENOSYS $ENOSYS"
machine mlock $kernel/perf_event_mlock_kb 64
little() { (ulimit -l 64; exec "$@"); }
little_fake() { FAKE_PERF="0 0 0" LD_PRELOAD=$TMP/fake_perf.so little "$@"; }
situation "little locked memory" 'locked memory' limited '*do not fit' 'sudo sysctl kernel.perf_event_mlock_kb=516' little_fake
machine ipc_lock $kernel/perf_event_mlock_kb 64 proc/self/status 'CapEff:\t0000000000004000'
situation "little locked memory with CAP_IPC_LOCK" 'locked memory' ok '' '' little_fake
machine kptr $kernel/kptr_restrict 1
situation "hidden kernel addresses" 'kernel symbols' limited '*no names' 'sudo sysctl kernel.kptr_restrict=0' fake "0 0 0"

machine zen
mkdir "$TMP/machines/zen/sys/bus/event_source/devices/ibs_op"
echo 11 >"$TMP/machines/zen/sys/bus/event_source/devices/ibs_op/type"
situation "memory sampling by IBS" 'memory sampling' ok '' '' fake "0 0 0"
check "doctor: memory sampling names its event" "$(cat doctor.json)" grep -q '"IBS: ibs_op//"' doctor.json
machine fine
situation "no memory sampling" 'memory sampling' limited 'no PMU here samples data addresses*' '' fake "0 0 0"

# The text says the same as --json.
machine old $kernel/osrelease 3.10.0
"$PERFGO" doctor "$OPTIONS" >out
check "doctor: the text has the finding" "$(cat out)" grep -qE '^limited +kernel +3.10.0$' out
check "doctor: the text has the cause" "$(cat out)" grep -qx 'kernel: older than Linux 4.4' out
check "doctor: the text has the cure" "$(cat out)" grep -qx '  upgrade the kernel' out
finish
