#!/usr/bin/env bash
# What gobin reads, against the truth, over Go versions and ways of linking: function entries against
# `go tool nm`, fields against reflection, the file's view against the live process's view; and static
# executables made preloadable really run and load the object. Prints one line per build.
#
#   tests/matrix/gobin.sh [GO-VERSION...]      default: GOBIN_VERSIONS, else the installed go
#   GOBIN_LINKS="static pie ..."               default: all that are named below
#   GOBIN_BUILD=build                          the tree that `make engine` filled
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
read -ra versions <<<"${*:-${GOBIN_VERSIONS:-local}}"
read -ra links <<<"${GOBIN_LINKS:-static stripped pie external external-pie glibc-static race}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

command -v go >/dev/null || {
    echo "SKIP: go is not installed"
    exit 0
}

# The library is compiled here, so that this script needs no particular build tree.
compile() {
    "${CC:-cc}" -std=gnu11 -D_GNU_SOURCE -O2 -fPIC -I"$root" -I"$root/preload/engine" "$@" \
        "$root"/tests/unit/gobin_dump.c "$root"/preload/engine/base/error.c \
        "$root"/preload/engine/elf/*.c "$root"/preload/engine/arch/*.c \
        "$root"/preload/engine/arch/*/*.c "$root"/preload/engine/gobin/*.c
}
compile -o "$work/dump"
compile -shared -o "$work/dump.so"
cp "$root"/tests/unit/gobin_subject/{subject_test.go,frames_test.go,go.mod} "$work/"
cd "$work"

flags_of() {
    case $1 in
    static) ;;
    stripped) echo "-ldflags=-s -w" ;;
    pie) echo "-buildmode=pie" ;;
    external) echo "-ldflags=-linkmode=external" ;;
    external-pie) echo "-buildmode=pie -ldflags=-linkmode=external" ;;
    glibc-static) echo "-ldflags=-linkmode=external -extldflags=-static" ;;
    race) echo "-race" ;;
    *) return 1 ;;
    esac
}

build() {
    local text args=()
    text=$(flags_of "$1")
    case $text in # one argument may hold a blank
    -buildmode=pie\ *) args=(-buildmode=pie "${text#* }") ;;
    ?*) args=("$text") ;;
    esac
    go test -c -o subject ${args[@]+"${args[@]}"} .
}

# Every function that gobin sees is where nm has one of that name, and the other way round. The symbol
# table spells instantiated types out and marks ABI0; the function table does neither.
compare_functions() {
    go tool nm subject | awk '$2 ~ /^[Tt]$/ {
        entry = $1; sub(/^ *[^ ]+ +[Tt] +/, ""); sub(/\.abi(0|internal)$/, ""); print entry, $0 }' >nm
    awk 'function plain(name) { sub(/\[.*\]/, "[...]", name); gsub(/·/, ".", name); return name }
        NR == FNR { if ($1 == "func") { entry = $2; end = $3; sub(/^func [^ ]+ [^ ]+ /, "")
                seen[entry] = plain($0); n++ }
            next }
        { entry = $1; sub(/^[^ ]+ /, ""); nm[entry] = nm[entry] "\n" plain($0) "\n" }
        END {
            for (entry in seen)
                if (index(nm[entry], "\n" seen[entry] "\n") == 0) {
                    bad++; if (bad < 6) print "  not in nm:", entry, seen[entry], nm[entry] }
            split("runtime.main runtime.mstart1 runtime.minit os.Exit time.Now testing.(*B).runN testing.(*B).launch testing.(*B).StopTimer", need, " ")
            for (i in need) { found = 0
                for (entry in seen) if (seen[entry] == need[i]) found = 1
                if (!found) { bad++; print "  missing:", need[i] } }
            for (entry in nm) if (!(entry in seen) && nm[entry] ~ /\n(runtime|testing|fmt|os|reflect)\.[^:]*\n/ &&
                nm[entry] !~ /\n(runtime\.(e?text|text\.[0-9]+))\n/) { bad++; if (bad < 12) print "  not in gobin:", entry, nm[entry] }
            if (n < 1000) { bad++; print "  only", n, "functions" }
            print n > "count"
            exit bad > 0 }' seen nm
}

# Each line once, frames of one place in their order.
by_place() { awk '!seen[$0]++' | sort -s -n -k2,2; }

# Every frame that the runtime sees, gobin sees, and no other (generics by their full names); those of the subject start where the
# source says, which Go knows from 1.20 on.
compare_frames() {
    local bad=0 file start
    grep '^frame ' seen | sed 's/ [0-9]*$//; s/\[[^ ]*\] /[...] /' | by_place | diff frames - >difference ||
        { head -5 difference; bad=1; }
    [ "$(grep -c 'subject.innermost ' frames)" -ge 3 ] || { echo "  the subject prints no frames"; bad=1; }
    while read -r file start; do
        [ "$start" -gt 0 ] && sed -n "${start}p" "$work/${file##*/}" | grep -q 'func[ (]' && continue
        [ "$start" = 0 ] && [[ $(go env GOVERSION) =~ ^go1\.1[89] ]] && continue
        echo "  no function starts at $file:$start"
        bad=1
    done < <(awk '$1 == "frame" && $4 ~ /frames_test.go/ { sub(/:[0-9]*$/, "", $4); print $4, $5 }' seen | sort -u)
    return $bad
}

