#!/usr/bin/env bash
# perfgo convert: recordings of a stripped Go program, by file, pipe and text, judged by go tool pprof,
# perf script and the compiler; and sentences for what cannot be read.
. "$(dirname "$0")/lib.sh"
cd "$TMP" || exit 1

status() { "$PERFGO" convert "$@" >out 2>err; echo $?; }

printf 'BenchmarkX 100 5 ns/op\n' >bench.txt
printf '\177ELF\0\0\0' >elf
printf 'PERFILE2' >short
equal "no file: 3" "$(status none)" 3
one_sentence "no file: one sentence" err
for bad in bench.txt elf short . /dev/null; do
    equal "hostile $bad: 3" "$(status "$bad")" 3
    one_sentence "hostile $bad: one sentence" err
done
equal "two inputs: 3" "$(status a b)" 3
check "nothing is written for what cannot be read" "$(ls)" test ! -e perf.pb.gz

command -v perf >/dev/null || { skip convert:recordings "perf is not installed"; finish; }
mkdir hot && cd hot || exit 1
printf 'module example.com/hot\n\ngo 1.18\n' >go.mod
cat >main.go <<'GO'
package main

import "sort"

// mix is too costly to be inlined unless a profile says that its call is hot.
func mix(x uint64) uint64 {
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	x ^= x >> 33
	x ^= x << 7
	x *= 0x9e3779b97f4a7c15
	x ^= x >> 29
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 32
	x += x << 21
	x ^= x >> 35
	x += x << 4
	x ^= x >> 3
	x *= 0x2545f4914f6cdd1d
	x ^= x>>12 ^ x<<25 ^ x>>27
	x += x<<13 ^ x>>7 ^ x<<17
	x *= 0x94d049bb133111eb
	x ^= x>>31 ^ x<<9 ^ x>>5
	return x * 3
}

func sum(n uint64) uint64 {
	s := uint64(0)
	for i := uint64(0); i < n; i++ {
		s += mix(i)
	}
	return s
}

//go:noinline
func sorts(n int) int {
	v := make([]int, n)
	for i := range v {
		v[i] = i * 7919 % n
	}
	sort.Ints(v)
	return v[n/2]
}

var sink uint64

func main() {
	for i := 0; i < 40; i++ {
		sink += sum(1000000)
		sink += uint64(sorts(20000))
	}
}
GO
go build -o hot . && go build -ldflags='-s -w' -o stripped . || { not_ok convert:build "go build failed"; finish; }
if ! perf record -q -e cpu-clock -F 2000 -g -o hot.data ./hot >log 2>&1; then
    skip convert:recordings "perf record: $(head -n 1 log)"
    finish
fi
perf record -q -e cpu-clock -F 2000 -g -o stripped.data ./stripped
perf record -q -e cpu-clock,page-faults,context-switches -c 100000 -g -o several.data ./hot
perf script -i hot.data >hot.script 2>/dev/null

equal "a recording" "$(status hot.data -o hot.pb.gz)" 0
equal "a recording of a stripped program" "$(status stripped.data -o stripped.pb.gz)" 0
equal "text of perf script" "$(status hot.script -o script.pb.gz)" 0
equal "several events" "$(status several.data -o several.pb.gz)" 0
equal "a pipe" "$(perf record -q -e cpu-clock -F 2000 -g -o - ./hot 2>/dev/null | "$PERFGO" convert -o - - >pipe.pb.gz; echo $?)" 0

# Equal inputs give equal bytes: from another directory, by another name or standard input, a second later,
# in another locale and time zone, with other things in memory and at other addresses.
again() {
    local want=$1 input=$2 what=$3 other=$TMP/elsewhere/$2
    mkdir -p "$TMP/elsewhere/deeper"
    cp "$input" "$other"
    touch -d '2001-02-03' "$other"
    "$PERFGO" convert "$input" -o once.pb.gz 2>/dev/null
    equal "$what: once more" "$(cmp once.pb.gz "$want" 2>&1)" ""
    (cd "$TMP/elsewhere/deeper" && umask 077 && HOME=/nowhere TZ=Asia/Kathmandu MALLOC_PERTURB_=85 LOCPATH=$TMP/locale \
        LC_ALL=$other_locale "$PERFGO" convert -o ../other.pb.gz "../$input") 2>/dev/null
    equal "$what: elsewhere" "$(cmp "$TMP/elsewhere/other.pb.gz" "$want" 2>&1)" ""
    LC_ALL=C TZ=UTC "$PERFGO" convert - -o - <"$other" >stdin.pb.gz 2>/dev/null
    equal "$what: standard input" "$(cmp stdin.pb.gz "$want" 2>&1)" ""
}
other_locale=C
mkdir "$TMP/locale"
if localedef -i de_DE -f UTF-8 "$TMP/locale/de_DE.UTF-8" >log 2>&1; then
    other_locale=de_DE.UTF-8 # 1,5 is a number there
