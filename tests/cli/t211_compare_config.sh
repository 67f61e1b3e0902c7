#!/usr/bin/env bash
# .perfgo.toml: where it is found, what it may say, that flags win, and that it is read as TOML.
. "$(dirname "$0")/lib.sh"
cd "$TMP" || exit 1

mkdir -p m/sub n
touch m/go.mod
for v in 100 101 102 99 98 100.5 100.2; do
    printf 'BenchmarkA-8 100 %s ns/op 5 x/op\n' "$v" >>old.txt
    printf 'BenchmarkA-8 100 %s ns/op 5 x/op\n' "$(awk "BEGIN { print $v * 1.1 }")" >>new.txt
done
status() { "$PERFGO" compare "$@" >out 2>err; echo $?; }
config() { printf '%s\n' "$@" >"$TMP/m/.perfgo.toml"; }

cd m/sub || exit 1
config '[compare]' "gate = ['ns/op<=+5%']"
equal "found beside go.mod" "$(status "$TMP/old.txt" "$TMP/new.txt")" 1
like "found: said" "$(cat err)" "perfgo: compare: settings of $TMP/m/.perfgo.toml"
equal "--no-config" "$(status --no-config "$TMP/old.txt" "$TMP/new.txt")" 2
equal "a flag wins" "$(status -g 'ns/op<=+20%' "$TMP/old.txt" "$TMP/new.txt")" 0
printf '[compare]\ngate = "x/op<=0"\n' >.perfgo.toml
equal "the nearest" "$(status "$TMP/old.txt" "$TMP/new.txt")" 0
equal "--config" "$(status --config ../.perfgo.toml "$TMP/old.txt" "$TMP/new.txt")" 1
rm .perfgo.toml
config '[compare]' "gate = ['ns/op<=+5%']" 'alpha = 0.000001'
equal "alpha of the file" "$(status "$TMP/old.txt" "$TMP/new.txt")" 2
equal "alpha of a flag wins" "$(status --alpha=0.05 "$TMP/old.txt" "$TMP/new.txt")" 1
config '[compare]' "gate = ['ns/op<=+9%']" 'confidence = 0.5'
equal "a narrower interval" "$(status "$TMP/old.txt" "$TMP/new.txt")$(status --confidence=0.99 "$TMP/old.txt" "$TMP/new.txt")" 12
touch "$TMP/n/go.mod" && cd "$TMP/n" && printf '[compare]\nx = 1\n' >"$TMP/.perfgo.toml"
equal "not above the module" "$(status -g 'ns/op<=+20%' ../old.txt ../new.txt)" 0
rm go.mod
equal "without a module only here" "$(status -g 'ns/op<=+20%' ../old.txt ../new.txt)" 0
cd ../m || exit 1

# Every mistake: 3, and one sentence that starts with the file and the line.
mistake() { # NAME LINE TEXT...
    local name=$1 line=$2
    shift 2
    config "$@"
    equal "$name: 3" "$(status ../old.txt ../new.txt)" 3
    if [[ $(cat err) == "perfgo: compare: $TMP/m/.perfgo.toml:$line: "* ]] && [ "$(wc -l <err)" -eq 1 ]; then
        ok "$name: one sentence with its line"
    else
        not_ok "$name: one sentence with its line" "$(cat err)"
    fi
}
mistake "no TOML" 2 '[compare]' 'gate'
mistake "a bad gate" 4 '[compare]' 'gate = [' '"x<=0",' '"ns/op<5%",' ']'
mistake "an unknown key" 2 '[compare]' 'gates = []'
like "an unknown key: suggestion" "$(cat err)" '*did you mean gate*'
mistake "an unknown table" 1 '[compares]'
mistake "no table" 1 'alpha = 0.05'
mistake "alpha too large" 2 '[compare]' 'alpha = 5'
mistake "alpha as text" 2 '[compare]' 'alpha = "0.05"'
mistake "force as number" 2 '[compare]' 'force = 1'
mistake "a gate as number" 2 '[compare]' 'gate = 5'
equal "--config: no such file" "$(status --config nowhere ../old.txt ../new.txt)" 3
equal "--config with --no-config" "$(status --config x --no-config ../old.txt ../new.txt)" 3
equal "--alpha: nonsense" "$(status --alpha=x ../old.txt ../new.txt)" 3
head -c 70000 /dev/zero | tr '\0' '#' >.perfgo.toml
equal "a file too large" "$(status ../old.txt ../new.txt)" 3
rm .perfgo.toml

# Python reads TOML too: what perfgo takes, Python takes, and with the same text in it.
cat >agree.py <<'PY'
import json, random, subprocess, sys, tomllib

perfgo, old = sys.argv[1:]
random.seed(5)
pieces = ['"', "'", "\\", "\\u00e9", "\\t", "\\n", "\\U0001F600", "\\q", "é", "#", ",", "]", " ", "\t", "*",
          "x", "[", "=", "\\\"", "\x7f", "''", "1", ".", "\n", "\r\n", "-", "_", "\\u12", "\\ud800", "{", "true"]
taken = wrong = 0
for i in range(400):
    noise = lambda most: "".join(random.choice(pieces) for _ in range(random.randint(0, most)))
    quote = random.choice("\"'")
    text = f"{random.choice(['', '', '# ' + noise(4)])}\n[compare]{random.choice(['', ' ', '# c'])}\n" \
           f"{random.choice(['gate', chr(34) + 'gate' + chr(34), 'gate '])} = {quote}A*{noise(3)} ns/op<=+20%{quote}" \
           f"{random.choice(['', '', ' # ' + noise(2), noise(1)])}\n"
    with open("c.toml", "w", newline="") as f:
        f.write(text)
    ours = subprocess.run([perfgo, "compare", "--json", "--config=c.toml", old, old], capture_output=True, text=True)
    try:
        gate = tomllib.loads(text)["compare"]["gate"]
    except (tomllib.TOMLDecodeError, KeyError):
        gate = None
    if ours.returncode == 3:
        continue
    taken += 1
    rows = [r for r in json.loads(ours.stdout)["rows"] if r["gate"]]
    said = json.loads(ours.stdout)["reasons"]
    if gate is None or (rows and rows[0]["gate"] != gate) or (not rows and not said):
        wrong += 1
        print(repr(text), repr(gate), rows, ours.stderr)
print(f"{taken} of 400 taken, {wrong} differ")
sys.exit(wrong > 0 or taken < 60)
PY
check "Python reads the same" "see above" python3 agree.py "$PERFGO" "$TMP/old.txt"
finish
