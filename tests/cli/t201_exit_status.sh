#!/usr/bin/env bash
# perfgo exec ends as the program ended: exit status or signal.
. "$(dirname "$0")/lib.sh"
cd "$TMP" || exit 1

run() { "$PERFGO" exec -- "$@" 2>"$TMP/err"; }
for status in 0 1 2 77 255; do
    run /bin/sh -c "exit $status"
    equal "exit status $status" $? $status
done
for signal in KILL TERM INT SEGV ABRT; do
    # A status from perfgo's wait, not the shell's 128+n of an exit
    python3 - "$PERFGO" $signal <<'EOF'
import signal, subprocess, sys
number = getattr(signal, "SIG" + sys.argv[2])
code = subprocess.run([sys.argv[1], "exec", "--", "/bin/sh", "-c", "kill -%d $$" % number]).returncode
sys.exit(0 if code == -number else 1)
EOF
    equal "killed by SIG$signal is killed by SIG$signal" $? 0
done

run ./absent; equal "absent: 127" $? 127
one_sentence "absent: one sentence" "$TMP/err"
: >plain; run ./plain; equal "not executable: 126" $? 126
one_sentence "not executable: one sentence" "$TMP/err"
"$PERFGO" exec 2>"$TMP/err"; equal "nothing to run: 3" $? 3
one_sentence "nothing to run: one sentence" "$TMP/err"
"$PERFGO" exce 2>"$TMP/err"; equal "unknown command: 3" $? 3
like "unknown command: near miss" "$(cat "$TMP/err")" "*did you mean 'perfgo exec'?"
"$PERFGO" frobnicate 2>"$TMP/err"; equal "far command: 3" $? 3
like "far command: no guess" "$(cat "$TMP/err")" "*--help lists them"
for command in test exec report list doctor; do
    help=$("$PERFGO" $command --help)
    equal "$command --help: 0" $? 0
    like "$command --help: usage" "$help" "Usage: perfgo $command *"
done
like "--version" "$("$PERFGO" --version)" "perfgo [0-9]*.[0-9]*"
equal "nothing is left in TMPDIR" "$(leftovers)" 0
finish
