#!/usr/bin/env bash
# run.sh [--short] [VERSION...] - Go versions times kinds of binaries: in every cell the benchmarks of
# tests/e2e/testdata/bench run with perfgo, and the judge holds lines against records.
#
# --short, or MATRIX=short: the oldest, a middle and the newest version; static, external, PIE, race.
# A version that cannot be had is skipped, and so is a kind that this version cannot build or run
# without perfgo either.
. "$(dirname "$0")/../e2e/bench.sh"

# From the oldest that is supported to the newest. "local" is the one that is installed.
versions=(go1.18.10 go1.20.14 go1.21.13 go1.22.12 go1.23.12 go1.24.9 go1.25.5 local go1.27.3)
kinds=(static stripped trimpath cover static-glibc external pie race cgo)
if [ "${1:-}" = --short ] || [ "${MATRIX:-}" = short ]; then
    [ "${1:-}" != --short ] || shift
    versions=(go1.18.10 go1.23.12 go1.27.3)
    kinds=(static external pie race)
fi
[ $# -eq 0 ] || versions=("$@")

# Sets way, package and flags of a kind.
kind_is() {
    way=exec package=forms flags=()
    case $1 in
    static) ;;
    stripped) flags=('-ldflags=-s -w') ;;
    trimpath) flags=(-trimpath) ;;
    cover) flags=(-cover) ;;
    static-glibc) package=cthreads flags=('-ldflags=-linkmode=external -extldflags=-static') ;;
    external) way=preload flags=(-ldflags=-linkmode=external) ;;
    pie) way=preload flags=(-buildmode=pie) ;;
    race) way=preload flags=(-race) ;;
    cgo) way=preload package=cthreads ;;
    esac
    # The module has 40 lines of forms without b.Loop, and of threads in C a handful.
    if [ $package = forms ]; then minimum=40; else minimum=5; fi
}

declare -A cell=()
run_cell() {
    local version=$1 kind=$2 name=$1-$2 way package flags minimum files started=$SECONDS
    kind_is "$kind"
    local arguments=("${flags[@]}" -bench=. -benchtime=20x "./$package")
    gobench "$way" "$name" "${arguments[@]}"
    local status=$?
    mapfile -t files < <(records "$name")
    if [ $status = 0 ] && "$JUDGE" lines -cpu "$CPUS" -min "$minimum" "$TMP/$name.out" "${files[@]}" >"$TMP/judged"; then
        cell[$version/$kind]=ok
        ok "$version/$kind"
    elif ! gobench plain base "${arguments[@]}"; then
        cell[$version/$kind]=skip
        skip "$version/$kind" "fails without perfgo too: $(grep -ahvE '^(#|FAIL|Benchmark|goos|goarch|pkg|cpu|$)' "$TMP/base.out" "$TMP/base.err" | head -n 1)"
    else
        cell[$version/$kind]=FAIL
        show "$name"
        cat "$TMP/judged"
        not_ok "$version/$kind" "exit status $status; $(head -n 1 "$TMP/judged")"
    fi
    : >"$TMP/judged"
    rm -rf "$TMP/$name".*
    echo "# $version/$kind: $((SECONDS - started)) s"
}

: >"$TMP/judged"
for version in "${versions[@]}"; do
    GOTOOLCHAIN=$version
    [ "$version" != local ] || GOTOOLCHAIN=local
    export GOTOOLCHAIN
    if ! (cd "$BENCH" && timeout 300 go version) >"$TMP/version" 2>&1; then
        skip "$version" "cannot be had: $(tail -n 1 "$TMP/version")"
        continue
    fi
    for kind in "${kinds[@]}"; do
        run_cell "$version" "$kind"
    done
done

{
    printf '%-12s' 'Go'
    printf '%13s' "${kinds[@]}"
    for version in "${versions[@]}"; do
        printf '\n%-12s' "$version"
        for kind in "${kinds[@]}"; do printf '%13s' "${cell[$version/$kind]:--}"; done
    done
    echo
} | sed 's/^/# /'
finish
