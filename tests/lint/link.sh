#!/usr/bin/env bash
# libengine.a links alone, whole, with nothing left undefined: it needs neither agent nor cli.
. "$(dirname "$0")/lib.sh"

archive=$OUT/lib/libengine.a
libs=$(make -s --no-print-directory -C "$ROOT" print-engine-libs)
if [ -f "$archive" ]; then
    fault_lines < <(${CC:-cc} -shared -o /dev/null -Wl,--whole-archive "$archive" -Wl,--no-whole-archive \
        -Wl,--no-undefined $libs 2>&1 | grep -E 'undefined reference|multiple definition|cannot find' |
        sed 's/.*: \(undefined reference\)/\1/' | sort -u | head -n 20)
else
    fault "no $archive"
fi
verdict link
