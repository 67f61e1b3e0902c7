# import.sh - gives a module the import of gohook. Source it after tests/lib.sh.

GOHOOK=example.com/perfgo/gohook

# import_gohook FROM TO: a copy of the module FROM in which every package that has tests imports
# gohook from this tree, in a file of its own. Nothing else is changed.
import_gohook() {
    local dir name
    mkdir -p "$2" && cp -r "$1/." "$2" || return 1
    (cd "$2" && go mod edit -require="$GOHOOK@v0.0.0" -replace="$GOHOOK=$ROOT/gohook") || return 1
    for dir in "$2"/*/; do
        name=$(sed -n 's/^package \([a-z_]*\).*/\1/p' "$dir"/*_test.go 2>/dev/null | head -n 1)
        [ -n "$name" ] || continue
        printf 'package %s\n\nimport _ "%s"\n' "$name" "$GOHOOK" >"$dir/perfgo_gohook_test.go"
    done
}
