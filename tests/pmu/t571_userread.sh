#!/usr/bin/env bash
# Counters read in user mode, against read(2): the same counts, to the instruction, by the rule that
# hooks read by and for benchmarks as a whole, with the kernel's leave and without.
. "$(dirname "$0")/lab.sh"

new_job user <<'END'
userread
export PERFGO_EVENTS=instructions:u GODEBUG=asyncpreemptoff=1
for access in 1 0; do
    echo $access >/proc/sys/kernel/perf_user_access
    perfgo exec -o out/$access -- bin/exact.test -test.bench=Million -test.benchtime=4x >out/$access.txt
    perfgo exec -o out/$access -- bin/exact.test -test.bench=Window -test.benchtime=20000x >>out/$access.txt
done
END
why=$(arm_test $NEWEST "$TMP/user/bin/exact.test" "$LAB/testdata/exact" 2>&1)
case $? in
0) ;;
2) skip user "$why"; finish ;;
*) not_ok user "does not build: $why"; finish ;;
esac
arm_program "$TMP/user/bin/userread" -D_GNU_SOURCE -I"$ROOT" -I"$ROOT/preload/engine" \
    -I"$ROOT/preload/engine/hot/arch/arm64" "$LAB/helpers/userread.c" "$ROOT/preload/engine/hot/userread.c"
thrice user user || finish
relay user
grep '^#' "$TMP/user.out/output"

# Past 2^32, and so past every edge of the counter.
new_job wrap <<<'userread wrap'
cp "$TMP/user/bin/userread" "$TMP/wrap/bin/"
boots wrap wrap && relay wrap
grep '^#' "$TMP/wrap.out/output"

# held ACCESS BENCHMARK PER_TURN: N turns of PER_TURN instructions, and at most ONCE and one per window
# beside them. Around the turns: the function's own prologue, its end, and its call by testing.
ONCE=24
held() {
    local test n windows own value over
    read -r n windows own value < <(jq -r --arg name "Benchmark$2" 'select(.name == $name) | .windows as $windows
        | .metrics["instructions:u"].own_cost as $own
        | "\(.n) \($windows) \($own) \(([.threads[]["instructions:u"]] | max) - $windows * $own)"' \
        "$TMP/user.out/out/$1"/history/*/benchmarks.jsonl)
    case $1 in 1) test=$2-user ;; *) test=$2-read ;; esac
    over=$((value - n * $3))
    echo "# $test: $windows windows, own cost $own subtracted from each: $value instructions, $over more than the turns"
    check "$test" "$over instructions too many in $windows windows" \
        [ "${n:-0}" -gt 0 -a "${over#-}" -le $((ONCE + windows)) ]
    eval "own_$1=$own"
}
for name in 'Million 1000012' 'TwoMillion 2000012' 'OneWindow 52' 'ManyWindows 52'; do
    held 1 $name
    held 0 $name
    # Equal costs would be one way taken twice.
    check "${name% *}-two-ways" "both have an own cost of $own_1" [ "$own_1" -lt "$own_0" ]
done
finish
