#!/usr/bin/env bash
# screenshots.sh - makes the pictures in docs/img from real runs, on this machine and now. Whoever
# changes a page runs this again and looks at them. Takes some minutes.
set -eu
cd "$(dirname "$0")/.."
ROOT=$PWD
make -s all html-build
PATH=$ROOT/build/bin:$PATH
export PERFGO_OUTPUT=$ROOT/build/screenshots
rm -rf "$PERFGO_OUTPUT"
mkdir -p "$PERFGO_OUTPUT" docs/img
pages=$PERFGO_OUTPUT

# shot NAME HEIGHT [SCRIPT]: a picture of $pages/NAME.html; the script may do what a reader would.
shot() {
    echo "${3:-} await sleep(900); check('drawn', document.querySelector('svg'), 'no');" >"$pages/$1.js"
    build/tests/browser -size 1040x860 -crop "$2" -shot "docs/img/$1.png" "$pages/$1.html" "$pages/$1.js"
}

# The profile of a benchmark with many functions, and how it changed between two versions of Go.
new=$(go env GOVERSION) old=go1.24.9
for version in $old $new; do
    (export GOTOOLCHAIN=$version && cd "$(go env GOROOT)/src/go/parser" &&
        perfgo test profile -q --run="$version" -- -run='^$' -bench='Parse$' -count=5 -benchtime=1s . >/dev/null)
done
perfgo view "$new" Parse --html "$pages/view.html"
perfgo view "$old" "$new" Parse --html "$pages/diff.html"
shot view 700
shot diff 640

# A run with repeats, and the same code in the other version.
for version in $old $new; do
    (export GOTOOLCHAIN=$version && cd "$(go env GOROOT)/src/strings" &&
        perfgo test -q --run="strings-$version" -- -run='^$' -bench='^Benchmark(IndexByte|IndexRune|Index|Count|ToUpper|ToLower|TrimSpace|Fields|Split1|Repeat|Replace|Title)$/^(ASCII|Upper|16|1x1|4x1|64|0|1|Mixed)?$' \
            -count=12 -benchtime=20ms . >/dev/null)
done
perfgo report "strings-$new" --format=html -o "$pages/report.html"
perfgo compare "strings-$old" "strings-$new" --gate 'task-ns/op<=+5%' --format=html -o "$pages/compare.html" || true
shot report 860
shot compare 900

# A module whose history has a commit that made it slower, and one that mended most of it.
history=$pages/module
mkdir -p "$history" && cd "$history" && git init -q .
git config user.name perfgo && git config user.email perfgo@example.com
printf 'module example.com/words\n\ngo 1.18\n' >go.mod
export PERFGO_OUTPUT=$pages/module-runs
for i in $(seq 20); do
    cut='strings.Fields(text)'
    [ "$i" -lt 8 ] || cut='regexp.MustCompile(`\s+`).Split(text, -1)'
    [ "$i" -lt 15 ] || cut='space.Split(text, -1)'
    printf 'package words\n\nimport (\n\t"regexp"\n\t"strings"\n)\n\nvar space = regexp.MustCompile(`\\s+`)\n\n// Count is version %d.\nfunc Count(text string) map[string]int {\n\tn := map[string]int{}\n\tfor _, word := range %s {\n\t\tn[strings.ToLower(word)]++\n\t}\n\treturn n\n}\n' "$i" "$cut" >words.go
    printf 'package words\n\nimport (\n\t"strings"\n\t"testing"\n)\n\nfunc BenchmarkCount(b *testing.B) {\n\ttext := strings.Repeat("The quick brown fox jumps over the lazy dog ", 20)\n\tfor i := 0; i < b.N; i++ {\n\t\tCount(text)\n\t}\n}\n' >words_test.go
    git add -A && git commit -qm "version $i"
    perfgo test -q --run="$(printf words-%02d "$i")" -- -run='^$' -bench=. -benchmem -count=6 -benchtime=20ms . >/dev/null
    sleep 1 # runs are in the order of their second
done
perfgo history Count task-ns/op --format=html -o "$pages/history.html"
cd "$ROOT"
shot history 520
ls -l docs/img
