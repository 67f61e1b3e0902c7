# ask.sh - asks the machine outside to build something (outside.sh). For guest/go and guest/cc.
#
# ask TREE CWD OUT COMMAND ARG...: runs COMMAND outside on a copy of the directory TREE, in CWD below
# it. @OUT@ in an argument is a file that comes back as OUT. Prints what COMMAND printed; its status.
ask() {
    local tree=$1 cwd=$2 out=$3 dir status
    shift 3
    # One request at a time: several go commands may run side by side.
    while ! mkdir /tmp/.asking 2>/dev/null; do sleep 0.05; done
    dir=$(mktemp -d /tmp/ask.XXXXXX)
    printf '%s\0' "$@" >"$dir/args"
    printf '%s\0' "GOTOOLCHAIN=${GOTOOLCHAIN:-local}" "CGO_ENABLED=${CGO_ENABLED:-1}" >"$dir/env"
    printf '%s' "$cwd" >"$dir/cwd"
    mkdir "$dir/tree"
    [ -z "$tree" ] || cp -a "$tree/." "$dir/tree/"
    rm -rf "$dir/tree/.perfgo"
    tar cf - -C "$dir" . | lab put request.tar
    rm -rf "$dir"
    mkdir "$dir"
    lab ask ./outside && lab get reply.tar | tar xf - -C "$dir"
    status=$(cat "$dir/status" 2>/dev/null || echo 125)
    [ ! -e "$dir/output" ] || cat "$dir/output"
    if [ -n "$out" ] && [ -e "$dir/out" ]; then
        # A program that runs cannot be written.
        rm -f "$out"
        cp "$dir/out" "$out" || status=1
    fi
    rm -rf "$dir"
    rmdir /tmp/.asking
    return "$status"
}
