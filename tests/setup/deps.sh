#!/usr/bin/env bash
# deps.sh [--browser] - installs the Debian packages that perfgo's build and tests use and that are missing.
#
# Nothing missing: no network, no package lists touched, nothing needed but dpkg-query. A line of the
# list may give alternatives, separated by "|"; the first one is installed when none is there.
# deps.sh --list prints the list.
set -u

PACKAGES='
gcc libc6-dev make pkg-config|pkgconf
libpfm4-dev libprotobuf-c-dev protobuf-c-compiler libcjson-dev libelf-dev libdw-dev libunwind-dev zlib1g-dev libsmartcols-dev
libcmocka-dev git jq python3 python3-yaml strace valgrind linux-perf|linux-tools-generic
clang clang-format
gcc-aarch64-linux-gnu qemu-system-arm cpio
'
# With --browser, for the tests of HTML pages; where the archive does not have them, these are skipped.
BROWSER='chromium chromium-driver'
LISTS=${PERFGO_APT_LISTS:-/var/lib/apt/lists}
MAX_LIST_AGE_DAYS=1

if [ "${1:-}" = --list ]; then
    echo $PACKAGES
    exit 0
fi

installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

any_installed() {
    local name
    for name in ${1//|/ }; do
        installed "$name" && return 0
    done
    return 1
}

# clang's sanitizer and fuzzer runtimes are a package of their own since release 14, named after the
# version that the unversioned "clang" stands for; before that they came with libclang-common.
clang_version() {
    local depends
    depends=$(dpkg-query -W -f='${Depends}' clang 2>/dev/null)
    [ -n "$depends" ] || depends=$(apt-cache show clang 2>/dev/null | sed -n 's/^Depends: //p' | head -n 1)
    sed -n 's/.*clang-\([0-9][0-9]*\).*/\1/p' <<<"$depends" | head -n 1
}

runtime_package() {
    local version
    version=$(clang_version)
    [ -n "$version" ] || return 0
    if [ "$version" -ge 14 ]; then
        echo "libclang-rt-$version-dev"
    else
        echo "libclang-common-$version-dev"
    fi
}

missing_packages() {
    local entry runtime
    for entry in $PACKAGES; do
        any_installed "$entry" || printf '%s\n' "${entry%%|*}"
    done
    runtime=$(runtime_package)
    [ -z "$runtime" ] || installed "$runtime" || printf '%s\n' "$runtime"
}

missing_browser() {
    local name
    [ "${1:-}" = --browser ] || return 0
    for name in $BROWSER; do
        installed "$name" || ! apt-cache show "$name" >/dev/null 2>&1 || printf '%s\n' "$name"
    done
}

# A list keeps the archive's time stamp; the directory that updates pass through has the update's.
lists_usable() {
    ls "$LISTS"/*_Packages* >/dev/null 2>&1 &&
        find "$LISTS/partial" -maxdepth 0 -mtime -"$MAX_LIST_AGE_DAYS" 2>/dev/null | grep -q .
}

say() { printf 'deps: %s\n' "$*"; }

if ! command -v dpkg-query >/dev/null 2>&1 || ! command -v apt-get >/dev/null 2>&1; then
    say "this is not a Debian system: install the equivalents of" $PACKAGES "yourself."
    exit 0
fi

# Go comes from its own download, in the version that the person wants to measure.
if ! command -v go >/dev/null 2>&1 && [ ! -x /usr/local/go/bin/go ]; then
    say "Go is not installed: perfgo builds without it, but the tests and the demo need it (https://go.dev/doc/install)."
fi

missing=$(missing_packages)
if [ -z "$missing" ] && [ -z "$(missing_browser "$@")" ]; then
    say "every package is there."
    exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
        [ -n "$missing" ] || { say "without" $(missing_browser "$@") "the tests of HTML pages are skipped."; exit 0; }
        say "these packages are missing and this user cannot install them; as root, run: apt-get install -y" $missing
        exit 1
    fi
    as_root=(sudo)
fi

apt() {
    say "running:" "${as_root[@]}" apt-get "$@"
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 "$@"
}

say "missing:" $missing $(missing_browser "$@")
updated=no
if [ -n "$missing" ] && ! lists_usable; then
    apt update || say "the package lists could not be refreshed; trying with those at hand."
    updated=yes
    # What clang stands for may be known only now.
    missing=$(missing_packages)
fi
if [ -n "$missing" ] && ! apt install -y --no-install-recommends $missing; then
    # A package can leave the archive between two point releases: fresh lists name its successor.
    [ "$updated" = no ] && apt update && apt install -y --no-install-recommends $missing || {
        say "apt-get could not install:" $missing
        exit 1
    }
fi
# clang may have arrived just now, and with it the name of its runtime package.
missing=$(missing_packages)
if [ -n "$missing" ]; then
    apt install -y --no-install-recommends $missing || exit 1
fi
missing=$(missing_browser "$@")
if [ -n "$missing" ]; then
    apt install -y --no-install-recommends $missing ||
        say "without" $missing "the tests of HTML pages are skipped."
fi
say "done."
