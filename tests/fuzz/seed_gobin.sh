#!/usr/bin/env bash
# seed_gobin.sh DIR [CUT] - real Go executables as seeds, small ones: no fmt, no testing. With CUT only
# that many bytes of each, which is all that the ELF fuzzer looks at.
set -euo pipefail
dir=$1 cut=${2:-}
command -v go >/dev/null || {
    echo "no seeds: go is not installed"
    exit 0
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/main.go" <<'GO'
package main

type inner struct{ a, N int32 }
type B struct {
	inner
	name string
}

func main() { var x any = B{}; println(x.(B).N) }
GO
printf 'module example.com/subject\n\ngo 1.18\n' >"$work/go.mod"
cd "$work"
export GOTOOLCHAIN=local GOFLAGS= GOWORK=off
CGO_ENABLED=0 go build -ldflags='-s -w' -o static .
CGO_ENABLED=0 go build -buildmode=pie -ldflags='-s -w' -o pie .
CGO_ENABLED=0 GOARCH=arm64 go build -ldflags='-s -w' -o arm64 .
for seed in static pie arm64; do
    if [ -n "$cut" ]; then head -c "$cut" "$seed"; else cat "$seed"; fi >"$dir/$seed"
done
