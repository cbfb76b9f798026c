#!/usr/bin/env bash
# Runs `make TARGET` and fails when that changed the given files: they were not
# what their sources make of them. In CI they must also be what is committed,
# untracked files included.
set -euo pipefail
target=$1
shift
state() { git ls-files -z --cached --others --exclude-standard -- "$@" | sort -z | xargs -0 -r sha256sum 2>/dev/null || true; }
before=$(state "$@")
"${MAKE:-make}" --no-print-directory "$target"
after=$(state "$@")
if [ "$before" != "$after" ]; then
	printf 'Generated files were behind their sources. They are up to date now: look at them and commit.\n' >&2
	diff <(printf '%s\n' "$before") <(printf '%s\n' "$after") | sed -n 's/^> [0-9a-f]*/changed:/p' >&2
	exit 1
fi
if [ -n "${CI:-}" ]; then
	changed=$(git status --porcelain --untracked-files=all -- "$@")
	if [ -n "$changed" ]; then
		printf 'Generated files differ from what is committed:\n%s\n' "$changed" >&2
		exit 1
	fi
fi
