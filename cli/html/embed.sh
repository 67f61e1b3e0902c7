#!/usr/bin/env bash
# embed.sh FILE... - an assembler source that puts the files into the program, with a table of them:
# struct html_asset html_assets[] of cli/html.c. A script's hash is for the page's content security
# policy, which lets a browser run these scripts and no other.
set -euo pipefail

hash_of() { sha256sum "$1" | cut -d' ' -f1 | tr a-f A-F | basenc --base16 -d | base64 -w0; }

printf '/* made by cli/html/embed.sh */\n'
number=0
table=
for file in "$@"; do
    number=$((number + 1))
    printf '.section .rodata\nname%d: .asciz "%s"\nhash%d: .asciz "sha256-%s"\n' \
        "$number" "$(basename "$file")" "$number" "$(hash_of "$file")"
    printf 'data%d: .incbin "%s"\nend%d: .byte 0\n' "$number" "$file" "$number"
    table+=$(printf '.quad name%d, data%d, end%d - data%d, hash%d' "$number" "$number" "$number" "$number" "$number")$'\n'
done
printf '.section .data.rel.ro, "aw"\n.balign 8\n.globl html_assets\n.hidden html_assets\nhtml_assets:\n%s.quad 0, 0, 0, 0\n' "$table"
printf '.section .note.GNU-stack, "", %%progbits\n'
