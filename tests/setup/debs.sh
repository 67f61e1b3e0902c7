#!/usr/bin/env bash
# debs.sh - Debian packages of another architecture, unpacked into a directory.
#
#   debs.sh ARCH DIR NAME...            with all that they depend on
#   debs.sh ARCH DIR --alone NAME...    without
#   debs.sh ARCH DIR --behind NAME...   alone, the first package that each of them depends on: what a
#                                       name such as linux-image-arm64 stands for today
#
# DIR/root gets the files of the packages. The system
# stays as it is: apt works with lists and a package status of its own, below the directory that holds
# DIR, which several DIRs share. Needs apt and dpkg-deb, not root. Done before with the
# same arguments: nothing happens, and no network is needed.
set -euo pipefail

arch=$1 dir=$(realpath -m "$2")
shift 2
stamp=$dir/done
wanted="$arch $*"
how=
case $1 in --*) how=$1; shift ;; esac
if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then
    exit 0
fi

apt=$(dirname "$dir")/apt-$arch
mkdir -p "$apt"/{state,lists/partial,cache,parts} "$dir"
exec 9>"$apt/lock"
flock 9
: >"$apt/state/status"
# The system's own sources, whatever architecture they are restricted to.
for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
    [ -f "$file" ] || continue
    sed -E '/^Architectures:/d; s/^(deb +\[[^]]*)arch=[^] ]+/\1/' "$file" >"$apt/parts/${file##*/}"
done
cat >"$apt/apt.conf" <<END
APT::Architecture "$arch";
#clear APT::Architectures;
APT::Architectures { "$arch"; };
APT::Sandbox::User "root";
APT::Install-Recommends "false";
Acquire::Languages "none";
Acquire::Retries "3";
Dir::State "$apt/state";
Dir::State::Lists "$apt/lists";
Dir::State::status "$apt/state/status";
Dir::Cache "$apt/cache";
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "$apt/parts";
END
export APT_CONFIG=$apt/apt.conf

# What has been downloaded for DIR is in DIR/debs, and that is what is unpacked.
download() {
    rm -rf "$dir/debs"
    mkdir -p "$dir/debs/partial"
    cd "$dir/debs"
    case $how in
    --alone) apt-get download -qq "$@" ;;
    --behind) apt-get download -qq $(apt-cache depends "$@" | awk '/^[^ ]/ { n = 0 } /Depends:/ && !n++ { print $2 }') ;;
    *) apt-get install -qq -y --download-only -o Dir::Cache::archives="$dir/debs" "$@" >/dev/null ;;
    esac
}
# Lists of a day will do, as long as what they name is still there.
fresh() { find "$apt/lists" -maxdepth 1 -name '*_Packages*' -mtime -1 | grep -q .; }
{ fresh && download "$@"; } || { apt-get update -qq && download "$@"; } || {
    echo "debs: cannot download for $arch: $*" >&2
    exit 1
}

rm -rf "$dir/root"
mkdir -p "$dir/root"
for file in "$dir"/debs/*.deb; do
    dpkg-deb --extract "$file" "$dir/root"
done
rm -rf "$dir/debs"
# Links to absolute paths would leave the directory.
find "$dir/root" -lname '/*' -printf '%P %l\n' | while read -r link target; do
    ln -sfn "$(sed 's|[^/]*/|../|g; s|[^/]*$||' <<<"$link")${target#/}" "$dir/root/$link"
done
printf '%s\n' "$wanted" >"$stamp"
