#!/usr/bin/env bash
# cross.sh ARCH - the libraries that perfgo is built with, for another architecture, below
# build/cross/ARCH/root. Nothing is installed, and no architecture is added to the system.
set -euo pipefail
cd "$(dirname "$0")/../.."

# The development packages of the native build are those of every build.
mapfile -t libraries < <(tests/setup/deps.sh --list | tr ' |' '\n\n' | grep -E '^(lib.*|zlib1g)-dev$')
tests/setup/debs.sh "$1" "build/cross/$1" "${libraries[@]}"
# Valgrind's client requests are headers alone, the same for all.
ln -sfn /usr/include/valgrind "build/cross/$1/root/usr/include/valgrind"
