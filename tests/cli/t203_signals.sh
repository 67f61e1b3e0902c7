#!/usr/bin/env bash
# Signals sent to perfgo alone reach the program; those of a terminal reach it once; the program does
# not outlive a perfgo that was killed; what such a perfgo left behind is swept.
. "$(dirname "$0")/lib.sh"
cd "$TMP" || exit 1

cat >target <<'EOF'
#!/usr/bin/env python3
import os, signal, sys, time
got = []
def note(number, frame):
    got.append(number)
    open("signals", "a").write(signal.Signals(number).name + "\n")
    if number == signal.SIGTERM:
        sys.exit(5)
for s in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2):
    signal.signal(s, note)
open("ready", "w").write(str(os.getpid()))
time.sleep(30)
EOF
chmod +x target
begin() {
    rm -f ready signals
    "$PERFGO" exec -- ./target 2>err &
    perfgo=$!
    wait_for test -s ready || not_ok "start" "the target did not start"
    target=$(cat ready)
}

begin
for signal in HUP INT QUIT USR1 USR2; do
    kill -$signal "$perfgo"
    wait_for grep -qs "SIG$signal" signals
    check "SIG$signal is handed on" "$(cat signals 2>/dev/null)" grep -qs "SIG$signal" signals
done
kill -TERM "$perfgo"
wait "$perfgo"
equal "SIGTERM is handed on, and its status comes back" $? 5

begin
kill -KILL "$perfgo"
wait "$perfgo" 2>/dev/null
gone() { ! kill -0 "$target" 2>/dev/null; }
wait_for gone
check "the program dies with a perfgo that is killed" "$target lives" gone
check "a killed perfgo leaves its directory" "none" test "$(leftovers)" -eq 1
mkdir "$TMP/perfgo-999999999-abcdef" "$TMP/perfgo-kept-99999-abcdef" "$TMP/perfgo-$$-abcdef"
touch "$TMP/perfgo-999999999-abcdef/notes"
ln -s /etc "$TMP/perfgo-999999998-abcdef"
"$PERFGO" exec -- /bin/true
equal "the next one sweeps it" "$(find "$TMP" -maxdepth 1 -type d -name "perfgo-$perfgo-*" | wc -l)" 0
check "and those of other dead processes" "still there" test ! -e "$TMP/perfgo-999999999-abcdef"
check "not those of the living" "gone" test -d "$TMP/perfgo-$$-abcdef"
check "not kept ones" "gone" test -d "$TMP/perfgo-kept-99999-abcdef"
check "links are not followed" "gone" test -L "$TMP/perfgo-999999998-abcdef" -a -e /etc/passwd

# From a terminal, ^C goes to the whole group: the program must see it once, not twice.
python3 - "$PERFGO" <<'EOF'
import os, pty, sys, time
for name in ("ready", "signals"):
    if os.path.exists(name): os.unlink(name)
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], [sys.argv[1], "exec", "--", "./target"])
def wait_for(test):
    end = time.time() + 10
    while time.time() < end and not test(): time.sleep(0.05)
    return test()
read = lambda: open("signals").read().split() if os.path.exists("signals") else []
ok = wait_for(lambda: os.path.exists("ready") and os.path.getsize("ready") > 0)
os.write(fd, b"\x03")
ok = ok and wait_for(lambda: read())
time.sleep(0.5)
once = read() == ["SIGINT"]
alive = os.waitpid(pid, os.WNOHANG) == (0, 0)
os.kill(pid, 15)
status = os.waitpid(pid, 0)[1]
sys.exit(0 if ok and once and alive and os.WEXITSTATUS(status) == 5 else 1)
EOF
equal "^C in a terminal arrives once, and perfgo waits" $? 0

# A shell's core limit must not give two cores: perfgo repeats the signal, not the dump.
ulimit -c 0
"$PERFGO" exec -- /bin/sh -c 'kill -QUIT $$' 2>/dev/null
equal "killed by SIGQUIT: 128+3" $? 131
finish
