#!/usr/bin/env bash
# How a simulation is started, and what it does without: no Valgrind, no root, no perf_event_open, the
# flags of the user, races, instructions that Valgrind does not know, a time limit.
# timeout: 300
. "$(dirname "$0")/lib.sh"

binary=$(sim_binary unknown) || { not_ok build "the benchmarks do not build"; finish; }

# Without Valgrind: one sentence, and nothing runs.
mkdir "$TMP/empty"
PATH=$TMP/empty "$PERFGO" exec -b simulate -- "$binary" -test.bench=. >"$TMP/none.out" 2>"$TMP/none.err"
equal "no Valgrind: status" $? 3
equal "no Valgrind: nothing runs" "$(cat "$TMP/none.out")" ""
equal "no Valgrind: one sentence" "$(wc -l <"$TMP/none.err")" 1
if grep -qE '^ID(_LIKE)?=.*(debian|ubuntu)' /etc/os-release; then
    check "no Valgrind: the command that installs it" "$(cat "$TMP/none.err")" \
        grep -q 'apt-get install valgrind$' "$TMP/none.err"
fi

# A stand-in for Valgrind, to see the command and the environment.
mkdir "$TMP/fake"
cat >"$TMP/fake/valgrind" <<'END'
#!/usr/bin/env bash
printf '%s\n' "$@" >"$SEEN.args"
env >"$SEEN.env"
{ tr '\0' '\n' <"/proc/$$/environ" | wc -c; tr '\0' '\n' <"/proc/$$/environ" | wc -l; } >"$SEEN.size"
cat "/proc/$$/personality" >"$SEEN.personality" 2>/dev/null
exit 7
END
chmod +x "$TMP/fake/valgrind"
seen() { # NAME ARGUMENT...: perfgo's flags, --, the binary's
    export SEEN=$TMP/$1
    shift
    PATH=$TMP/fake:$PATH "$PERFGO" exec -b simulate "$@" >/dev/null 2>"$SEEN.err"
}
value() { sed -n "s/^$2=//p" "$TMP/$1.env"; }

DEBUGINFOD_URLS=http://127.0.0.1:9 GODEBUG=http2client=0 seen plain -- "$binary" -test.bench=. -test.benchtime=2s
equal "status of what Valgrind runs" $? 7
equal "instrumentation starts off" "$(grep -cx -- '--instr-atstart=no' "$TMP/plain.args")" 1
equal "caches are a fixed model" "$(grep -E '^--(I1|D1|LL)=' "$TMP/plain.args" | xargs)" \
    "--I1=32768,8,64 --D1=32768,8,64 --LL=8388608,16,64"
check "GODEBUG keeps the user's" "$(value plain GODEBUG)" grep -q '^http2client=0,.*asyncpreemptoff=1' <(value plain GODEBUG)
equal "Valgrind asks no debuginfod" "$(value plain DEBUGINFOD_URLS)" ""
equal "one processor" "$(value plain GOMAXPROCS)" 1
equal "a duration is dropped" "$(grep -c benchtime "$TMP/plain.args")" 0
said "which is said" plain 'benchtime=2s is left out'
equal "no tests" "$(grep -cx -- '-test.run=^\$' "$TMP/plain.args")" 1
equal "-test.list was not asked for" "$(grep -c test.list "$TMP/plain.args")" 0
grep -q 0040000 "$TMP/plain.personality" && ok "addresses are not randomised" ||
    not_ok "addresses are not randomised" "personality $(cat "$TMP/plain.personality")"

