#!/usr/bin/env bash
# Fails when a generated folder is not what is committed. Untracked files count:
# a new generated file that nobody added is drift too.
set -euo pipefail
changed=$(git status --porcelain --untracked-files=all -- "$@")
if [ -n "$changed" ]; then
	printf 'Generated files differ from what is committed; run make generate and commit:\n%s\n' "$changed" >&2
	git --no-pager diff --stat -- "$@" >&2
	exit 1
fi