compare() {
    local name=$1 bad=0
    ./subject -test.run=TestLayout | grep '^field ' | sort -u >truth
    awk '{ print $2, $3 }' truth >queries
    ./subject -test.run=TestFrames | grep '^frame ' | by_place >frames
    awk '{ print "pc", $2 }' frames | sort -u >>queries
    ./dump subject queries >seen || { cat seen; return 1; }
    grep '^field ' seen | sort -u | diff truth - >difference || { head -5 difference; bad=1; }
    compare_frames || bad=1
    grep -E '^(lost|misplaced|nofield) ' seen | head -5 && bad=1
    [ "$(grep -c '^call ' seen)" -ge 1 ] || { echo "  no call of runN in launch"; bad=1; }
    [ "$name" = stripped ] || compare_functions || bad=1

    rm -f live copy
    if file_is_static; then
        ./dump --preloadable subject copy || return 1
        # The copy has the sections of the original, hence none for the new segment.
        diff <(readelf -SW subject) <(readelf -SW copy 2>/dev/null) || bad=1
    else
        ln subject copy
    fi
    GOBIN_DUMP_OUT=live GOBIN_DUMP_QUERIES=queries LD_PRELOAD=$work/dump.so \
        ./copy -test.run=TestLayout -test.bench=. -test.benchtime=100x >output || { tail output; bad=1; }
    grep -q '^BenchmarkSprint.*ns/op' output || { echo "  the benchmark did not run"; bad=1; }
    grep '^field ' output | sort -u | cmp - truth || bad=1
    diff <(grep -v cost seen) <(grep -v cost live) >difference || { head -5 difference; bad=1; }
    return $bad
}

file_is_static() {
    ! readelf -lW subject | grep -q INTERP
}

failed=0
for version in "${versions[@]}"; do
    case $version in
    local) export GOTOOLCHAIN=local ;;
    *) export GOTOOLCHAIN=go${version#go} ;;
    esac
    for link in "${links[@]}"; do
        build "$link" >log 2>&1 || { echo "FAIL $version $link: does not build"; tail -3 log; failed=1; continue; }
        if compare "$link"; then
            echo "ok   $version $link: $([ ! -e count ] || cat count) functions," \
                "$(wc -l <truth) fields, $(awk '$1 == "cost" { print "open " int($2 / 1000) " us, " $3 " bytes" }' live)"
        else
            echo "FAIL $version $link"
            failed=1
        fi
    done
done
exit $failed
