#!/usr/bin/env bash
# make install puts its files where it is told, they work from there, and make uninstall leaves nothing.
. "$(dirname "$0")/../lib.sh"
cd "$ROOT" || exit 1
root=$TMP/root prefix=/opt/perfgo

files() { (cd "$root" && find . ! -type d ! -path '*/share/perfgo/gohook/*' | sort | paste -sd' '); }
want="./opt/perfgo/bin/perfgo ./opt/perfgo/lib/libperfgo-engine.so ./opt/perfgo/lib/libperfgo-simulate.so ./opt/perfgo/lib/libperfgo.so"
want="$want ./opt/perfgo/lib/pkgconfig/perfgo.pc"

make -s --no-print-directory install DESTDIR="$root" PREFIX="$prefix"
check install:files "$(files)" [ "$(files)" = "$want" ]
make -s --no-print-directory install DESTDIR="$root" PREFIX="$prefix"
check install:twice "$(files)" [ "$(files)" = "$want" ]
check install:runs "the installed perfgo does not start" "$root$prefix/bin/perfgo" --help
got=$(PKG_CONFIG_PATH=$root$prefix/lib/pkgconfig pkg-config --variable=preload perfgo)
check install:pkg-config "preload=$got" [ "$got" = "$prefix/lib/libperfgo.so" ]
if LD_PRELOAD=$root$prefix/lib/libperfgo.so /bin/true 2>"$TMP/err" && [ ! -s "$TMP/err" ]; then
    ok install:preload
else
    not_ok install:preload "$(cat "$TMP/err")"
fi
make -s --no-print-directory uninstall DESTDIR="$root" PREFIX="$prefix"
check install:uninstall "$(find "$root" ! -type d) is left" [ "$(find "$root" ! -type d)" = "" ]
finish
