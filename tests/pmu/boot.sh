#!/usr/bin/env bash
# boot.sh - one boot of the lab: runs a job in an emulated arm64 machine with a real PMU.
#
#   boot.sh JOB OUT [LAYER.cpio...]
#
# JOB is a directory; it is /job inside, and /job/run.sh is what runs, as root, with busybox's sh.
# OUT/output gets what that printed, OUT/out/ what it left in /job/out, OUT/console what the kernel
# had to say. Layers are laid over the base in their order. The exit status is that of run.sh, 124
# when TIMEOUT seconds were not enough, 125 when the machine did not come to an end by itself.
#
#   CPU=cortex-a57     or cortex-a72, neoverse-n1, max (see README.md for what differs)
#   SHIFT=0            cycles = instructions << SHIFT
#   MEM=1024           MiB
#   TIMEOUT=400
#
# One processor, whose time is the number of instructions that it has executed: nothing that happens
# inside depends on the machine outside, so the same job has the same output to the byte.
set -uo pipefail
job=$(realpath "$1") out=$(realpath -m "$2")
shift 2
lab=$(cd "$(dirname "$0")/../.." && pwd)/build/pmu
TIMEOUT=${TIMEOUT:-400}

tmp=$(mktemp -d "${TMPDIR:-/tmp}/perfgo-boot.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
rm -rf "$out"
mkdir -p "$out/out" "$tmp/root"
# A boot does not know when the job's files were written.
cp -a "$job" "$tmp/root/job"
find "$tmp/root" -exec touch -h -d @0 {} +
(cd "$tmp/root" && find job | LC_ALL=C sort | cpio -o -H newc --quiet --reproducible -R 0:0) >"$tmp/job.cpio"
cat "$lab/base.cpio" "$@" "$tmp/job.cpio" >"$tmp/initrd" || exit 125
rm -rf "$tmp/root" "$tmp/job.cpio"

# Semihosting takes names relative to where QEMU runs, so the inside sees the same ones every time.
cd "$tmp" || exit 125
ln -s "$lab/../../tests/pmu/outside.sh" outside
timeout --kill-after=5 "$TIMEOUT" "${QEMU:-qemu-system-aarch64}" \
    -M virt,gic-version=3,dtb-randomness=off -cpu "${CPU:-cortex-a57}" -smp 1 -m "${MEM:-1024}" \
    -icount shift="${SHIFT:-0}",sleep=off -rtc base=2024-01-01,clock=vm \
    -nodefaults -display none -no-reboot -serial stdio \
    -semihosting-config enable=on,target=native,userspace=on \
    -kernel "$lab/Image" -initrd initrd \
    -append "console=ttyAMA0 panic=-1 quiet nokaslr norandmaps" </dev/null 2>&1 | tr -d '\r' >"$out/console"
status=${PIPESTATUS[0]}
[ ! -f output ] || mv output "$out/output"
if [ -f out.tar ]; then
    tar xf out.tar -C "$out/out"
elif [ "$status" = 0 ]; then
    status=125
fi
exit "$status"
