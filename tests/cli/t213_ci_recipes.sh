#!/usr/bin/env bash
# examples/ci: each recipe is YAML, its shell parses, and perfgo takes every command line in it; nothing
# that a fork brought runs where there is more than a read-only token.
. "$(dirname "$0")/lib.sh"
cd "$TMP" || exit 1

cat >lint.py <<'PY'
import glob, os, re, shlex, subprocess, sys, yaml

perfgo, folder = sys.argv[1:]
failed = commands_seen = 0

def say(name, problems):
    global failed
    failed += bool(problems)
    print(f"not ok {name}: {'; '.join(problems)}" if problems else f"ok {name}")

def scripts(node, key=None):
    """Every shell text of a recipe, whatever its system calls it."""
    if isinstance(node, dict):
        for k, v in node.items():
            yield from scripts(v, k)
    elif isinstance(node, list):
        for v in node:
            yield from scripts(v, key)
    elif isinstance(node, str) and key in ("run", "command", "script", "before_script"):
        yield node

def takes(line):
    """What is wrong with a line 'perfgo COMMAND …': asks perfgo itself, for its help behind the options."""
    words = shlex.split(re.sub(r'"?\$\(.*?\)"?|\$\{?\w+\}?', "x", line.split("|")[0].split(">")[0]))
    at = words.index("--") if "--" in words else len(words)
    run = subprocess.run([perfgo] + words[1:at] + ["--help"], capture_output=True, text=True)
    return [] if run.returncode == 0 and run.stdout.startswith("Usage: perfgo " + words[1]) else [run.stderr.strip() or line]

for path in sorted(glob.glob(folder + "/*.yml")):
    name, problems = os.path.basename(path), []
    text = open(path).read()
    try:
        recipe = yaml.safe_load(text)
    except yaml.YAMLError as e:
        say(name, [f"no YAML: {e}"])
        continue
    for script in scripts(recipe):
        script = script.replace("$$", "$")
        if "${{" in script:
            problems.append("an expression inside of a script: text of a pull request would become code; use env")
        if subprocess.run(["bash", "-n"], input=script, text=True, capture_output=True).returncode != 0:
            problems.append("no shell: " + script)
        for line in re.sub(r"\\\n\s*", "", script).splitlines():
            if line.strip().startswith("perfgo "):
                commands_seen += 1
                problems += takes(line.strip())
    if "runs-on" in text: # GitHub
        triggers = recipe[True] # YAML 1.1 reads "on" as true
        if "pull_request_target" in triggers:
            problems.append("pull_request_target")
        writes = [k for k, v in recipe.get("permissions", {"all": "write"}).items() if v == "write"]
        steps = [s for job in recipe["jobs"].values() for s in job["steps"]]
        if writes and ("pull_request" in triggers or any("checkout" in s.get("uses", "") for s in steps)):
            problems.append(f"may write {writes} where code of a fork is")
        if "pull_request" in triggers and "secrets." in text:
            problems.append("secrets with untrusted code")
    say(name, problems)
say("commands of perfgo in the recipes", [] if commands_seen >= 4 else [f"only {commands_seen} seen"])
sys.exit(failed > 0)
PY
python3 lint.py "$PERFGO" "$ROOT/examples/ci" || failures=1
# The check can fail.
mkdir bad && sed 's/--against/--agianst/' "$ROOT/examples/ci/gitlab-ci.yml" >bad/a.yml
sed 's/^  pull_request:/  pull_request_target:/' "$ROOT/examples/ci/github-actions.yml" >bad/b.yml
sed 's/actions\/download-artifact/actions\/checkout/' "$ROOT/examples/ci/github-comment.yml" >bad/c.yml
sed 's/"\$BASE"/"${{ github.head_ref }}"/' "$ROOT/examples/ci/github-actions.yml" >bad/d.yml
equal "faults that were planted are found" "$(python3 lint.py "$PERFGO" bad | grep -c '^not ok [abcd].yml')" 4
finish
