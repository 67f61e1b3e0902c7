# lib.sh - what the lint scripts share. A script collects faults and ends with `verdict NAME`.
#
# LINT_ROOT: the tree to look at (default: this checkout; selftest.sh gives trees with faults).
LIB_NO_TMP=${LIB_NO_TMP-1}
LINT_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[ -z "${LINT_ROOT:-}" ] || OUT=$LINT_ROOT/build
. "$LINT_DIR/../lib.sh"
cd "${LINT_ROOT:-$ROOT}" || exit 1
OBJ=$OUT/obj

faults=()
fault() { faults+=("$*"); }

# Lines of standard input are faults.
fault_lines() {
    local line
    while IFS= read -r line; do
        [ -z "$line" ] || fault "$line"
    done
}

verdict() {
    if [ ${#faults[@]} -eq 0 ]; then
        echo "ok lint:$1"
        exit 0
    fi
    printf '  %s\n' "${faults[@]:0:40}"
    case ${#faults[@]} in
    1) echo "not ok lint:$1: ${faults[0]}" ;;
    *) echo "not ok lint:$1: ${faults[0]} (and $((${#faults[@]} - 1)) more)" ;;
    esac
    exit 1
}

# Words of an allow-list in this folder; "#" starts a comment.
allow_list() { sed 's/#.*//' "$LINT_DIR/$1" | xargs -n 1 2>/dev/null; }

# C sources that git knows or would know: what a commit could contain.
sources() {
    if git rev-parse --is-inside-work-tree >/dev/null 2>&1 && [ -z "${LINT_ROOT:-}" ]; then
        git ls-files --cached --others --exclude-standard -- "$@"
    else
        find . -path ./build -prune -o -type f -print | sed 's|^\./||' |
            while IFS= read -r file; do
                for pattern in "$@"; do
                    case $file in $pattern) echo "$file" ;; esac
                done
            done
    fi | while IFS= read -r file; do [ -f "$file" ] && echo "$file"; done
}
