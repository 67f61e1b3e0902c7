#!/usr/bin/env bash
# seed_elf.sh DIR - the first bytes of real executables, static, position independent and arm64.
exec bash "$(dirname "$0")/seed_gobin.sh" "$1" 4096
