#!/usr/bin/env bash
# What comparing costs: 10 000 benchmarks, 10 metrics and 10 repeats on each side, in every format, and
# the same files under benchstat.
. "$(dirname "$0")/lib.sh"
cd "$TMP" || exit 1

awk 'BEGIN {
    srand(1)
    n = split("ns/op B/op allocs/op instructions/op cycles/op branches/op cache-misses/op page-faults/op task-ns/op IPC", unit, " ")
    for (b = 0; b < 10000; b++) {
        for (m = 1; m <= n; m++) middle[m] = 10 ^ (1 + 5 * rand())
        for (side = 1; side <= 2; side++)
            for (r = 0; r < 10; r++) {
                line = "BenchmarkThing/case=" b "-8 \t 1000"
                # A sum of three is normal enough.
                for (m = 1; m <= n; m++)
                    line = line sprintf("\t %.4g %s", middle[m] * (1 + side / 100 + 0.04 * (rand() + rand() + rand() - 1.5)), unit[m])
                print line >(side == 1 ? "old.txt" : "new.txt")
            }
    }
}'

# seconds_of COMMAND...: seconds and the most resident KiB, of the fastest of three runs.
seconds_of() {
    python3 - "$@" <<'PY'
import resource, subprocess, sys, time
best = None
for _ in range(3):
    start = time.monotonic()
    status = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    best = min(best or 1e9, time.monotonic() - start)
    if status.returncode not in (0, 1, 2):
        sys.exit(status.stderr.decode())
print(f"{best:.3f}", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
PY
}

slowest=0 largest=0
for format in $("$PERFGO" compare --format='?' old.txt new.txt 2>&1 | sed 's/.*give //; s/,//g; s/ or / /'); do
    out=$(seconds_of "$PERFGO" compare --format="$format" old.txt new.txt) ||
        { unmeasured "perfgo compare --format=$format" "$out"; done_measuring; }
    read -r seconds kib <<<"$out"
    detail "$format: $seconds s, $((kib / 1024)) MiB"
    [ "$format" = table ] && table=$seconds
    slowest=$(calc %s "(($seconds > $slowest) ? $seconds : $slowest)")
    largest=$(calc %d "(($kib > $largest) ? $kib : $largest)")
done
figure "compare 10000 x 10 x 10, slowest format" "$slowest" 2 s "$(($(wc -c <old.txt) >> 20)) MiB on each side"
figure "compare 10000 x 10 x 10, most memory" "$(calc %.0f "$largest / 1024")" 200 MiB
if GOBIN=$TMP timeout 200 go install golang.org/x/perf/cmd/benchstat@latest >install 2>&1 &&
    out=$(seconds_of ./benchstat old.txt new.txt); then
    read -r seconds kib <<<"$out"
    figure "compare over benchstat, table" "$(calc %.4f "$table / $seconds")" 0.2 x \
        "$table s over $seconds s and $((kib / 1024)) MiB: $(calc %.1f "$seconds / $table") times as fast"
else
    unmeasured "compare over benchstat" "benchstat cannot be had: $(tail -n 1 install)"
fi
done_measuring
