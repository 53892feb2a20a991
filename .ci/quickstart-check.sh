#!/usr/bin/env bash
# Runs the README's main command as it stands there, asks the model that it saved, and runs the command again. Needs a Release build; takes a minute or two.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() { echo "quickstart-check: $1" >&2; exit 1; }
command=$(sed -n 's/^    \(dotnet run .* -- quickstart\)$/\1/p' README.md)
[ -n "$command" ] || fail "README.md has no quickstart command"
llava=${command% -- quickstart}
$command --out "$work/quickstart" > "$work/log" 2>&1 || fail "$(tail -n 5 "$work/log")"
tail -n 16 "$work/log"
accuracy=$(sed -n 's/^ *"accuracy": *\([0-9.]*\),*$/\1/p' "$work/quickstart/summary.json")
awk -v accuracy="$accuracy" 'BEGIN { exit !(accuracy >= 0.95) }' || fail "accuracy is '$accuracy'; expected at least 0.95"
answer=$($llava -- ask --device cpu --model "$work/quickstart/model" --image "$work/quickstart/example.png" -q "What color is the shape?")
grep -qxE 'red|green|blue|yellow|purple|white' <<< "$answer" || fail "the saved model answers '$answer'; expected a color"
echo "quickstart-check: accuracy $accuracy, and the saved model answers $answer"
