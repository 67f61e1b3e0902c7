#!/usr/bin/env bash
# selftest.sh - the scaffolding itself: deps.sh with package tools that only pretend, the runner with
# scripts that fail in every way it must notice, .ci/run over both.
. "$(dirname "$0")/../lib.sh"
set -u
BASH_BIN=$(command -v bash)

# --- deps.sh: $TMP/bin shadows the package tools; what they are asked for goes to $TMP/calls.
mkdir -p "$TMP/bin" "$TMP/lists/partial"
touch "$TMP/lists/archive_Packages"
cat >"$TMP/bin/dpkg-query" <<'END'
#!/bin/sh
for name; do :; done
case $2 in
*Depends*) [ -f "$TMP/clang" ] && echo 'clang-17 (>= 17~)' ;;
*) grep -qx "$name" "$TMP/missing" || echo installed ;;
esac
END
cat >"$TMP/bin/apt-get" <<'END'
#!/bin/sh
echo "apt-get $*" | sed 's/-o [^ ]* //' >>"$TMP/calls"
case " $* " in *" install "*) [ ! -f "$TMP/apt-broken" ] || exit 100; : >"$TMP/missing" ;; esac
END
printf '#!/bin/sh\ncat "$TMP/uid"\n' >"$TMP/bin/id"
printf '#!/bin/sh\necho sudo >>"$TMP/calls"\nexec "$@"\n' >"$TMP/sudo"
chmod +x "$TMP"/bin/* "$TMP/sudo"
export TMP
for tool in bash sh env sed grep find cat head ls xargs dirname go; do
    [ -x "$TMP/bin/$tool" ] || ln -sf "$(command -v "$tool" || echo /bin/true)" "$TMP/bin/$tool"
done

printf '#!/bin/sh\nexit "$(cat "$TMP/archive")"\n' >"$TMP/bin/apt-cache"
chmod +x "$TMP/bin/apt-cache"
echo 0 >"$TMP/archive"

deps() {
    : >"$TMP/calls"
    printf '%s\n' "$@" >"$TMP/missing"
    PATH=$TMP/bin PERFGO_APT_LISTS=$TMP/lists "$BASH_BIN" "$ROOT/tests/setup/deps.sh" ${DEPS:-} >"$TMP/out" 2>&1
    status=$?
}
calls() { paste -sd';' "$TMP/calls"; }

echo 0 >"$TMP/uid"; touch "$TMP/clang"
deps ''
check deps:nothing-missing "$(calls)" [ "$status:$(calls)" = 0: ]
check deps:says-so "$(cat "$TMP/out")" grep -q 'every package is there' "$TMP/out"
deps jq libclang-rt-17-dev
check deps:only-what-is-missing "$(calls)" \
    [ "$(calls)" = 'apt-get install -y --no-install-recommends jq libclang-rt-17-dev' ]
deps pkg-config
check deps:alternative "$(calls)" [ "$(calls)" = '' ]
touch -d '3 days ago' "$TMP/lists/partial"
deps jq
check deps:old-lists "$(calls)" [ "$(calls)" = 'apt-get update;apt-get install -y --no-install-recommends jq' ]
deps ''
check deps:old-lists-nothing-missing "$(calls)" [ "$(calls)" = '' ]
touch "$TMP/lists/partial" "$TMP/apt-broken"
deps jq
check deps:install-fails "exit status $status" [ "$status" -ne 0 ]
rm "$TMP/apt-broken"
echo 1000 >"$TMP/uid"
deps jq
check deps:no-root-no-sudo "$(cat "$TMP/out")" [ "$status:$(calls)" = 1: ]
check deps:names-the-command "$(cat "$TMP/out")" grep -q 'apt-get install -y jq' "$TMP/out"
cp "$TMP/sudo" "$TMP/bin/sudo"
deps jq
check deps:sudo "$(calls)" [ "$(calls)" = 'sudo;apt-get install -y --no-install-recommends jq' ]

echo 0 >"$TMP/uid"
deps chromium
check deps:no-browser-unless-asked "$(calls)" [ "$status:$(calls)" = 0: ]
DEPS=--browser
deps jq chromium chromium-driver
check deps:browser "$(calls)" [ "$status:$(calls)" = '0:apt-get install -y --no-install-recommends jq' ]
deps chromium chromium-driver
check deps:browser-alone "$(calls)" [ "$status:$(calls)" = '0:apt-get install -y --no-install-recommends chromium chromium-driver' ]
touch "$TMP/apt-broken"
deps chromium
check deps:browser-fails "$status $(cat "$TMP/out")" [ "$status:$(grep -c 'are skipped' "$TMP/out")" = 0:1 ]
rm "$TMP/apt-broken"
echo 100 >"$TMP/archive"
deps chromium
check deps:no-browser-in-archive "$(calls)" [ "$status:$(calls)" = 0: ]
unset DEPS

# --- the runner
repo=$TMP/repo
mkdir -p "$repo"/tests/{e2e,unit} "$repo/.ci" "$repo/build/tests"
cp "$ROOT/tests/run.sh" "$ROOT/tests/lib.sh" "$repo/tests/"
cp "$ROOT/.ci/run" "$repo/.ci/"
printf '%s\n' 'all unit-build:' '	@$(BUILD)' 'test:' '	@tests/run.sh e2e' 'lint:' '	@$(LINT)' >"$repo/Makefile"
head='. "$(dirname "$0")/../lib.sh"'

# runs SUITE: the suite's last line, with the exit status.
runs() {
    local rc=0
    (cd "$repo" && env BUILD="${BUILD:-true}" tests/run.sh "$@") >"$TMP/out" 2>&1 || rc=$?
    echo "$(tail -n 1 "$TMP/out"), exit $rc"
}
# runner NAME EXPECTED SCRIPT...: one e2e script, besides the build, which passes.
runner() {
    local name=$1 want=$2 got
    shift 2
    printf '%s\n' "$head" "$@" >"$repo/tests/e2e/t1.sh"
    got=$(runs e2e)
    [ "$got" = "$want" ] || cat "$TMP/out"
    check "runner:$name" "got \"$got\", not \"$want\"" [ "$got" = "$want" ]
}
runner passes '2 passed, 0 failed, 0 skipped, exit 0' 'ok a' finish
runner fails '2 passed, 1 failed, 0 skipped, exit 1' 'ok a' 'not_ok b "because"' finish
runner fails-but-exits-0 '1 passed, 1 failed, 0 skipped, exit 1' 'not_ok b "because"' 'exit 0'
runner skips '1 passed, 0 failed, 1 skipped, exit 0' 'skip a "no hardware"' finish
check runner:lists-the-skip "$(cat "$TMP/out")" grep -q '^  a: no hardware' "$TMP/out"
runner silent '1 passed, 1 failed, 0 skipped, exit 1' 'exit 0'
runner crashes '2 passed, 1 failed, 0 skipped, exit 1' 'ok a' 'kill -SEGV $$'
runner hangs '2 passed, 1 failed, 0 skipped, exit 1' '# timeout: 1' 'ok a' 'sleep 60'
check runner:says-killed "$(cat "$TMP/out")" grep -q 'killed after 1 s' "$TMP/out"
got=$(BUILD=false runs e2e)
check runner:build-fails "$got" [ "$got" = '0 passed, 1 failed, 0 skipped, exit 1' ]
got=$(runs nonsense)
check runner:unknown-suite "$got" [ "$got" = '0 passed, 1 failed, 0 skipped, exit 1' ]

# A unit program that speaks cmocka's TAP, then one that dies in the middle.
touch "$repo/tests/unit/test_x.c"
unit() {
    printf '%s\n' '#!/bin/sh' "$@" >"$repo/build/tests/test_x"
    chmod +x "$repo/build/tests/test_x"
    runs unit
}
got=$(unit 'echo "1..3"; echo "ok 1 - a"; echo "not ok 2 - b"; echo "not ok 3 # SKIP c"; exit 1')
check runner:unit "$got" [ "$got" = '2 passed, 1 failed, 1 skipped, exit 1' ]
got=$(unit 'echo "1..2"; echo "ok 1 - a"; kill -SEGV $$')
check runner:unit-dies "$got" [ "$got" = '2 passed, 1 failed, 0 skipped, exit 1' ]

# --- the fuzz runner: a target that is sound, one that is not, a seed that is needed to see it
mkdir -p "$repo/tests/fuzz" "$repo/build/fuzz/fuzz"
cp "$ROOT/tests/fuzz/run_one.sh" "$repo/tests/fuzz/"
fuzz() {
    local rc=0
    printf '%s\n' '#include <stddef.h>' '#include <stdint.h>' 'int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)' \
        "{ if ($1) __builtin_trap(); return 0; }" >"$TMP/fuzz.c"
    clang -fsanitize=fuzzer -o "$repo/build/fuzz/fuzz/fuzz_toy" "$TMP/fuzz.c" || echo "clang failed"
    (cd "$repo" && tests/fuzz/run_one.sh toy 1) >"$TMP/out" 2>&1 || rc=$?
    echo "$(tail -n 1 "$TMP/out" | sed 's/=[0-9]*$/=N/'), exit $rc"
}
got=$(fuzz 'n > 5000 && d[0] == 1 && d[1] == 2')
check fuzz:sound "$got" [ "$got" = 'ok fuzz:toy runs=N, exit 0' ]
got=$(fuzz 'n > 0 && d[0] == 7')
check fuzz:finding "$got" grep -q '^not ok fuzz:toy: ' "$TMP/out"
check fuzz:keeps-the-input "no input kept" [ -n "$(compgen -G "$repo/build/fuzz/crashes/toy/crash-*")" ]
cat >"$repo/tests/fuzz/seed_toy.sh" <<'END'
{ printf '\1\2'; head -c 6000 /dev/zero; } >"$1/seed"
END
# libFuzzer makes no input of that size by itself: "sound" above has shown it.
got=$(fuzz 'n > 5000 && d[0] == 1 && d[1] == 2')
check fuzz:seeded "$got" grep -q '^not ok fuzz:toy: ' "$TMP/out"
echo 'exit 3' >"$repo/tests/fuzz/seed_toy.sh"
got=$(fuzz 0)
check fuzz:seed-fails "$got" grep -q 'seed_toy.sh failed' "$TMP/out"

# --- .ci/run sums up both steps
ci() {
    local rc=0
    (cd "$repo" && env BUILD=true LINT="$1" .ci/run) >"$TMP/out" 2>&1 || rc=$?
    echo "$(tail -n 1 "$TMP/out"), exit $rc"
}
printf '%s\n' "$head" 'ok a' finish >"$repo/tests/e2e/t1.sh"
got=$(ci 'echo 3 passed, 0 failed, 1 skipped')
check ci:sum "$got" [ "$got" = '5 passed, 0 failed, 1 skipped, exit 0' ]
got=$(ci 'echo 3 passed, 2 failed, 1 skipped; exit 1')
check ci:lint-fails "$got" [ "$got" = '5 passed, 2 failed, 1 skipped, exit 1' ]
got=$(ci 'exit 1')
check ci:no-summary "$got" [ "$got" = '2 passed, 1 failed, 0 skipped, exit 1' ]
got=$(ci 'echo 3 passed, 0 failed, 0 skipped; exit 1')
check ci:fails-without-a-count "$got" [ "$got" = '5 passed, 1 failed, 0 skipped, exit 1' ]
finish
