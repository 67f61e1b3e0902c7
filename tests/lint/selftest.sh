#!/usr/bin/env bash
# selftest.sh - every lint check catches what it is for: a small clean tree passes, and the same tree
# with one fault planted does not. A check that cannot fail is worse than none.
LIB_NO_TMP=
. "$(dirname "$0")/lib.sh"
set -u
T=$TMP/tree

# A tree with the shape of perfgo's.
tree() {
    rm -rf "$T" && mkdir -p "$T"/{proto,cli,preload/agent/arch/cpu,preload/simulator,examples} \
        "$T"/preload/engine/{base,hot,elf,arch,gobin,collect}
    cd "$T" || exit 1
    cp "$ROOT/.clang-format" .
    echo '#define P 1' >proto/p.h
    echo 'int base_a(int x);' >preload/engine/base/a.h
    printf '%s\n' '#include "base/a.h"' '' '#include <stdio.h>' '' 'static const char *const names[] = {"a", "b"};' '' \
        'int base_a(int x)' '{' '    return names[x & 1][0] + printf("%d", x);' '}' >preload/engine/base/a.c
    echo 'int hot_h(const int *p);' >preload/engine/hot/h.h
    printf '%s\n' '#include "hot/h.h"' '' 'int hot_h(const int *p)' '{' '    return *p + 1;' '}' >preload/engine/hot/h.c
    echo '#include "base/a.h"' >preload/engine/elf/e.h
    echo '#include "elf/e.h"' >preload/engine/gobin/g.h
    echo 'int secret(void);' >preload/engine/gobin/g_priv.h
    echo '#include "gobin/g.h"' >preload/engine/collect/engine.h
    printf '%s\n' '#include "collect/engine.h"' '' 'extern const int perfgo_engine;' \
        '__attribute__((visibility("default"))) const int perfgo_engine = 1;' >preload/engine/collect/engine.c
    printf '%s\n' '#include "collect/engine.h"' '#include "hot/h.h"' '#include "proto/p.h"' '' \
        '#include <unistd.h>' '' 'int hook_start(int *p);' 'int recorder(void);' '' \
        'static __attribute__((noinline)) int helper(int *p)' '{' '    return hot_h(p) + P;' '}' '' \
        'int hook_start(int *p)' '{' '    return helper(p) + 1;' '}' '' \
        'int recorder(void)' '{' '    return getpid();' '}' >preload/agent/hooks.c
    printf '%s\n' '{' 'local:' '    *;' '};' >preload/agent/exports.map
    printf '%s\n' 'int simulate(void);' '' 'int simulate(void)' '{' '    return 1;' '}' >preload/simulator/s.c
    printf '%s\n' '#include "gobin/g.h"' '' 'int main(void)' '{' '    return base_a(1) == 0;' '}' >cli/main.c
    printf '%s\n' '#!/bin/sh' 'echo fine' >script.sh
    mkdir -p cli/html/vendor && echo 'lib()' >cli/html/vendor/lib.js
    printf '| lib.js | lib | 1.0 | lib.js | %s |\n' "$(sha256sum cli/html/vendor/lib.js | cut -d' ' -f1)" >cli/html/vendor/README.md
    printf '%s\n' 'module example.com/lint' '' 'go 1.18' >examples/go.mod
    printf '%s\n' '// Package x is clean.' 'package x' '' '// F returns its argument.' 'func F(a int) int { return a }' >examples/x.go
    printf '%s\n' 'all unit-build:' '	@$(CC) -Wall -Werror -Ipreload/engine -c -o /dev/null preload/engine/base/a.c' >Makefile
}

