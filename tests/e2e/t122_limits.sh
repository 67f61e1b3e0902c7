#!/usr/bin/env bash
# Few file descriptors, no engine, settings that mean nothing.
. "$(dirname "$0")/bench.sh"
. "$(dirname "$0")/failopen.sh"

# 64 descriptors, as a soft limit that Go raises, and as a hard one: what cannot be counted is said.
soft() { (ulimit -Sn 64; exec "$@"); }
hard() { (ulimit -n 64; exec "$@"); }
for limit in soft hard; do
    for way in exec preload; do
        test=descriptors-$limit-$way
        direct $test $way $limit
        status_is $test-status "$status" 0
        "$JUDGE" plain "$TMP/base.out" >"$TMP/base.names"
        "$JUDGE" plain "$TMP/$test.out" >"$TMP/name.names"
        check $test-unharmed "the benchmark lines are not those of a run without perfgo" cmp -s "$TMP/base.names" "$TMP/name.names"
        one_sentence $test-said $test 'descriptors'
        ! grep -q task-ns/op "$TMP/$test.out" || judged $test $test-lines -min 5
    done
done

# The engine is not there, is nonsense, or is of another version.
mv "$APP/lib/libperfgo-engine.so" "$TMP/engine"
for kind in missing nonsense other; do
    case $kind in
    nonsense) echo nonsense >"$APP/lib/libperfgo-engine.so" ;;
    other) echo 'int perfgo_engine[64] = {9999, 9999};' | cc -shared -x c -o "$APP/lib/libperfgo-engine.so" - ;;
    esac
    for way in exec preload; do
        direct engine-$kind-$way $way
        status_is engine-$kind-$way-status "$status" 0
        one_sentence engine-$kind-$way-said engine-$kind-$way 'engine'
        unharmed engine-$kind-$way-unharmed base engine-$kind-$way
    done
    rm -f "$APP/lib/libperfgo-engine.so"
done
cp "$TMP/engine" "$APP/lib/libperfgo-engine.so"

# The library is not there.
mv "$APP/lib/libperfgo.so" "$TMP/agent"
direct library exec
status_is library-status "$status" 0
one_sentence library-said library 'libperfgo.so'
unharmed library-unharmed base library
cp "$TMP/agent" "$APP/lib/libperfgo.so"

# Settings.
for setting in PERFGO_BACKEND=nonsense PERFGO_EVENTS=no-such-event 'PERFGO_EVENTS={a' PERFGO_MODE=nonsense \
    PERFGO_INLINE=maybe PERFGO_RUN=a/b PERFGO_BACKEND=hardware; do
    # The sentence names the variable or the value.
    pattern="${setting%%=*}|'${setting#*=}'"
    for way in exec preload; do
        test=$setting-$way
        direct setting $way env "$setting"
        # perfgo exec may refuse to start (3: wrong usage); in the library the benchmark runs.
        if [ $way = exec ] && [ "$status" = 3 ]; then
            one_sentence "$test-said" setting "$pattern"
            continue
        fi
        status_is "$test-status" "$status" 0
        one_sentence "$test-said" setting "$pattern"
        "$JUDGE" plain "$TMP/setting.out" >"$TMP/name.names"
        check "$test-unharmed" "the benchmark lines are not those of a run without perfgo" cmp -s "$TMP/base.names" "$TMP/name.names"
        rm -rf "$TMP/setting.d"
    done
done

# Off means off.
for way in exec preload; do
    PERFGO_MODE=off direct off-$way $way
    status_is off-$way-status "$status" 0
    unharmed off-$way-unharmed base off-$way
    if grep -q perfgo: "$TMP/off-$way.err" || [ -e "$TMP/off-$way.d" ]; then
        not_ok off-$way-silent "perfgo said or wrote something though it was switched off"
    else
        ok off-$way-silent
    fi
done
finish
