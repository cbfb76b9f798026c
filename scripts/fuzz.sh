#!/usr/bin/env bash
# Runs every fuzz target of the modules for the given time each.
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-30s}
scripts/modules.sh | while read -r module; do
	go -C "$module" list -f '{{.ImportPath}}' ./... | while read -r package; do
		for target in $(go -C "$module" test -list '^Fuzz' "$package" | grep '^Fuzz' || true); do
			echo "== $package $target"
			go -C "$module" test -run '^$' -fuzz "^$target\$" -fuzztime "$time" "$package" </dev/null
		done
	done
done
