# lib.sh - what the tests of pages have in common, on top of ../lib.sh.
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

CHECKS=$ROOT/tests/html/checks
export TMPDIR=$TMP PERFGO_OUTPUT=$TMP/out

# need_chromium TEST: false, with a reason, where there is none.
need_chromium() {
    command -v chromium >/dev/null 2>&1 && command -v chromedriver >/dev/null 2>&1 && return 0
    skip "$1" "chromium or chromium-driver is not installed"
    return 1
}

browser() { timeout -k 5 200 "$OUT/tests/browser" "$@" 2>"$TMP/browser.err"; }

# look PAGE CHECKS [PAGE CHECKS]...: opens the pages one after the other; passes on what is said.
look() {
    local status
    browser "$@" >"$TMP/browser.out"
    status=$?
    cat "$TMP/browser.out"
    failures=$((failures + $(grep -c '^not ok ' "$TMP/browser.out")))
    [ "$status" -le 1 ] || not_ok "the browser" "exit status $status: $(head -c 500 "$TMP/browser.err")"
}

# data PAGE: its JSON.
data() {
    awk '/^<script type="application\/json" id="data">/ { on = 1; sub(/^<script [^>]*>/, "") }
        on { last = sub(/<\/script>$/, ""); print; if (last) exit }' "$1"
}

# equal NAME GOT WANT
equal() {
    if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "'$2' instead of '$3'"; fi
}
