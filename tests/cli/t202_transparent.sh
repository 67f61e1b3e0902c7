#!/usr/bin/env bash
# Between its caller and the program perfgo exec cannot be seen: arguments, directory, streams,
# descriptors, environment, signal dispositions.
. "$(dirname "$0")/lib.sh"
cd "$TMP" || exit 1

cat >show <<'EOF'
#!/usr/bin/env python3
import os, signal, sys
print("argv", sys.argv[1:])
print("cwd", os.getcwd())
print("stdin", sys.stdin.read())
print("fds", sorted(int(f) for f in os.listdir("/proc/self/fd"))[:-1])
print("pipe", open("/proc/self/status").read().split("SigIgn:")[1].split()[0])
print("blocked", open("/proc/self/status").read().split("SigBlk:")[1].split()[0])
print("preload", os.environ.get("LD_PRELOAD"))
EOF
chmod +x show
args=("a b" "" "--" "-e" "\$HOME" "'\"" "ä")
printf input | ./show "${args[@]}" >plain 2>&1
printf input | "$PERFGO" exec -- ./show "${args[@]}" >with 2>err
check "a script sees the same" "$(diff plain with)" cmp -s plain with
one_sentence "a script: one sentence" err

printf input | (trap '' HUP PIPE; ./show) >plain
printf input | (trap '' HUP PIPE; "$PERFGO" exec -- ./show 2>/dev/null) >with
check "ignored signals stay ignored" "$(diff plain with)" cmp -s plain with

equal "argv[0] stays" "$("$PERFGO" exec /bin/sh -c 'echo $0')" "$(/bin/sh -c 'echo $0')"
equal "PATH is searched" "$("$PERFGO" exec echo here)" here
# --- LD_PRELOAD
preload() { "$PERFGO" exec -- /bin/sh -c 'echo $LD_PRELOAD'; }
equal "LD_PRELOAD is set" "$(PERFGO_LIB=$LIBPERFGO preload)" "$LIBPERFGO"
other=/usr/lib/x86_64-linux-gnu/libdl.so.2
[ -e $other ] || other=$(ldconfig -p | sed -n 's/.*libdl.so.2.* => //p' | head -n 1)
equal "LD_PRELOAD keeps the others" "$(LD_PRELOAD=$other PERFGO_LIB=$LIBPERFGO preload)" "$LIBPERFGO:$other"
equal "LD_PRELOAD names it once" "$(LD_PRELOAD="$other $LIBPERFGO" PERFGO_LIB=$LIBPERFGO preload)" "$other $LIBPERFGO"
mkdir -p "with blank" && cp "$LIBPERFGO" "with blank/libperfgo.so"
like "a path with a blank goes through a link" "$(PERFGO_LIB="$TMP/with blank/libperfgo.so" preload)" "$TMP/perfgo-*/libperfgo.so"
PERFGO_LIB=$TMP/no.so "$PERFGO" exec -- /bin/sh -c 'echo "<$LD_PRELOAD>"' >out 2>err
equal "without the library the program runs" "$(cat out)" "<>"
one_sentence "without the library: one sentence" err
equal "PERFGO_MODE=off preloads nothing" "$(PERFGO_MODE=off PERFGO_LIB=$LIBPERFGO preload)" ""
equal "nothing is left in TMPDIR" "$(leftovers)" 0
finish
