#!/usr/bin/env bash
# setup.sh - builds the lab: build/pmu/Image, an arm64 kernel, and build/pmu/base.cpio, what it boots
# into; with "valgrind" as argument also build/pmu/valgrind.cpio, which boot.sh lays over it. All of it
# comes from Debian packages. Nothing to do: nothing happens, in milliseconds.
#
# Exit status 2, and the reason on standard output: this machine cannot have the lab.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
lab=build/pmu cross=build/cross

cannot() { echo "$*"; exit 2; }
for tool in qemu-system-aarch64:qemu-system-arm aarch64-linux-gnu-gcc:gcc-aarch64-linux-gnu \
    cpio:cpio apt-get:apt dpkg-deb:dpkg; do
    command -v "${tool%%:*}" >/dev/null || cannot "no ${tool%%:*} (package ${tool##*:})"
done

LIBRARIES=$cross/arm64
mkdir -p "$lab"
exec 8>"$lab/lock"
flock 8

tests/setup/cross.sh arm64 || cannot "arm64 packages cannot be downloaded"

# Of the kernel's package the kernel alone: its modules are ten times as large.
if [ ! -s "$lab/Image" ]; then
    tests/setup/debs.sh arm64 $cross/kernel --behind linux-image-arm64 || cannot "no arm64 kernel can be downloaded"
    cp $cross/kernel/root/boot/vmlinuz-* "$lab/Image.part"
    rm -rf $cross/kernel
    mv "$lab/Image.part" "$lab/Image"
fi

# pack ROOT FILE: the same bytes for the same files.
pack() {
    find "$1" -exec touch -h -d @0 {} +
    (cd "$1" && find . | LC_ALL=C sort | cpio -o -H newc --quiet --reproducible -R 0:0) >"$2.part"
    mv "$2.part" "$2"
}

# make_base ROOT: busybox, what tests are written in, and the libraries that perfgo is linked with.
make_base() {
    local root=$1 source
    mkdir -p "$root"/{bin,lib/aarch64-linux-gnu,usr,proc,sys,dev,tmp,etc,job}
    ln -s ../bin "$root/usr/bin"
    ln -s ../lib "$root/usr/lib"
    echo root:x:0:0::/tmp:/bin/sh >"$root/etc/passwd"
    cp $cross/tools/root/bin/{busybox,bash} $cross/tools/root/usr/bin/jq "$root/bin/"
    cp -a $cross/arm64/root/lib/ld-linux-aarch64.so.1 "$root/lib/"
    for source in $cross/{arm64,tools}/root/{lib,usr/lib}/aarch64-linux-gnu; do
        # libdw.so.1 is a link to libdw-0.188.so.
        find "$source" -maxdepth 1 \( -name '*.so.*' -o -name 'lib*-[0-9]*.so' \) ! -name 'lib*krb5*' ! -name 'lib*ssl*' ! -name 'libcrypto*' \
            -exec cp -a {} "$root/lib/aarch64-linux-gnu/" \;
    done
    aarch64-linux-gnu-gcc --sysroot=$cross/arm64/root -O2 -Wall -static -o "$root/bin/lab" "$here/guest/lab.c"
    install -m 755 "$here/guest/init" "$root/init"
    mkdir -p "$root/lib/lab" "$root/lib/locale"
    cp "$here"/guest/{go,cc,ask.sh} "$root/lib/lab/"
    cp -r $cross/locale/root/usr/lib/locale/C.utf8 "$root/lib/locale/"
}

# layer NAME MAKER: build/pmu/NAME.cpio, anew when what it is made of has changed.
layer() {
    local inputs root=$lab/root
    inputs=$(cat "$here/setup.sh" "$here"/guest/* $cross/{arm64,tools}/done | sha256sum)
    [ "$(cat "$lab/$1.inputs" 2>/dev/null)" != "$inputs" ] || return 0
    rm -rf "$root"
    "$2" "$root"
    pack "$root" "$lab/$1.cpio"
    rm -rf "$root"
    echo "$inputs" >"$lab/$1.inputs"
}

tests/setup/debs.sh arm64 $cross/tools busybox-static bash jq libgcc-s1 || cannot "arm64 packages cannot be downloaded"
tests/setup/debs.sh arm64 $cross/locale --alone libc-bin || cannot "arm64 packages cannot be downloaded"
layer base make_base

# What callgrind takes; it needs the symbols of the dynamic loader, which are a package of their own.
make_valgrind() {
    local from=$cross/valgrind/root/usr
    mkdir -p "$1"/{bin,lib/debug,usr/libexec/valgrind}
    cp "$from"/bin/valgrind{,.bin} "$1/bin/"
    cp "$from"/libexec/valgrind/{callgrind-arm64-linux,vgpreload_core-arm64-linux.so,default.supp} "$1/usr/libexec/valgrind/"
    cp -a "$from/lib/debug/.build-id" "$1/lib/debug/"
}
if [ "${1:-}" = valgrind ]; then
    tests/setup/debs.sh arm64 $cross/valgrind --alone valgrind libc6-dbg || cannot "arm64 packages cannot be downloaded"
    layer valgrind make_valgrind
fi