GOMAXPROCS=3 seen count -- "$binary" -test.bench . -test.benchtime 70x -test.run . --cache
equal "a count becomes iterations" "$(value count PERFGO_ITERATIONS)" 70
equal "GOMAXPROCS stays the user's" "$(value count GOMAXPROCS)" 3
equal "-test.run stays the user's" "$(grep -cx -- '-test.run=^\$' "$TMP/count.args")" 0
seen cpu --iterations 5 --cache L1=16K,4,32,LL=1M -- "$binary" -test.bench=. -test.cpu=4 -test.benchtime=70x
equal "-test.cpu sets the processors" "$(value cpu GOMAXPROCS)" ""
equal "--iterations comes before -benchtime" "$(value cpu PERFGO_ITERATIONS)" 5
equal "--cache" "$(grep -E '^--(I1|D1|LL)=' "$TMP/cpu.args" | xargs)" "--I1=16384,4,32 --D1=16384,4,32 --LL=1048576,16,64"
for bad in L1=33K L2=1M LL= L1=32K,8,64,x; do
    seen bad --cache "$bad" -- "$binary" -test.bench=.
    equal "--cache $bad is refused" "$?$(grep -c 'cache model' "$SEEN.err")" 31
done
seen bad --time-limit soon -- "$binary" -test.bench=.
equal "--time-limit soon is refused" "$?$(grep -c 'time limit' "$SEEN.err")" 31
unset SEEN

need_valgrind simulation || finish

# Instructions that Valgrind does not know, one in a sub-benchmark.
sim odd "$binary" -test.bench=.
equal "unknown instructions: status" $? 0
equal "the others run, each once" "$(names odd)" \
    "BenchmarkBefore BenchmarkGroup/first BenchmarkGroup/last BenchmarkAfter"
said "a sub-benchmark is named" odd 'unknown: BenchmarkGroup/odd_one\+ cannot be simulated: Valgrind does not know the instruction [0-9a-f ]+ in example.com/sim/unknown.odd$'
said "and a benchmark" odd 'unknown: BenchmarkOdd cannot be simulated'

# The user's N, sub-benchmarks, a time limit.
sim fixed "$binary" -test.bench='Before|Group/(fir|la)st' -test.benchtime=40x
equal "a sub-benchmark pattern" "$(names fixed)" "BenchmarkBefore BenchmarkGroup/first BenchmarkGroup/last"
equal "-benchtime=40x: 40 iterations" "$(jq -r '.n' "$(records fixed)" | sort -u)" 40
SIM_FLAGS="--time-limit 1ms" sim late "$binary" -test.bench='Before|After'
equal "time limit: status" $? 1
said "time limit: what was not run" late 'time limit.*not run: .*BenchmarkAfter'

# Not root, no perf_event_open, no personality: as in a container.
if cc -O1 -o "$TMP/jail" "$SIM_DIR/jail.c" 2>"$TMP/jail.log"; then
    mkdir -m 777 "$TMP/jailed" && chmod 755 "$TMP"
    (cd "$TMP/jailed" && TMPDIR=$TMP/jailed "$TMP/jail" "$PERFGO" exec -b simulate --output "$TMP/jailed" -- \
        "$binary" -test.bench=Before >"$TMP/jail.out" 2>"$TMP/jail.err")
    equal "in a sandbox: status" $? 0
    check "in a sandbox: metrics" "$(cat "$TMP/jail.out" "$TMP/jail.err")" \
        grep -qE 'BenchmarkBefore.* instructions/op' "$TMP/jail.out"
else
    skip sandbox "no C compiler: $(head -n 1 "$TMP/jail.log")"
fi

# Linked with C, and with the race detector.
if [ "$(go env CGO_ENABLED)" = 1 ] && native=$(sim_binary native) 2>/dev/null; then
    sim native "$native" -test.bench=.
    check "linked with C" "$(cat "$TMP/native.out")" grep -qE 'Native.* instructions/op' "$TMP/native.out"
    if race=$(sim_binary unknown -race 2>/dev/null); then
        sim race "$race" -test.bench=Before -test.benchtime=5x
        equal "a race build runs" $? 0
        said "and is named" race 'built with -race, which cannot be simulated'
        equal "without metrics" "$(grep -c instructions/op "$TMP/race.out")" 0
    else
        skip race "no race build here"
    fi
else
    skip "linked with C" "cgo is off or there is no C compiler"
fi
equal "nothing is left behind" "$(find "$TMP" "$TMP/jailed" -mindepth 1 -maxdepth 1 -name 'perfgo-*' ! -name 'perfgo-kept-*' | wc -l)" 0
finish