flags='-O1 -fPIC -fvisibility=hidden -fno-stack-protector -I. -Ipreload/engine'
build() {
    local source objects=() hot=()
    for source in preload/engine/*/*.c preload/agent/*.c preload/simulator/*.c; do
        mkdir -p "build/obj/$(dirname "$source")" build/lib
        ${CC:-cc} $flags ${FLAGS:-} -c -o "build/obj/${source%.c}.o" "$source" || return 1
        case $source in
        preload/engine/hot/*) hot+=("build/obj/${source%.c}.o") ;;
        esac
        case $source in preload/engine/*) objects+=("build/obj/${source%.c}.o") ;; esac
    done
    ar rcs build/lib/libengine.a "${objects[@]}"
    ${CC:-cc} -shared -o build/lib/libperfgo-engine.so "${objects[@]}" ${ENGINE_LINK:-} || return 1
    ${CC:-cc} -shared -o build/lib/libperfgo.so build/obj/preload/agent/*.o "${hot[@]}" \
        -Wl,--version-script=preload/agent/exports.map ${AGENT_LINK:-} || return 1
    ${CC:-cc} -shared -nostdlib -o build/lib/libperfgo-simulate.so build/obj/preload/simulator/*.o ${SIMULATOR_LINK:-}
}

# expect RESULT CHECK CASE [PATTERN]: runs the check over the tree; PATTERN must be in its verdict.
expect() {
    local want=$1 lint=$2 case=$3 pattern=${4:-} output status
    output=$(LINT_ROOT=$T bash "$LINT_DIR/$lint.sh" 2>&1)
    status=$?
    if [ "$want" = pass ] && [ "$status" -eq 0 ] && grep -qE "^(ok|skip) lint:$lint" <<<"$output"; then
        ok "selftest:$lint/$case"
    elif [ "$want" = fail ] && [ "$status" -ne 0 ] && grep "^not ok lint:$lint:" <<<"$output" | grep -qE "$pattern"; then
        ok "selftest:$lint/$case"
    else
        printf '%s\n' "$output" | sed 's/^/    /'
        not_ok "selftest:$lint/$case" "expected to $want, exit status $status"
    fi
}
caught() { expect fail "$@"; }

tree; build
for lint in layers gothread state exports link size format shell go compilers vendor; do expect pass "$lint" clean; done
for script in "$LINT_DIR"/*.sh; do
    lint=$(basename "$script" .sh)
    case $lint in lib | selftest) continue ;; esac
    grep -q "caught $lint " "$LINT_DIR/selftest.sh" || not_ok "selftest:$lint" "nothing is planted for it"
done

tree; echo '#include "elf/e.h"' >>preload/engine/base/a.h; caught layers upward 'not a lower layer'
tree; mkdir preload/engine/pmu; echo '#include "gobin/g.h"' >preload/engine/pmu/a.h; caught layers sideways 'not a lower layer'
tree; echo '#include "gobin/g_priv.h"' >>cli/main.c; caught layers private 'private to its folder'
tree; echo '#include "preload/agent/agent.h"' >>cli/main.c; touch preload/agent/agent.h; caught layers cli-agent 'agent'
tree; touch cli/c.h; echo '#include "cli/c.h"' >>preload/agent/hooks.c; caught layers agent-cli 'cli'
tree; echo '#include "base/a.h"' >>proto/p.h; caught layers proto 'proto'
tree; mkdir preload/engine/new; echo '#include "base/a.h"' >preload/engine/new/n.h; caught layers unranked 'rank'
tree; touch preload/engine/gobin/h.h; echo '#include "gobin/h.h"' >>preload/agent/hooks.c; caught layers agent-engine 'engine.h'
tree; echo '#include "../base/a.h"' >>preload/engine/hot/h.h; caught layers dots 'paths start'

tree; sed -i 's/return \*p + 1;/return *p + getpid();/; 1i #include <unistd.h>' preload/engine/hot/h.c; build
caught gothread hot-libc 'hot refers to getpid'
tree; sed -i 's/return \*p + 1;/static __thread int t; return *p + t++;/' preload/engine/hot/h.c; build
caught gothread hot-tls 'thread-local|thread pointer|__tls_get_addr'
tree; sed -i 's/return helper(p) + 1;/return helper(p) + recorder();/' preload/agent/hooks.c; build
caught gothread reaches-libc 'hook_start -> recorder -> getpid@plt|hook_start -> getpid@plt'
case $(uname -m) in
x86_64) tree; echo 'double hot_d(double a);double hot_d(double a) { return a * 2; }' >>preload/engine/hot/h.c; build
    caught gothread vector 'vector register'
    tree; FLAGS=-fstack-protector-all build; caught gothread canary 'thread pointer|__stack_chk_fail' ;;
*) skip selftest:gothread/vector "planted for amd64 only" ;;
esac
tree; sed -i 's/hook_start/start/' preload/agent/hooks.c; build; caught gothread no-hooks 'no function hook_'
tree; build; rm build/obj/preload/engine/hot/*.o; caught gothread no-objects 'no objects'
tree; SIMULATOR_LINK='-Wl,--no-as-needed -lm' build; caught gothread simulator-needs 'simulate.so needs a library'
tree; sed -i 's/return 1;/return getpid();/; 1i #include <unistd.h>' preload/simulator/s.c; build
caught gothread simulator-symbol 'relocated against a symbol'

tree; echo 'int base_count;' >>preload/engine/base/a.c; build; caught state bss 'base_count'
tree; echo 'static int n = 7; int base_n(void); int base_n(void) { return n++; }' >>preload/engine/base/a.c; build; caught state data ' n'
tree; echo 'static const char *v = "x"; const char *base_v(void); const char *base_v(void) { return v++; }' >>preload/engine/base/a.c
build; caught state pointer ' v'
tree; echo '__attribute__((constructor)) static void begin(void) { puts(names[0]); }' >>preload/engine/base/a.c; build; caught state constructor 'init_array'

tree; printf '%s\n' '{' 'global:' '    recorder;' '    hook_gone;' 'local:' '    *;' '};' >preload/agent/exports.map
sed -i 's/^int recorder(void);/__attribute__((visibility("default"))) &/' preload/agent/hooks.c; build
caught exports missing 'does not export hook_gone'
tree; sed -i 's/^int recorder(void);/__attribute__((visibility("default"))) &/' preload/agent/hooks.c
build; ${CC:-cc} -shared -o build/lib/libperfgo.so build/obj/preload/agent/*.o build/obj/preload/engine/hot/*.o
caught exports extra 'exports recorder'
tree; AGENT_LINK='-Wl,--no-as-needed -lm' build; caught exports needs 'needs libm'
tree; sed -i '1i __attribute__((visibility("default"))) int base_a(int x);' preload/engine/base/a.c; build
caught exports engine-extra 'exports base_a'

tree; sed -i 's/^static const/int cli_main(void);\n&/; s/return names/return cli_main() + names/' preload/engine/base/a.c; build 
caught link undefined 'cli_main'

tree; { echo 'int long_one(int x)'; echo '{'; for ((i = 0; i < 130; i++)); do echo '    x++;'; done; echo '    return x;'; echo '}'; } >cli/long.c
caught size function 'function of 131 lines'
tree; for ((i = 0; i < 801; i++)); do echo '/* */'; done >cli/long.c; caught size file '801 lines'

if [ "$(clang-format --version | sed -E 's/.*version ([0-9]+).*/\1/')" = 14 ]; then
    tree; echo 'int   f( void ) ;' >>cli/main.c; caught format spaces 'main.c:7'
else
    skip selftest:format/spaces "clang-format here is not 14, which alone is a judge"
fi

tree; echo 'if true; then' >>script.sh; caught shell syntax 'script.sh'
tree; printf 'package x\nfunc G( ) {}\n' >examples/y.go; caught go gofmt 'y.go'
tree; printf 'package x\n\nimport "fmt"\n\n// G is wrong.\nfunc G() { fmt.Printf("%%d", "s") }\n' >examples/y.go; caught go vet 'Printf|vet'

tree; echo >>cli/html/vendor/lib.js; caught vendor changed 'is not the file'
tree; echo >cli/html/vendor/more.js; caught vendor unlisted 'more.js is not in'

tree; sed -i 's/return names/x = x; return names/' preload/engine/base/a.c; caught compilers clang-only 'clang'
tree; sed -i 's/return names/int unused; return names/' preload/engine/base/a.c; caught compilers both 'gcc.*more'
finish
