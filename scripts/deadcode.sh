#!/usr/bin/env bash
# Fails when the server has a function that no program reaches: only tests do, or
# nobody. What only tests need belongs into their files. Packages for tests
# (…test) are not looked at; api.LoadDocument is theirs too, and public.
set -euo pipefail
cd "$(dirname "$0")/.."
# The examples are programs of another module. A workspace, for this once, looks at
# both; the tool is built before, for it is pinned in a go.mod that no workspace has.
tool=$(GOWORK=off go tool -n -modfile=scripts/tools/go.mod deadcode)
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
export GOWORK=$work/go.work
go work init . ./clients/go ./examples
all=$("$tool" -filter '^github.com/restauth/restauth/(api|impl|cmd)(/|$)' ./cmd/... ./examples/...)
dead=$(grep -v -e 'test/' -e ' LoadDocument$' <<<"$all" || true)
if [ -n "$dead" ]; then
	printf 'No program reaches these functions; delete them, or move them to the tests that use them:\n%s\n' "$dead"
	exit 1
fi