fi
for input in hot.data stripped.data several.data; do again "${input%.data}.pb.gz" $input "equal bytes: $input"; done
again script.pb.gz hot.script "equal bytes: text"
# That these comparisons can fail: one sample less is another profile.
grep -n 'cpu-clock' hot.script | sed -n '2s/:.*//p' | { read -r second; tail -n "+$second" hot.script >less.script; }
"$PERFGO" convert less.script -o less.pb.gz 2>/dev/null
equal "other inputs, other bytes" "$(cmp -s less.pb.gz script.pb.gz; echo $?)" 1

# samples FILE, top FILE: how many samples; functions with a share, the first six by their own time.
samples() { go tool pprof -raw -sample_index=samples "$1" 2>/dev/null | awk '/^Samples:/ { on = 1 } /^Locations/ { on = 0 } on && $1 ~ /^[0-9]+$/ { n += $1 } END { print n + 0 }'; }
top() { go tool pprof -top -nodecount=6 "$1" 2>/dev/null | awk 'on { print $6 } /flat%/ { on = 1 }'; }

n=$(grep -c 'cpu-clock' hot.script)
equal "every sample is there" "$(samples hot.pb.gz)" "$n"
equal "every sample of the text is there" "$(samples script.pb.gz)" "$n"
for file in hot stripped script several pipe; do
    check "$file: inlined functions have names" "$(top $file.pb.gz)" grep -qx main.mix <(top $file.pb.gz)
    for view in -top -tags -peek=mix -raw '-list=main\.mix'; do
        go tool pprof $view "$file.pb.gz" >view.out 2>&1 ||
            not_ok "$file: go tool pprof $view" "$(head -n 1 view.out)"
    done
done
ok "go tool pprof takes every profile in every view"
equal "text and recording give the same functions" "$(top script.pb.gz)" "$(top hot.pb.gz)"
check "lines of the source" "$(go tool pprof -list='main\.mix' stripped.pb.gz 2>&1)" \
    grep -qE '[0-9]+ms .*x \*= 0x' <(go tool pprof -list='main\.mix' stripped.pb.gz 2>/dev/null)
raw=$(go tool pprof -raw several.pb.gz 2>/dev/null)
like "each event is a type" "$raw" '*samples/count cpu/nanoseconds* page-faults/count context-switches/count*'
# main.mix needs no frame, so that the kernel's walk along frame pointers steps over its caller.
check "the caller of a leaf without frame" "$(go tool pprof -traces stripped.pb.gz 2>/dev/null | head -40)" \
    awk '/main.mix/ { m = NR } /main.sum/ && NR == m + 1 { s = NR } /main.main/ && NR == s + 1 { found = 1 } END { exit !found }' \
    <(go tool pprof -traces stripped.pb.gz 2>/dev/null)

if go build -help 2>&1 | grep -q pgo || go help build | grep -q -- -pgo; then
    go build -gcflags=-m -o /dev/null . 2>plain.log
    for file in hot stripped; do
        go build -pgo="$file.pb.gz" -gcflags=-m -o /dev/null . 2>pgo.log
        if grep -q 'inlining call to mix' plain.log; then
            not_ok "$file: -pgo" "the call is inlined without a profile"
        elif grep -q 'inlining call to mix' pgo.log; then
            ok "$file: the compiler inlines a hot call because of it"
        else
            not_ok "$file: -pgo" "the hot call is not inlined: $(head -n 2 pgo.log)"
        fi
    done
    check "text: go build -pgo takes it" "$(go build -pgo=script.pb.gz -o /dev/null . 2>&1)" \
        go build -pgo=script.pb.gz -o /dev/null .
else
    skip convert:pgo "this Go has no -pgo"
fi

# Damaged recordings: a sentence, no crash.
size=$(stat -c %s hot.data)
for part in 1 10 50 90 99; do
    head -c $((size * part / 100)) hot.data >cut.data
    equal "cut at $part %: 3" "$(status cut.data -o cut.pb.gz)" 3
    one_sentence "cut at $part %: one sentence" err
done
perf record -q -z -e cpu-clock -g -o z.data ./hot 2>/dev/null
if perf script -i z.data --header-only 2>/dev/null | grep -q compressed; then
    equal "compressed: 3" "$(status z.data)" 3
    like "compressed: says so" "$(cat err)" '*compressed (perf record -z)*'
else
    skip convert:compressed "this perf cannot compress"
fi
finish
