#!/usr/bin/env bash
# Go sources are formatted and pass vet, module by module.
. "$(dirname "$0")/lib.sh"

if ! command -v go >/dev/null 2>&1; then
    fault "Go is not installed (https://go.dev/doc/install)"
    verdict go
fi
# testdata/ is Go's own word for "not part of a package": programs there may be wrong on purpose.
mapfile -t files < <(sources '*.go' | grep -v /testdata/)
[ ${#files[@]} -gt 0 ] || fault "found no Go source"
[ ${#files[@]} -eq 0 ] || fault_lines < <("$(go env GOROOT)/bin/gofmt" -l "${files[@]}" 2>&1 | sed 's/$/ is not as gofmt writes it/')
while IFS= read -r module; do
    fault_lines < <(cd "$(dirname "$module")" && { go vet ./... 2>&1 || echo "go vet fails in $(dirname "$module")"; } |
        grep -v '^#' | head -n 10)
done < <(sources '*go.mod' | grep -v /testdata/)
verdict go
