#!/usr/bin/env bash
# timeout: 1500
# The end-to-end tests, on arm64: the scripts of tests/e2e as they are, each in a boot of its own, with
# a go command that builds outside (guest/go). E2E="t101 t112" chooses.
#
# Some look at what the kernel's software events count, which is what there is without a PMU; those get
# a machine without one. The others run with hardware counters.
#
# Left out: t105 (benchstat) and t109 (the judge's own test), which do not depend on the CPU, and the
# t22x, which need Python.
. "$(dirname "$0")/lab.sh"

for script in "$ROOT"/tests/e2e/t1*.sh; do
    name=$(basename "$script" .sh)
    case ${name%%_*} in t105 | t109) continue ;; esac
    [ -z "${E2E:-}" ] || grep -qw "${name%%_*}" <<<"$E2E" || continue
    new_job "$name" <<END
export PERFGO=/job/bin/perfgo LIBPERFGO=/job/lib/libperfgo.so TMPDIR=/tmp HOME=/tmp
bash tests/e2e/$name.sh
END
    with_go "$name" || not_ok go "test2json does not build"
    scripts+=("$name")
done
# Two at a time: each is one busy processor.
printf '%s\n' "${scripts[@]}" | xargs -P 2 -I{} sh -c '
    case {} in t11* | t12[0-3]*) CPU=cortex-a57,pmu=off ;; *) CPU=cortex-a57 ;; esac
    CPU=$CPU TIMEOUT=1200 "$0/boot.sh" "$1/{}" "$1/{}.out"; echo $? >"$1/{}.status"' "$LAB" "$TMP"

for name in "${scripts[@]}"; do
    # Limits in nanoseconds are those of a real machine; this one takes one for each instruction.
    relay "$name" | sed -E -e "s/^(ok|not ok|skip) /&${name%%_*}:/" \
        -e 's/^(not )?ok (.*residual-.*below-[0-9]+-ns)(: .*)?$/skip \2: a nanosecond is one instruction here/' >"$TMP/relayed"
    cat "$TMP/relayed"
    if grep -q '^not ok ' "$TMP/relayed"; then
        show_boot "$name"
        failures=$((failures + 1))
    elif [ "$(cat "$TMP/$name.status")" = 1 ] && grep -q '^not ok .*residual-.*below-[0-9]*-ns' "$TMP/$name.out/output"; then
        : # that is why
    elif [ "$(cat "$TMP/$name.status")" != 0 ]; then
        show_boot "$name"
        not_ok "$name" "exit status $(cat "$TMP/$name.status")"
    fi
done
finish
