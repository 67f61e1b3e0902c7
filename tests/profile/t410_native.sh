#!/usr/bin/env bash
# Stacks that change stacks: three C functions without frame pointers below Go, callers that cannot be
# told apart, systemstack, mcall, morestack.
. "$(dirname "$0")/lib.sh"

# CPU timers take a sample per tick of the kernel, 10 ms at the most.
if [ -z "${DENIED:-}" ]; then time=400ms; else time=2s; fi

# stacks FILE: one line per stack, "COUNT LEAF CALLER …", runtime names without their package.
stacks() {
    pprof -traces -sample_index=samples "$1" | awk '
        function flush() { if (stack != "") print count stack; stack = "" }
        /^-----/ { flush(); next }
        /^ *(package|benchmark|procs|thread):/ { next }
        /^ +[0-9]+ / && stack == "" { count = $1; sub(/^ +[0-9]+ +/, ""); }
        /^ / || stack == "" { sub(/^ +/, ""); sub(/ \(inline\)$/, ""); gsub(/ /, "_"); stack = stack " " $0 }
        END { flush() }' | sed 's/^ *//; s/\( \)runtime\./\1/g'
}
# percent PATTERN WHERE: of the samples whose stack is like WHERE, those like PATTERN; on standard input.
percent() {
    awk -v is="$1" -v where="$2" '$0 ~ where { all += $1; if ($0 ~ is) good += $1 }
        END { printf "%.1f of %d\n", all ? 100 * good / all : 0, all }'
}
# mostly TEST FILE PATTERN WHERE PERCENT SAMPLES: at least that many percent, of at least that many samples.
mostly() {
    local got
    got=$(stacks "$2" | percent "$3" "$4")
    check "$1" "$got %, not $5 of $6: $(stacks "$2" | grep -E "$4" | grep -vE "$3" | sort -rn | head -n 1 | cut -c1-400)" \
        awk -v got="${got%% *}" -v n="${got##* }" -v least="$5" -v samples="$6" 'BEGIN { exit !(got >= least && n >= samples) }'
}

binary=$(binary stacks) || { not_ok stacks:build "does not build"; finish; }
if ! profile stacks "$binary" '-test.run=^$' -test.bench=. -test.benchtime=$time; then
    not_ok stacks:run "$(tail -n 2 "$TMP/stacks.err")"
else
    # On amd64 and arm64 alike it keeps the frame pointer of the goroutine's stack.
    mostly "systemstack: callers to the end" "$(file stacks Systemstack)" ' systemstack [^ ]+ .*goexit$' ' systemstack' 95 10
    mostly "systemstack: the benchmark is among them" "$(file stacks Systemstack)" \
        ' systemstack (.* )?mallocgc makeslice .*stacks\.allocate .*BenchmarkSystemstack ' ' systemstack .*(mallocgc|allocate)' 95 1
    # mcall leaves the goroutine, which may run elsewhere: since Go 1.25 nothing leads back to it.
    mostly "mcall: ends there or goes on with who called it" "$(file stacks Mcall)" \
        'gosched_m mcall( Gosched .*yield .*BenchmarkMcall .*)?$| gosched_m mcall .*yield .*BenchmarkMcall ' ' mcall' 90 50
    mostly "morestack: marked as truncated" "$(file stacks Morestack)" ' newstack morestack \[truncated\]$' ' newstack ' 100 50
fi

if [ "$(go env CGO_ENABLED)" != 1 ]; then
    skip native "cgo is off"
    finish
fi
# As go test does it the names of C functions would be stripped.
binary=$(binary native -ldflags=-s=0) || { not_ok native:build "does not build"; finish; }
profile native "$binary" '-test.run=^$' -test.bench=. -test.benchtime=$time || not_ok native:run "$(tail -n 2 "$TMP/native.err")"
in_c='^[0-9]+ (c_leaf|b_middle|a_first|_cgo_[0-9a-f]+_Cfunc_a_first) '
mostly "asmcgocall: Go, cgocall, a, b, c" "$(file native ThreeDeep)" \
    '^[0-9]+ (c_leaf )?(b_middle )?(a_first )?_cgo_[0-9a-f]+_Cfunc_a_first asmcgocall cgocall [^ ]*_Cfunc_a_first [^ ]*native\.Work [^ ]*BenchmarkThreeDeep .*goexit$' "$in_c" 95 50
mostly "asmcgocall: calls of 20 ns" "$(file native Short)" \
    '_Cfunc_a_first asmcgocall cgocall [^ ]*_Cfunc_a_first [^ ]*native\.Work [^ ]*BenchmarkShort .*goexit$' "$in_c" 95 20
mostly "the deepest: all three" "$(file native ThreeDeep)" '^[0-9]+ c_leaf b_middle a_first _cgo' '^[0-9]+ c_leaf ' 99 50
# Nothing is guessed: what the two callers have in common, and between that a frame that says so.
mostly "callers that cannot be told apart" "$(file native TwoCallers)" \
    ' asmcgocall cgocall [^ ]*_Cfunc_a_first [^ ]*native\.Work (\[several_callers\]|[^ ]*native\.(left|right) [^ ]*BenchmarkTwoCallers) .*goexit$' "$in_c" 95 50
check "lines of C" "$(pprof -list=c_leaf "$(file native ThreeDeep)" 2>&1 | head -n 3)" grep -q '\.go:[0-9]' <(pprof -raw "$(file native ThreeDeep)" | grep c_leaf)
pprof -raw "$(file native ThreeDeep)" | sed '1,/^Mappings/d' >"$TMP/mappings"
check "mappings have build ids and say what is known" "$(cat "$TMP/mappings")" \
    test -s "$TMP/mappings" -a -z "$(grep -vE ' [0-9a-f]{8,} \[FN\]\[FL\]\[LN\]\[IN\]$' "$TMP/mappings")"
finish
