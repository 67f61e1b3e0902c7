#!/usr/bin/env bash
# timeout: 400
# The package's own tests, here and with the race detector, with the oldest supported Go, and without
# cgo; go vet and staticcheck have nothing to say; everything exported is documented.
. "$(dirname "$0")/../lib.sh"
cd "$ROOT/gohook" || exit 1
OLDEST=go1.18.10
STATICCHECK=honnef.co/go/tools/cmd/staticcheck@v0.8.2

# gotest PREFIX ARG...: go test -v as protocol lines.
gotest() {
    local prefix=$1 status
    shift
    go test -v -count=1 "$@" . >"$TMP/out" 2>&1
    status=$?
    # Leaves only; a skip's reason stands below the name of the test that runs. What is skipped in every
    # build is told once.
    awk -v prefix="$prefix" '
        /^=== (RUN|NAME|CONT)/ { current = $3 }
        /skipped: +/ { why[current] = $0; sub(/.*skipped: +/, "", why[current]) }
        /^ *--- (PASS|FAIL|SKIP): / {
            result[++n] = $2; name[n] = $3
            if (match($3, /.*\//)) parent[substr($3, 1, RLENGTH - 1)] = 1
        }
        END {
            for (i = 1; i <= n; i++) {
                if (name[i] in parent) continue
                if (result[i] == "PASS:") print "ok " prefix name[i]
                if (result[i] == "FAIL:") print "not ok " prefix name[i] ": see the log"
                if (result[i] == "SKIP:" && prefix == "") print "skip " prefix name[i] ": " (name[i] in why ? why[name[i]] : "no reason given")
            }
        }' "$TMP/out"
    if [ "$status" != 0 ]; then
        tail -n 60 "$TMP/out"
        not_ok "${prefix}status" "$(grep -m 1 -E '_test.go:|FAIL|rror' "$TMP/out")"
    fi
}

check vet "go vet complains" go vet ./...
gotest ""
if [ "$(go env GOARCH)" = amd64 ]; then
    gotest race/ -race -short
else
    skip race "needs amd64 here"
fi
if GOTOOLCHAIN=$OLDEST timeout 100 go version 2>/dev/null | grep -q "$OLDEST "; then
    GOTOOLCHAIN=$OLDEST gotest oldest/ -short
else
    skip oldest "$OLDEST cannot be had here"
fi
CGO_ENABLED=0 gotest without-cgo/ -run=Stub
CGO_ENABLED=0 GOOS=darwin check other-system "does not build for macOS" go vet .
if timeout 200 go run "$STATICCHECK" --version >"$TMP/staticcheck" 2>&1; then
    check staticcheck "staticcheck complains" go run "$STATICCHECK" ./...
else
    skip staticcheck "cannot be had: $(tail -n 1 "$TMP/staticcheck")"
fi

# Every exported name has a comment that begins with it.
undocumented=$(go doc -all . | awk '
    /^(FUNCTIONS|TYPES)$/ { on = 1 }
    on && /^func |^type / { if (name != "") print name; name = $0; next }
    name != "" && /^    [A-Z]/ { name = "" }
    END { if (name != "") print name }' | grep -v ' struct {$\|^type .* int$')
if [ -z "$undocumented" ]; then ok documented; else not_ok documented "no comment: $undocumented"; fi

# What returns an error says which; what runs a function, on which threads it counts.
unsaid=$(go doc -all . | awk '
    function check() {
        if (name ~ /error\)?$/ && text !~ /rror|Err[A-Z]/) print "no errors: " name
        if (name ~ /^func [A-Z].*f func\(/ && text !~ /thread/) print "no threads: " name
    }
    /^func |^type |^[A-Z]+$/ { check(); name = /^func [^(]/ || /^func \([a-z]+ \*?[A-Z]/ ? $0 : ""; text = ""; next }
    { text = text $0 }
    END { check() }' | grep -v 'func (e \*Error)')
if [ -z "$unsaid" ]; then ok errors-documented; else not_ok errors-documented "$unsaid"; fi
finish
