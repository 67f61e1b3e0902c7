#!/usr/bin/env python3
"""Reads `go tool objdump` of one function and prints the mnemonics of its loop, one per line: from
the target of the only backward jump up to and including that jump."""

import re
import sys

code = []
for line in sys.stdin:
    m = re.match(r"\s+\S+\s+0x([0-9a-f]+)\s+[0-9a-f]+\s+(\S+)\s*(.*)", line)
    if m:
        code.append((int(m[1], 16), m[2], m[3]))
for i, (addr, name, rest) in enumerate(code):
    m = re.match(r"0x([0-9a-f]+)$", rest.strip())
    if name[0] in "JB" and m and int(m[1], 16) < addr:
        for a, n, _ in code[: i + 1]:
            if a >= int(m[1], 16):
                print(n)
