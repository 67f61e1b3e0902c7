"""mutate.py FILE.c:TEST[,TEST]... - breaks a source file in one place at a time, and expects a test to fail.

A mutant is one token of the file changed (see OPERATORS), or one `if` turned round. It is compiled, linked
before the engine's archive with each TEST's object, and run: a test that fails, crashes or hangs has killed
it. One that survives is a rule that no test watches, unless equivalent.txt says why nobody could.
Prints a protocol line per file (tests/lib.sh).
"""
import argparse, concurrent.futures, os, re, subprocess, sys

OPERATORS = [
    (r"==", "!="), (r"!=", "=="), (r"<=", ">"), (r">=", "<"), (r"(?<=[ ])<(?=[ ])", ">="), (r"(?<=[ ])>(?=[ ])", "<="),
    (r"&&", "||"), (r"\|\|", "&&"), (r"!(?=[a-z(])", ""), (r"\btrue\b", "false"), (r"\bfalse\b", "true"),
    (r"(?<= )\+(?= )", "-"), (r"(?<= )-(?= )", "+"), (r"\+=", "-="), (r"\b0\.1\b", "0.2"), (r"(?<=return )\"", "NULL && \""),
    (r"\b1e-9\b", "0"),
]


def code_only(text):
    """The text with comments, strings and preprocessor lines blanked, so that offsets stay."""
    keep = lambda m: '"' + " " * (len(m.group()) - 2) + '"' if m.group()[0] == '"' else " " * len(m.group())
    text = re.sub(r'/\*.*?\*/|"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'',
                  lambda m: keep(m) if "\n" not in m.group() else re.sub(r"[^\n]", " ", m.group()), text, flags=re.S)
    return re.sub(r"(?m)^#(?!define).*$", lambda m: " " * len(m.group()), text)


def closing(code, start):
    depth = 0
    for i in range(start, len(code)):
        depth += (code[i] == "(") - (code[i] == ")")
        if depth == 0:
            return i


def mutants(path):
    text = open(path).read()
    code = code_only(text)
    for pattern, new in OPERATORS:
        for m in re.finditer(pattern, code):
            if pattern in ("==", "!=", "<=", ">=") and code[m.start() - 1] in "<>!=+-*":
                continue
            yield m.start(), m.end(), text[m.start():m.end()], new
    for m in re.finditer(r"\bif \(", code):
        end = closing(code, m.end() - 1)
        yield m.end(), end, "if", "!(" + text[m.end():end] + ")"


def equivalents(path):
    found = []
    for line in open(path):
        if line.strip() and not line.startswith("#"):
            where, change, why = line.rstrip("\n").split(" | ")
            found.append([where, change, why, 0])
    return found


def run(job):
    args, path, tests, number, (start, end, old, new) = job
    text = open(path).read()
    stem = os.path.join(args.tmp, f"{os.path.basename(path)}.{number}")
    with open(stem + ".c", "w") as f:
        f.write(text[:start] + new + text[end:])
    compile_ = ["cc", "-O0", "-w", "-std=gnu11", "-D_GNU_SOURCE", "-I.", "-Ipreload/engine", "-c", stem + ".c", "-o", stem + ".o"]
    if subprocess.run(compile_, capture_output=True).returncode != 0:
        return "not compiled"
    for test in tests:
        link = ["cc", "-o", stem, f"{args.build}/obj/tests/unit/{test}.o", stem + ".o", f"{args.build}/lib/libengine.a",
                "-lcjson", "-lprotobuf-c", "-lz", "-lpfm", "-lm", "-lcmocka"]
        subprocess.run(link, check=True)
        try:
            status = subprocess.run([stem], capture_output=True, timeout=10).returncode
        except subprocess.TimeoutExpired:
            status = 1
        if status != 0:
            break
    for suffix in "", ".c", ".o":
        os.remove(stem + suffix)
    return "killed" if status != 0 else "survived"


def main():
    parser = argparse.ArgumentParser()
    for name in "--tmp", "--build", "--equivalent":
        parser.add_argument(name, required=True)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("file", nargs="+")
    args = parser.parse_args()
    known, failed = equivalents(args.equivalent), False
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for item in args.file:
            path, tests = item.split(":")
            text = open(path).read()
            all_ = list(mutants(path))
            results = pool.map(run, [(args, path, tests.split(","), i, m) for i, m in enumerate(all_)])
            count = {"killed": 0, "equivalent": 0, "not compiled": 0}
            bad = []
            for (start, end, old, new), result in zip(all_, results):
                line = text.count("\n", 0, start) + 1
                source = text.splitlines()[line - 1].strip()
                change = f"{old} -> {'negated' if old == 'if' else new}"
                for e in known:
                    if (e[0], e[1]) == (os.path.basename(path) + ": " + source, change):
                        e[3] += 1
                        if result == "survived":
                            result = "equivalent"
                        break
                if result == "survived":
                    bad.append(f"{os.path.basename(path)}: {source} | {change} |   (line {line})")
                else:
                    count[result] += 1
            print("\n".join(bad))
            name = f"{os.path.basename(path)}: {count['killed']} broken rules found, {count['equivalent']} equivalent"
            print(f"not ok {name}: {len(bad)} survived" if bad or count["killed"] < 20 else f"ok {name}", flush=True)
            failed |= bool(bad)
    stale = [e[0] + " | " + e[1] for e in known if e[3] == 0]
    print("\n".join(stale))
    print(f"not ok equivalents: {len(stale)} match nothing any more" if stale else "ok equivalents: all still there")
    return failed or bool(stale)


sys.exit(main())
