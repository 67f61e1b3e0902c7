#!/usr/bin/env bash
# outside.sh - the answer to a request from inside the lab, where neither Go nor a compiler is: builds
# for arm64 out here what a job's `go` or `cc` was asked for (guest/go, guest/cc).
#
# request.tar holds args and env (NUL between words), cwd, and the source tree; reply.tar gets status,
# output and, where args say @OUT@, the file. Works in QEMU's own directory. The same request has the
# same answer, which is kept in build/pmu/built for some days.
set -uo pipefail
root=$(cd "$(dirname "$(readlink -f "$0")")/../.." && pwd)
cache=$root/build/pmu/built
mkdir -p "$cache"
find "$cache" -type f -mtime +3 -delete

rm -rf request reply reply.tar
mkdir request reply
tar xf request.tar -C request || exit 1
mapfile -d '' -t args <request/args
mapfile -d '' -t environment <request/env
key=$(cd request && {
    find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
    go version; cat "$root/tests/pmu/outside.sh"
} | sha256sum | cut -c 1-40)
if [ ! -s "$cache/$key" ]; then
    cc="aarch64-linux-gnu-gcc --sysroot=$root/build/cross/arm64/root -ffile-prefix-map=$root=."
    case "${args[*]}" in
    'cc '*) args=($cc "${args[@]:1}") ;;
    'go tool '*) ;; # runs here, on files of there
    'go '*) environment+=(GOOS=linux GOARCH=arm64 CC="$cc") ;;
    *) exit 1 ;;
    esac
    out=$PWD/reply/out
    (cd "request/tree/$(cat request/cwd)" && env "${environment[@]}" \
        "${args[@]//@OUT@/$out}") >reply/output 2>&1
    echo $? >reply/status
    tar cf "$cache/$key.$$" -C reply .
    mv "$cache/$key.$$" "$cache/$key"
fi
cp "$cache/$key" reply.tar
