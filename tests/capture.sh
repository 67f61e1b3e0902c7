#!/usr/bin/env bash
# capture.sh FILE… - fills the capture blocks of documents with what their commands print now:
#
#   <!-- capture: COMMAND -->
#   (replaced)
#   <!-- /capture -->
#
# COMMAND runs in bash at the top of the tree with build/bin in PATH. Documents show only output that
# was captured this way; whoever changes an output runs this again and reads the difference.
set -eu
cd "$(dirname "$0")/.."
ROOT=$PWD
PATH=$ROOT/build/bin:$PATH
export PERFGO_OUTPUT=$ROOT/build/capture NO_COLOR=1 COLUMNS=110
rm -rf "$PERFGO_OUTPUT"

fill() {
    local line command skip=0
    while IFS= read -r line || [ -n "$line" ]; do
        case $line in
        '<!-- capture: '*)
            command=${line#'<!-- capture: '}
            command=${command%' -->'}
            printf '%s\n\n' "$line"
            echo "    \$ $command"
            # Both streams: perfgo's summary is on standard error. No path of this machine.
            bash -c "$command" 2>&1 </dev/null | sed -e "s|$ROOT|~/perfgo|g" -e 's/^/    /' -e 's/[[:space:]]*$//'
            echo
            skip=1
            ;;
        '<!-- /capture -->')
            echo "$line"
            skip=0
            ;;
        *) [ "$skip" = 1 ] || printf '%s\n' "$line" ;;
        esac
    done
}

for file in "$@"; do
    fill <"$file" >"$file.new"
    cat "$file.new" >"$file"
    rm "$file.new"
    echo "captured: $file"
done
